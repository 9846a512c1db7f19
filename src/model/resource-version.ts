const DIGITS = /^\d+$/

/**
 * Order of two resource versions of one kind of object: negative when `a` is older, 0 when equal or when they cannot
 * be compared. Kubernetes versions are decimal numbers that grow (KEP-5504, comparable resource version).
 */
export const compareVersions = (a: string, b: string): number => {
  if (a === b || !DIGITS.test(a) || !DIGITS.test(b)) return 0
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : 1
}

/** Whether `version` is newer than `than`, or different and not comparable. */
export const isNewer = (version: string, than: string): boolean =>
  version !== than && compareVersions(version, than) >= 0
