import type { Random } from '../../../src/kernel/random.ts'

/** The application that a round rolls: `all` drops nothing, `bare` drops for certain (no probe, no hook, exits at once). */
export const APPS = ['all', 'bare'] as const
export type App = (typeof APPS)[number]

/** Where in a run the API server is killed, in the order of time. */
export const MOMENTS = ['baseline', 'patch', 'rolling', 'old-pods', 'settle', 'recovery'] as const
export type Moment = (typeof MOMENTS)[number]

export interface Kill {
  readonly moment: Moment
  /** After the fact that opens the moment, ms; `patch` counts from the end of the baseline and may be negative. */
  readonly delayMs: number
  /** How long the API server is left down before it is started again, ms. */
  readonly downMs: number
}

export interface Round {
  /** Whose moments the kills are timed by; the other app rolls beside it and is hit wherever it is. */
  readonly app: App
  readonly baselineMs: Readonly<Record<App, number>>
  readonly kills: readonly Kill[]
}

export const SETTLE_MS = 3000
export const RECOVERY_MS = 2000
const BASELINE_MS = 3000
/** About how long each moment lasts, ms. */
const LASTS: Readonly<Record<App, Readonly<Record<Moment, number>>>> = {
  all: { baseline: 2500, patch: 200, rolling: 8000, 'old-pods': 7000, settle: 3000, recovery: 2500 },
  bare: { baseline: 2500, patch: 200, rolling: 3500, 'old-pods': 600, settle: 3000, recovery: 2500 },
}
/** Mid-rollout is hit more often than its edges. */
const WEIGHTED: readonly Moment[] = [...MOMENTS, 'patch', 'rolling', 'rolling', 'old-pods']

/** One round of `most` (1 to 6) kills, in different moments of one app's run. */
export const planRound = (index: number, most: number, random: Random): Round => {
  const app = APPS[index % 2] ?? 'all'
  const drawn = new Set<Moment>()
  while (drawn.size < most) drawn.add(WEIGHTED[random.below(WEIGHTED.length)] ?? 'rolling')
  const moments = MOMENTS.filter((moment) => drawn.has(moment))
  const kills = moments.map((moment) => ({
    moment,
    delayMs: Math.round(random.next() * LASTS[app][moment] - (moment === 'patch' ? 100 : 0)),
    // Up to 10 s, short ones more often: those are the ones that could be overlooked.
    downMs: Math.round(random.next() ** 2 * 10_000),
  }))
  // Beside `all` the short rollout of `bare` begins anywhere in the long one.
  const beside = app === 'all' ? BASELINE_MS + random.below(8000) : BASELINE_MS
  return { app, baselineMs: { all: BASELINE_MS, bare: beside }, kills }
}
