/** Edits (insert, delete, replace) that turn `a` into `b` (Levenshtein). */
export const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** Up to three of `names` that may be meant by `name`: few edits away, or one contains the other. Best first. */
export const similarNames = (name: string, names: readonly string[]): readonly string[] =>
  names
    .map((other) => ({ other, edits: editDistance(name, other) }))
    .filter(
      ({ other, edits }) =>
        edits <= Math.max(2, Math.floor(name.length / 3)) || other.includes(name) || name.includes(other),
    )
    .sort((a, b) => a.edits - b.edits || (a.other < b.other ? -1 : 1))
    .slice(0, 3)
    .map(({ other }) => other)
