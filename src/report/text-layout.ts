/** Ranges of code points that take two columns (Unicode East Asian Width W and F, and emoji), as `[first, last]`. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
]

const columnsOf = (character: string): number => {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (/\p{M}/u.test(character)) return 0
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

/** Columns that escaped text (no control characters) takes on a terminal. */
export const textWidth = (text: string): number => {
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

const breakWord = (word: string, width: number): string[] => {
  const pieces: string[] = []
  let piece = ''
  let used = 0
  for (const character of word) {
    const columns = columnsOf(character)
    if (piece !== '' && used + columns > width) {
      pieces.push(piece)
      piece = ''
      used = 0
    }
    piece += character
    used += columns
  }
  pieces.push(piece)
  return pieces
}

/** Lines of at most `width` columns, broken at spaces; a longer word is broken where it must be. Nothing is lost. */
export const wrapText = (text: string, width: number): string[] => {
  const room = Math.max(1, width)
  const lines: string[] = []
  let line = ''
  let used = 0
  for (const word of text.split(' ')) {
    const columns = textWidth(word)
    if (line === '' ? columns <= room : used + 1 + columns <= room) {
      used += line === '' ? columns : columns + 1
      line = line === '' ? word : `${line} ${word}`
      continue
    }
    if (line !== '') lines.push(line)
    const pieces = breakWord(word, room)
    line = pieces.pop() ?? ''
    used = textWidth(line)
    lines.push(...pieces)
  }
  lines.push(line)
  return lines
}
