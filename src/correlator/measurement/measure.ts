import type { PodSettings } from '../../model/cluster.ts'
import { ENOUGH_TERMINATIONS, type Measurement } from '../../model/measurement.ts'
import { preStopPatchYaml, type SleepForm } from '../../model/prestop-patch.ts'
import { correlate } from '../correlate.ts'
import { drainStatistics, gapMs, lateAttemptsMs, type PodDrain, podDrains } from '../drain.ts'
import type { CorrelatorInput, LongInput } from '../input.ts'
import { longestRequestMs } from '../recommend.ts'
import { buildWorld, type World } from '../world.ts'
import { coveredShare, graceSum, preStopSum } from './prestop.ts'

export interface MeasureOptions {
  /** preStop that the pods had for the measurement, s. */
  readonly measuredWithSeconds: number
  /** The container that it was put into. */
  readonly container: string
  /** The settings of the pods as they were found. */
  readonly present: PodSettings
  readonly form: SleepForm
}

/** Gates without which no time of a termination is worth anything: it rolled, and what happened was seen. */
const NEEDED_GATES: readonly string[] = ['H8', 'H9']

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`

/** Why there is no number, and what to do; empty when there is one. */
const problemsOf = (
  drains: readonly PodDrain[],
  world: World,
  options: MeasureOptions,
  correlation: ReturnType<typeof correlate>,
): readonly string[] => {
  const { report, findings } = correlation
  const problems: string[] = []
  for (const { id, claim, value, holds } of report.reasons)
    if (NEEDED_GATES.includes(id) && holds !== true) problems.push(`not shown: ${claim} (${id}: ${value})`)
  const measured = drains.filter(({ newMs }) => newMs !== null)
  if (measured.length === 0)
    problems.push(
      'no request could be matched to an ending pod: have the app name its pod in a header (--pod-header), and let some connections be new (--connections mixed:0.5)',
    )
  const censored = measured.filter((drain) => drain.censored).length
  if (censored > 0)
    problems.push(
      `${censored} of ${measured.length} pods stopped listening before the silence could mean anything: measure with a longer --pre-stop than ${options.measuredWithSeconds} s, or at a higher rate`,
    )
  const hooks = world.timeline.pods.filter(({ hookFailed }) => hookFailed !== null).length
  if (hooks > 0)
    problems.push(
      `the preStop hook of ${hooks} pods failed: the image may have no program sleep; Kubernetes 1.30 and later sleep without one`,
    )
  const late = lateAttemptsMs(findings, world)
  if (late.count > 0)
    problems.push(
      `${late.count} attempts were still sent to pods that had stopped listening, up to ${(late.maxMs / 1000).toFixed(1)} s after their termination began: measure with a longer --pre-stop`,
    )
  return problems
}

const boundText = (n: number, maxMs: number): string => {
  const share = coveredShare(n) ?? 0
  return (
    `Bound: of ${n} terminations the longest drained within ${(maxMs / 1000).toFixed(2)} s, so with 95 % confidence at least ${percent(Math.floor(share * 1000) / 1000)} of all do; ` +
    `a statement about the 95th percentile needs ${ENOUGH_TERMINATIONS}`
  )
}

const keepAliveOf = (drains: readonly PodDrain[]): Measurement['keepAlive'] => {
  const late = drains.flatMap(({ reusedMs }) => (reusedMs === null || reusedMs === 0 ? [] : [reusedMs]))
  if (late.length === 0) return null
  const maxMs = Math.max(...late)
  return {
    pods: late.length,
    maxMs,
    advice:
      `Kept-alive connections carried requests to ${late.length} ending pods, up to ${(maxMs / 1000).toFixed(1)} s after the termination began. On L4 they never leave by themselves, ` +
      'whatever preStop is: answer `Connection: close` while draining, and finish what is in flight',
  }
}

/**
 * What the run of a bundle measured, with a preStop that was longer than the propagation and an app that kept serving:
 * the only uncensored measurement of the drain (a pod that stops listening first hides it). Pure.
 */
export const measureDrain = (input: CorrelatorInput | LongInput, options: MeasureOptions): Measurement => {
  const correlation = correlate(input)
  const { report } = correlation
  const world = buildWorld(input)
  const drains = podDrains(world).filter(
    ({ line }) => line.terminating !== null && line.terminating.latest > 0,
  )
  const { newConnections } = drainStatistics(drains)
  const gap = gapMs(world)
  const problems = problemsOf(drains, world, options, correlation)
  const maxOkMs = Math.max(0, ...Object.values(report.latency.byPhase).map(({ maxUs }) => maxUs / 1000))
  const longestMs = longestRequestMs(world, maxOkMs)
  const { maxMs, n } = newConnections
  const sum = problems.length === 0 && maxMs !== null && gap !== null ? preStopSum(maxMs, gap) : null
  const grace =
    sum === null ? null : graceSum(sum.preStopSeconds, longestMs, options.present.gracePeriodSeconds)
  const deployment = world.info.scenario.deployment
  return {
    schemaVersion: 1,
    runId: report.runId,
    deployment: deployment === null ? '' : `${deployment.namespace}/${deployment.name}`,
    target: report.subject?.target ?? '',
    validity: [
      `Path: ${world.path.leg === 'unknown' ? 'not known' : world.path.leg.toUpperCase()}, because ${world.path.because}. Load: ${report.subject?.load ?? ''}.`,
    ],
    measuredWithSeconds: options.measuredWithSeconds,
    preStopSeconds: sum?.preStopSeconds ?? null,
    terminationGracePeriodSeconds: grace?.seconds ?? null,
    drain: { ...newConnections, gapMs: gap },
    coveredShare: coveredShare(n),
    longestRequestMs: longestMs,
    arithmetic: sum === null || grace === null ? [] : [sum.because, boundText(n, maxMs ?? 0), grace.because],
    patch:
      sum === null || grace === null
        ? ''
        : preStopPatchYaml(
            {
              container: options.container,
              preStopSeconds: sum.preStopSeconds,
              graceSeconds: grace.seconds,
              present: options.present.preStop,
              form: options.form,
            },
            deployment,
          ),
    keepAlive: keepAliveOf(drains),
    problems,
    verification: null,
  }
}
