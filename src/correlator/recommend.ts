import type { DrainRecommendation, FailureVerdict } from '../model/finding.ts'
import { preStopPatchYaml } from '../model/prestop-patch.ts'
import { lateAttemptsMs, type PodDrain } from './drain.ts'
import { isHarness } from './findings.ts'
import type { World } from './world.ts'

/** Where nothing but a lower bound is known: covers kube-proxy and most ingress controllers, and measures the rest. */
const START_PRESTOP_S = 10
/** What is added to the longest propagation that was seen, s, and to its length, as a share. */
const PRESTOP_MARGIN_S = 2
const PRESTOP_MARGIN_SHARE = 0.25
const GRACE_MARGIN_S = 5
/** Kubernetes' default, below which nothing is gained. */
const DEFAULT_GRACE_S = 30

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const patchOf = (world: World, preStopSeconds: number, graceSeconds: number): string =>
  preStopPatchYaml(
    {
      container: containerName(world),
      preStopSeconds,
      graceSeconds,
      present: world.info.cluster?.deployment.settings.preStop ?? { kind: 'none' },
      form: 'sleep',
    },
    world.info.cluster?.deployment ?? null,
  )

/** The main container's name, else one that was seen to exit or restart, else the Deployment's name, as is usual. */
const containerName = (world: World): string => {
  const main = world.info.cluster?.deployment.mainContainer
  if (main !== undefined) return main
  for (const event of world.timeline.events)
    if (event.type === 'pod.container-exited' || event.type === 'pod.container-restarted')
      return event.container
  return world.info.cluster?.deployment.name ?? world.info.scenario.deployment?.name ?? 'app'
}

/** The longest request that was answered, or that was cut by an ending pod, ms. */
export const longestRequestMs = (world: World, maxOkMs: number): number =>
  world.failures.reduce(
    (longest, failure) => (failure.family === 'cut' ? Math.max(longest, failure.ageMs) : longest),
    maxOkMs,
  )

/**
 * preStop ≥ the longest time for which traffic was still sent to an ending pod + margin; grace ≥ preStop + the longest
 * request + margin. Never less than what is set now. `null` with the reason when nothing was measured.
 * @param maxOkMs longest good answer of a vUser, ms
 */
export const recommend = (
  drains: readonly PodDrain[],
  verdicts: readonly FailureVerdict[],
  world: World,
  maxOkMs: number,
): { readonly recommendation: DrainRecommendation | null; readonly reason: string | null } => {
  const attempts = lateAttemptsMs(verdicts, world)
  const measured = drains.filter(({ newMs }) => newMs !== null)
  if (measured.length === 0 && attempts.count === 0)
    return {
      recommendation: null,
      reason:
        'no preStop is recommended: no request could be matched to an ending pod (no pod header, no direct addresses, no failed attempt)',
    }
  const drainMs = Math.max(0, ...measured.map(({ newMs }) => newMs ?? 0))
  const neededMs = Math.max(drainMs, attempts.maxMs)
  const censored = measured.filter((drain) => drain.censored).length
  const settings = world.info.cluster?.deployment.settings ?? null
  const hook = settings?.preStop ?? { kind: 'none' as const }
  const current = hook.kind === 'sleep' ? hook.seconds : hook.kind === 'exec' ? (hook.seconds ?? 0) : 0
  const lowerBoundOnly = censored > 0 && censored === measured.length
  const computed = Math.ceil(
    neededMs / 1000 + Math.max(PRESTOP_MARGIN_S, (neededMs / 1000) * PRESTOP_MARGIN_SHARE),
  )
  const wanted = lowerBoundOnly ? Math.max(computed, START_PRESTOP_S) : computed
  const preStopSeconds = Math.max(wanted, current)
  const longestMs = longestRequestMs(world, maxOkMs)
  const wantedGrace = Math.ceil(preStopSeconds + longestMs / 1000 + GRACE_MARGIN_S)
  const terminationGracePeriodSeconds = Math.max(wantedGrace, settings?.gracePeriodSeconds ?? DEFAULT_GRACE_S)
  const isPresent =
    current === preStopSeconds && settings?.gracePeriodSeconds === terminationGracePeriodSeconds
  const source =
    attempts.maxMs > drainMs
      ? `${attempts.count} failed attempts were still sent to ending pods, the last ${seconds(attempts.maxMs)} after its termination began`
      : `over ${measured.length} pod terminations the last new connection came ${seconds(drainMs)} after the termination began`
  const bound =
    censored === 0
      ? ''
      : `; ${censored} of these pods stopped listening first, so the true time may be longer`
  const sum =
    wanted > computed
      ? `; a lower bound only, so start with preStop ${wanted} s and repeat the run, which measures the rest`
      : `; plus ${(wanted - neededMs / 1000).toFixed(1)} s margin gives preStop ${wanted} s`
  const kept = current >= wanted ? `; the present preStop of ${current} s covers it` : ''
  const pinned = verdicts.some(({ cause }) => cause === 'A6' || cause === 'A7' || cause === 'A16')
    ? '; kept-alive connections never leave by themselves: answer `Connection: close` while draining, preStop alone does not help them'
    : ''
  const unknown =
    verdicts.some(({ cause }) => cause === 'ambiguous' || isHarness(cause)) && attempts.count === 0
      ? '; ambiguous failures are not counted'
      : ''
  return {
    recommendation: {
      preStopSeconds,
      terminationGracePeriodSeconds,
      patch: isPresent ? '' : patchOf(world, preStopSeconds, terminationGracePeriodSeconds),
      because:
        `${source}${bound}${sum}${kept}. ` +
        `Grace: ${preStopSeconds} s preStop + ${seconds(longestMs)} longest request + ${GRACE_MARGIN_S} s margin = ${wantedGrace} s` +
        `${terminationGracePeriodSeconds > wantedGrace ? `; the present ${terminationGracePeriodSeconds} s stays` : ''}${pinned}${unknown}`,
    },
    reason: null,
  }
}
