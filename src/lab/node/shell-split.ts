/**
 * Splits a command line into words as a POSIX shell would without expanding anything: blanks separate, single
 * quotes keep all, double quotes keep all but `\"` and `\\`, a backslash keeps the next character. Returns `null`
 * when a quote is not closed or there is no word.
 */
export const shellSplit = (line: string): readonly string[] | null => {
  const words: string[] = []
  let word: string | null = null
  let quote: '"' | "'" | null = null
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at)
    const next = line.charAt(at + 1)
    if (quote === "'") {
      if (char === "'") quote = null
      else word += char
    } else if (char === '\\' && next !== '' && (quote === null || next === '"' || next === '\\')) {
      word = (word ?? '') + next
      at += 1
    } else if (quote === '"') {
      if (char === '"') quote = null
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + char
  }
  if (quote !== null) return null
  if (word !== null) words.push(word)
  return words.length > 0 ? words : null
}
