/** Whether two JSON values are equal; the order of keys does not count, and `undefined` is a missing key. */
export const sameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => sameJson(item, b[index]))
    )
  }
  const [first, second] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
  return [...new Set([...first.keys(), ...second.keys()])].every((key) =>
    sameJson(first.get(key), second.get(key)),
  )
}
