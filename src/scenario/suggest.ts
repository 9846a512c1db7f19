/** Edits (insert, delete, replace, swap of neighbours) from `a` to `b`; optimal string alignment distance. */
export const editDistance = (a: string, b: string): number => {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}

/** Words that people write for ours. */
const SYNONYMS: Readonly<Record<string, string>> = {
  users: 'vus',
  vusers: 'vus',
  virtualusers: 'vus',
  concurrency: 'vus',
  rps: 'rate',
  ratepersec: 'rate',
  arrivalrate: 'rate',
  pacing: 'pace',
  thinktime: 'think',
  threshold: 'thresholds',
  slo: 'thresholds',
  uri: 'url',
  host: 'url',
  endpoint: 'url',
  rollouts: 'restarts',
  updates: 'restarts',
  iterations: 'requests',
  verb: 'method',
  payload: 'body',
  data: 'body',
  terminationgraceperiodseconds: 'gracePeriodSeconds',
  insecureskiptlsverify: 'insecure',
}

/** The known word that `word` was most likely meant to be; `null` when none is near. */
export const nearest = (word: string, known: readonly string[]): string | null => {
  const lower = word.toLowerCase().replaceAll(/[-_ ]/g, '')
  if (lower.length > 40) return null
  const exact = known.find((candidate) => candidate.toLowerCase() === lower)
  if (exact !== undefined) return exact
  const synonym = Object.hasOwn(SYNONYMS, lower) ? SYNONYMS[lower] : undefined
  if (synonym !== undefined && known.includes(synonym)) return synonym
  const most = Math.max(1, Math.floor(lower.length / 3))
  let best: string | null = null
  let bestDistance = most + 1
  for (const candidate of known) {
    const distance = editDistance(lower, candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}
