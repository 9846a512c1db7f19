import type { CauseId } from '../../model/finding.ts'
import type { FailureCase } from '../failure-case.ts'
import { overlaps } from '../interval.ts'
import type { PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'
import {
  endingFacts,
  endingPods,
  exposureOf,
  type Hook,
  hookOf,
  isProxyAnswer,
  isSlowRefusal,
  isSlowToLearn,
  only,
  routedUntilMs,
  viaBalancer,
} from './ending-pods.ts'
import { closingPods, cutAgeOf } from './exiting-pods.ts'
import { isQuiet } from './quiet-pods.ts'
import { type Judgement, ruledOut, SLACK_MS, suspects } from './rule.ts'

/*
 * A1, A2 and A5 are one race: requests are still routed to a pod that does not listen any more. They differ in the
 * hook that should have covered the time.
 *
 *   deletion ── preStop ── SIGTERM ── listener closed ── exit ── sandbox gone ── deleted
 *                                     |   refused, reset        |  timeout, unreachable (B9)
 */

type Symptom = 'refused' | 'void' | 'backlog' | 'proxy-refused' | 'proxy-void'

const symptomOf = (failure: FailureCase, world: World): Symptom | null => {
  const leg = world.legOf(failure)
  if (isProxyAnswer(failure, world)) {
    // A load balancer says so when it has no target, not when a target refuses.
    if (failure.status === 503 && viaBalancer(failure, world)) return null
    if (failure.status === 504) return 'proxy-void'
    return isSlowRefusal(failure, world) ? 'proxy-void' : 'proxy-refused'
  }
  if (leg === 'l7') return failure.kind === 'timeout' && failure.firstByteMs === null ? 'proxy-void' : null
  if (failure.kind === 'connect-refused') return 'refused'
  if (failure.kind === 'connect-timeout' || failure.kind === 'connect-unreachable') return 'void'
  const cut = failure.kind === 'reset' || failure.kind === 'closed'
  return cut && failure.fresh && failure.firstByteMs === null ? 'backlog' : null
}

/** How well this pod's end explains the failure, 0–1. */
const likelihoodOf = (
  failure: FailureCase,
  line: PodLine,
  symptom: Symptom,
  known: boolean,
  world: World,
): number => {
  const { sigterm, exit, gone } = line
  if (sigterm === null || exit === null || gone === null) return 0
  const exposure = exposureOf(failure)
  const balancer = isSlowToLearn(failure, world)
  const routed = routedUntilMs(line, balancer)
  if (failure.startMs > routed.atMost && symptom !== 'backlog' && !(symptom === 'refused' && !known)) return 0
  // Between the two the lag may be in excess (B1, B3): nobody knows when the slice changed.
  const late = failure.startMs > routed.surely
  const certain = late ? 0.6 : known ? 0.95 : 0.75
  switch (symptom) {
    case 'refused':
      if (!overlaps(exposure, { earliest: sigterm.earliest, latest: gone.latest + SLACK_MS })) return 0
      return failure.startMs > routed.atMost ? 0.55 : certain
    case 'void':
      return failure.startMs >= exit.earliest - SLACK_MS ? certain : 0
    case 'backlog':
      // Taken by the kernel, never by the app: reset when the listener closes. Near the exit it may have been taken.
      if (failure.endMs < sigterm.earliest - SLACK_MS || failure.startMs > gone.latest) return 0
      return failure.endMs < exit.earliest - SLACK_MS || failure.startMs > exit.latest ? 0.7 : 0.55
    case 'proxy-refused':
      if (!overlaps(exposure, { earliest: sigterm.earliest, latest: gone.latest + SLACK_MS })) return 0
      // A refusal is passed on at once; what took as long as an answer does was something else.
      if (cutAgeOf(failure, line, world) === 'in-flight') return 0.4
      // While kept connections to a pod that ends may be in use, what it cuts looks the same (A6, A16).
      if (closingPods(failure, world).some((closing) => !isQuiet(failure, closing, world))) return 0.6
      return balancer ? 0.72 : late ? 0.6 : 0.7
    case 'proxy-void':
      if (failure.endMs < exit.earliest - SLACK_MS) return 0
      return failure.kind === 'status' && !late ? 0.75 : 0.65
  }
}

/** How it came about: a load balancer that learns late (B4) only where it learns of pods, or nothing else is so late. */
const mechanismOf = (
  failure: FailureCase,
  lines: readonly PodLine[],
  symptom: Symptom,
  world: World,
): CauseId | null => {
  const isOverdue = lines.every((line) => failure.startMs > routedUntilMs(line).surely)
  if (isSlowToLearn(failure, world) && (world.targets === 'pods' || isOverdue)) return 'B4'
  return symptom === 'void' || symptom === 'proxy-void' ? 'B9' : null
}

const REASONS: Readonly<Record<Hook, string>> = {
  none: 'the pod that was ending has no preStop hook',
  works: 'the pod that was ending has a preStop hook that did not fail',
  failed: 'the preStop hook of the pod that was ending failed',
  unknown: 'the settings of the pod that was ending are not known',
}

/**
 * Judges the race for pods whose hook stood as `wanted` says; pods of unknown settings count for all.
 * @param wanted state of the hook that the cause is about
 */
export const judgeClosedListener = (failure: FailureCase, world: World, wanted: Hook): Judgement | null => {
  const symptom = symptomOf(failure, world)
  if (symptom === null) return null
  const known = world.podOf(failure) !== null
  const pods = endingPods(failure, world)
  if (pods.length === 0) return ruledOut(known ? 'the pod was not ending' : 'no pod was ending at that time')
  const met = pods
    .map((line) => ({ line, likelihood: likelihoodOf(failure, line, symptom, known, world) }))
    .filter(({ likelihood }) => likelihood > 0)
  if (met.length === 0) {
    const held = pods.some((line) => (line.sigterm?.earliest ?? 0) > failure.endMs)
    return ruledOut(
      held
        ? 'the preStop hook still held SIGTERM back'
        : 'the attempt began after the news of the removal had to have spread',
    )
  }
  const fitting = met.filter(({ line }) => hookOf(line) === wanted || hookOf(line) === 'unknown')
  const other = met[0]
  if (fitting.length === 0) return ruledOut(other === undefined ? 'no pod fits' : REASONS[hookOf(other.line)])
  const likelihood = Math.max(...fitting.map(({ likelihood }) => likelihood))
  const lines = fitting.map(({ line }) => line)
  return suspects(likelihood, [failure.seq, failure.twin?.seq, ...endingFacts(lines)], {
    pod: only(met.map(({ line }) => line)),
    mechanism: mechanismOf(failure, lines, symptom, world),
  })
}
