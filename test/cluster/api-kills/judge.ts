import type { RunReport } from '../../../src/model/finding.ts'
import type { App } from './plan.ts'
import { factsOf, placeAt, type RunFacts } from './run-facts.ts'
import type { Dropped } from './witness.ts'

/** One kill as measured from outside the program. Unix ms. */
export interface Outage {
  readonly downAtMs: number
  /** First 200 of /readyz after it. */
  readonly upAtMs: number
}

export interface Judged {
  readonly verdict: RunReport['verdict']
  readonly reasons: readonly string[]
  readonly failed: number
  /** Of the witness's requests, in the time of the run. */
  readonly dropped: number
  /** Of each outage: where the run was (`null` = not watching), and its gaps, by resource in ms; `null` = until the end. */
  readonly hits: readonly {
    readonly place: string | null
    readonly gaps: Readonly<Record<string, number | null>>
  }[]
  /** What is wrong; empty = the run told the truth. */
  readonly wrong: readonly string[]
}

const WATCHED = ['deployments', 'replicasets', 'pods', 'endpointslices']
const LEAST_OUTAGE_MS = 50
/** Words that name the loss of the API server, or what became of it. */
const NAMES_LOSS =
  /were not seen|not seen|watch|audit|API server|ECONNREFUSED|cannot reach|cannot connect|lease/i

export interface Truth {
  readonly app: App
  readonly outages: readonly Outage[]
  /** How often the Deployment's generation rose. */
  readonly restarts: number
  /** What a client of our own saw dropped. */
  readonly dropped: readonly Dropped[]
}

/**
 * Holds what a run said against what was done to it. Without the control plane nobody tells the nodes that a pod ends, so
 * that even `all` may drop requests: `failed` is the truth of it exactly when the witness saw that, too.
 */
export const judgeRun = (run: RunFacts, report: RunReport, truth: Truth): Judged => {
  const { app, outages, restarts } = truth
  const wrong: string[] = []
  const reasons = report.reasons
    .filter(({ holds }) => holds !== true)
    .map(({ id, value }) => `${id}: ${value}`)
  const detail = factsOf(run, 'run.ended').map((fact) => fact.detail ?? '')
  const { verdict } = report
  const { failed } = report.requests
  const toRun = (epochMs: number): number => epochMs - run.startedAtMs
  const loadedAtMs = run.facts.find(
    (fact) => fact.type === 'phase.entered' && fact.phase === 'baseline',
  )?.atMs
  const endedAtMs = factsOf(run, 'run.ended').at(-1)?.atMs ?? Number.POSITIVE_INFINITY
  const dropped = truth.dropped.filter(({ startedAtMs }) => {
    const atMs = toRun(startedAtMs)
    return loadedAtMs !== undefined && atMs >= loadedAtMs && atMs <= endedAtMs
  }).length
  if (app === 'all' && verdict === 'failed' && dropped === 0)
    wrong.push(`failed, though the witness saw nothing dropped: ${failed} failures`)
  if (verdict === 'passed' && (app === 'bare' || dropped > 0))
    wrong.push('passed, though requests were dropped')
  if (verdict === 'inconclusive' && ![...reasons, ...detail].some((text) => NAMES_LOSS.test(text)))
    wrong.push(`inconclusive, and no reason names the loss of the API server: ${reasons.join('; ')}`)

  const acknowledged = factsOf(run, 'rollout.acknowledged').length
  if (restarts > 1) wrong.push(`the Deployment changed ${restarts} times`)
  if (acknowledged > restarts) wrong.push('a restart was acknowledged that the cluster does not know of')

  const inWindow = (fromMs: number, toMs: number): boolean => {
    const requested = factsOf(run, 'rollout.requested')[0]?.atMs
    const settled = run.facts.find((fact) => fact.type === 'phase.entered' && fact.phase === 'recovery')?.atMs
    return requested !== undefined && toMs >= requested && fromMs <= (settled ?? endedAtMs)
  }
  const hits = outages.map(({ downAtMs, upAtMs }) => {
    const place = placeAt(run, downAtMs)
    const gaps: Record<string, number | null> = {}
    if (place === null) return { place, gaps }
    const [fromMs, toMs] = [toRun(downAtMs), toRun(upAtMs)]
    let blindUntilMs: number = fromMs
    for (const { resource, lostAtMs, resumedAtMs } of factsOf(run, 'watch.gap')) {
      if (lostAtMs > toMs || (resumedAtMs ?? endedAtMs) < fromMs) continue
      gaps[resource] = resumedAtMs === null ? null : Math.round(resumedAtMs - lostAtMs)
      blindUntilMs = Math.max(blindUntilMs, resumedAtMs ?? endedAtMs)
    }
    const watchedForMs = Math.min(toMs, endedAtMs) - fromMs
    const unlisted = WATCHED.filter((resource) => gaps[resource] === undefined)
    if (watchedForMs >= LEAST_OUTAGE_MS && unlisted.length > 0)
      wrong.push(`no gap of ${unlisted.join(', ')} for the outage at ${Math.round(fromMs)} ms`)
    if (verdict === 'passed' && inWindow(fromMs, blindUntilMs))
      wrong.push(`passed, though nothing was seen of the rollout from ${Math.round(fromMs)} ms on`)
    return { place, gaps }
  })
  return { verdict, reasons: [...reasons, ...detail], failed, dropped, hits, wrong }
}
