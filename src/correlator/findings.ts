import type { Random } from '../kernel/random.ts'
import type { CauseId, ConfidenceLevel, FailureVerdict, Finding, RuledOut } from '../model/finding.ts'
import { terminationWindows } from './baseline.ts'
import { MECHANISM_TITLES, ruleOf } from './rules/all.ts'
import { type ChanceTest, permutationTest } from './statistics/permutation.ts'
import type { World } from './world.ts'

const MOST_IDS = 1000
const MOST_EVIDENCE = 50
const MOST_RULED_OUT = 12
/** Failures that start closer than this are one event for the chance test. */
const CLUSTER_MS = 1000

export const isHarness = (cause: string): boolean => /^F\d+$/.test(cause)

const GROUPS: Readonly<Record<string, { title: string; fix: string }>> = {
  ambiguous: {
    title: 'Causes that this run cannot tell apart',
    fix: 'Collect what would separate them, then repeat the run.',
  },
  unexplained: {
    title: 'Failures that no cause explains with the evidence of this run',
    fix: 'Look at the failure list: when, which pod, what was ruled out.',
  },
}

const titleOf = (cause: CauseId, mechanism: CauseId | null, candidates: readonly CauseId[]): string => {
  const base = ruleOf(cause)?.title ?? GROUPS[cause]?.title ?? cause
  if (candidates.length > 0) return `${base}: ${candidates.join(' or ')}`
  const how = mechanism === null ? undefined : (MECHANISM_TITLES[mechanism] ?? ruleOf(mechanism)?.title)
  return how === undefined ? base : `${base} (${mechanism}: ${how.charAt(0).toLowerCase()}${how.slice(1)})`
}

const fixOf = (cause: CauseId, candidates: readonly CauseId[], separator: string | null): string => {
  if (candidates.length === 0) return ruleOf(cause)?.fix ?? GROUPS[cause]?.fix ?? ''
  const fixes = candidates.flatMap((id) => {
    const rule = ruleOf(id)
    return rule === null ? [] : [`${id}: ${rule.fix}`]
  })
  return `To tell them apart: ${separator ?? 'pod identity'}. ${fixes.join(' ')}`
}

const RANK: Readonly<Record<ConfidenceLevel, number>> = { low: 0, medium: 1, high: 2 }

/** The level of most of its failures; the lower of two that are as frequent. */
const commonLevel = (verdicts: readonly FailureVerdict[]): ConfidenceLevel => {
  const counts = Map.groupBy(verdicts, ({ confidence }) => confidence)
  let best: ConfidenceLevel = 'low'
  let most = 0
  for (const level of ['low', 'medium', 'high'] as const) {
    const count = counts.get(level)?.length ?? 0
    if (count > most) {
      best = level
      most = count
    }
  }
  return best
}

/** Firsts of clusters: starts closer together than {@link CLUSTER_MS} count once. */
const clusterStarts = (verdicts: readonly FailureVerdict[]): number[] => {
  const starts: number[] = []
  let last = Number.NEGATIVE_INFINITY
  for (const { startedAtMs } of verdicts) {
    if (startedAtMs - last > CLUSTER_MS) starts.push(startedAtMs)
    last = startedAtMs
  }
  return starts
}

const reasonsOf = (verdicts: readonly FailureVerdict[]): RuledOut[] => {
  const seen = new Map<string, { readonly one: RuledOut; count: number }>()
  for (const { ruledOut } of verdicts)
    for (const one of ruledOut) {
      const key = `${one.cause} ${one.because}`
      const known = seen.get(key)
      if (known === undefined) seen.set(key, { one, count: 1 })
      else known.count++
    }
  return [...seen.values()]
    .sort((a, b) => b.count - a.count || (a.one.cause < b.one.cause ? -1 : 1))
    .map(({ one }) => one)
    .slice(0, MOST_RULED_OUT)
}

const upgraded = (level: ConfidenceLevel, chance: ChanceTest | null): ConfidenceLevel =>
  level === 'medium' && chance !== null && chance.p <= 0.01 && chance.hit >= 2 ? 'high' : level

/** All failures of one cause, mechanism and set of candidates as one finding; most failures first. */
export const findingsOf = (verdicts: readonly FailureVerdict[], world: World, random: Random): Finding[] => {
  const groups = Map.groupBy(
    verdicts,
    (one) => `${one.cause} ${one.mechanism ?? ''} ${one.candidates.join(',')}`,
  )
  const windows = terminationWindows(world.timeline)
  return [...groups.values()]
    .flatMap((group): Finding[] => {
      const first = group[0]
      if (first === undefined) return []
      const { cause, mechanism, candidates } = first
      const aboutPods = !isHarness(cause) && cause !== 'unexplained'
      const chance = aboutPods
        ? permutationTest(
            windows,
            clusterStarts(group),
            world.timeline.endMs,
            random.fork(`${cause} ${mechanism}`),
          )
        : null
      const evidence = new Set(group.flatMap((one) => one.evidence))
      return [
        {
          cause,
          mechanism,
          title: titleOf(cause, mechanism, candidates),
          confidence: {
            level: candidates.length > 0 ? 'low' : upgraded(commonLevel(group), chance),
            p: chance?.p ?? null,
          },
          count: group.length,
          requestIds: group.slice(0, MOST_IDS).map(({ requestId }) => requestId),
          evidence: [...evidence].sort((a, b) => a - b).slice(0, MOST_EVIDENCE),
          ruledOut: reasonsOf(group),
          candidates,
          fix: fixOf(cause, candidates, first.separator),
        },
      ]
    })
    .sort(
      (a, b) =>
        b.count - a.count ||
        RANK[b.confidence.level] - RANK[a.confidence.level] ||
        (a.title < b.title ? -1 : 1),
    )
}

/** Failures by cause; guards are summed as `harness`. Zero keys are absent. */
export const countByCause = (verdicts: readonly FailureVerdict[]): Record<string, number> =>
  countBy(verdicts, ({ cause }) => (isHarness(cause) ? 'harness' : cause))

/** Counts by key, keys sorted. */
export const countBy = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): Record<string, number> => {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}
