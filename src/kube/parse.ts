/** Reads of an object that came from outside: every step may be missing or of the wrong type. */

export type Json = Readonly<Record<string, unknown>>

/** An object's field as an object; `{}` when it is none. */
export const objectAt = (parent: unknown, key: string): Json => {
  const value = isObject(parent) ? parent[key] : undefined
  return isObject(value) ? value : {}
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const arrayAt = (parent: unknown, key: string): readonly unknown[] => {
  const value = isObject(parent) ? parent[key] : undefined
  return Array.isArray(value) ? value : []
}

/** A non-empty string, or `null`. */
export const textAt = (parent: unknown, key: string): string | null => {
  const value = isObject(parent) ? parent[key] : undefined
  return typeof value === 'string' && value !== '' ? value : null
}

/** A finite number, or `null`. */
export const numberAt = (parent: unknown, key: string): number | null => {
  const value = isObject(parent) ? parent[key] : undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

export const flagAt = (parent: unknown, key: string): boolean | null => {
  const value = isObject(parent) ? parent[key] : undefined
  return typeof value === 'boolean' ? value : null
}

/** The entries of an object whose values are strings. */
export const textsAt = (parent: unknown, key: string): Readonly<Record<string, string>> => {
  const texts: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [name, value] of Object.entries(objectAt(parent, key))) {
    if (typeof value === 'string') texts[name] = value
  }
  return { ...texts }
}

/** The strings of an array. */
export const wordsAt = (parent: unknown, key: string): readonly string[] =>
  arrayAt(parent, key).filter((value) => typeof value === 'string')
