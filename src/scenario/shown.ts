/** Controls, bidi overrides and other invisible characters: never printed as they are. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** Text for a terminal: invisible characters as `\u001b`, at most `limit` characters. */
export const printable = (text: string, limit = 80): string => {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text
  return cut.replaceAll(
    INVISIBLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A value of a scenario as an error message names it: `"5 minutes"`, `-1`, `a list`. */
export const shown = (value: unknown): string => {
  if (typeof value === 'string') return printable(JSON.stringify(value), 60)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`
}
