import type { FailureVerdict, Reason, Verdict } from '../model/finding.ts'
import type { GateId, Threshold } from '../model/scenario.ts'
import { type Measures, measure, satisfies } from './thresholds.ts'
import type { World } from './world.ts'

export interface Judged {
  readonly verdict: Verdict
  readonly exitCode: number
  /** Thresholds as written, then gates. */
  readonly reasons: readonly Reason[]
  /** Gates that were not shown and that the user accepted. */
  readonly accepted: readonly GateId[]
}

const UNITS: Readonly<Record<Threshold['metric'], string>> = {
  failures: '',
  http_req_duration: ' ms',
  outage_ms: ' ms',
  dropped: '',
  rollout_duration: ' ms',
}

const valueText = (value: number, threshold: Threshold): string => {
  const unit =
    threshold.aggregation === 'count' || threshold.aggregation === 'rate' ? '' : UNITS[threshold.metric]
  return `${Number(value.toPrecision(6))}${unit}`
}

const NO_FAILURE: Threshold = {
  text: 'failures count==0',
  metric: 'failures',
  tags: {},
  aggregation: 'count',
  operator: '==',
  value: 0,
}

const allowsNoFailure = ({ metric, tags, operator, value }: Threshold): boolean =>
  metric === 'failures' && Object.keys(tags).length === 0 && operator === '==' && value === 0

/** Whoever wants to allow failures has to say so: without a threshold on them, none is allowed. */
const withFailureThreshold = (thresholds: readonly Threshold[], budgeted: boolean): readonly Threshold[] =>
  budgeted
    ? thresholds.filter((threshold) => !allowsNoFailure(threshold))
    : thresholds.some(({ metric }) => metric === 'failures')
      ? thresholds
      : [NO_FAILURE, ...thresholds]

export interface ThresholdResult {
  readonly reason: Reason
  /** Broken by facts that are beyond doubt. */
  readonly proven: boolean
}

const judgeThreshold = (
  threshold: Threshold,
  measures: Measures,
  isValid: (verdict: FailureVerdict) => boolean,
  trusted: boolean,
): ThresholdResult => {
  const value = measure(threshold, measures)
  const reason: Reason = {
    id: threshold.text,
    claim: `threshold ${threshold.text}`,
    value: value === null ? 'cannot be computed: no data' : valueText(value, threshold),
    limit: `${threshold.operator} ${threshold.value}`,
    holds: value === null ? null : satisfies(value, threshold),
  }
  if (reason.holds !== false) return { reason, proven: false }
  if (threshold.metric === 'failures') {
    const certain = measure(threshold, measures, isValid)
    return { reason, proven: certain !== null && !satisfies(certain, threshold) }
  }
  // What was not sent is our own doing; the others are as good as the measurement was.
  return { reason, proven: threshold.metric !== 'dropped' && trusted }
}

/** Gates without which a latency, an outage or a duration is not believed. */
const MEASUREMENT: readonly string[] = ['H1', 'H3', 'H4', 'H5']

const exitCodeOf = (verdict: Verdict, world: World): number => {
  const { ended } = world.timeline
  if (ended?.reason === 'interrupted') return /SIGTERM/.test(ended.detail ?? '') ? 143 : 130
  return verdict === 'passed' ? 0 : verdict === 'failed' ? 1 : 4
}

/**
 * Three-valued and fail-closed. (1) Valid failures that break a threshold: failed, whatever else is. (2) Any gate or
 * threshold that does not hold or is not shown: inconclusive. (3) Else, and only for a run that came to its own end:
 * passed.
 * @param gates from `judgeGates`
 * @param isValid whether the failure is the target's beyond doubt
 * @param budget what earlier runs support; it takes the place of a threshold that allows no failure at all
 */
export const judge = (
  world: World,
  gates: readonly Reason[],
  measures: Measures,
  isValid: (verdict: FailureVerdict) => boolean,
  budget: ThresholdResult | null = null,
): Judged => {
  const { acceptUnproven } = world.info.scenario
  const thresholds = withFailureThreshold(world.info.scenario.thresholds, budget !== null)
  const completed = world.timeline.ended?.reason === 'completed'
  const trusted = completed && gates.every(({ id, holds }) => !MEASUREMENT.includes(id) || holds === true)
  const results = [
    ...thresholds.map((threshold) => judgeThreshold(threshold, measures, isValid, trusted)),
    ...(budget === null ? [] : [budget]),
  ]
  // Only what is not shown can be accepted; what is shown to be false stays false.
  const accepted = acceptUnproven.filter((id) => gates.some((gate) => gate.id === id && gate.holds === null))
  const open = gates.filter(({ id, holds }) => holds !== true && !accepted.some((one) => one === id))
  const verdict: Verdict = results.some(({ proven }) => proven)
    ? 'failed'
    : open.length > 0 || results.some(({ reason }) => reason.holds !== true) || !completed
      ? 'inconclusive'
      : 'passed'
  return {
    verdict,
    exitCode: exitCodeOf(verdict, world),
    reasons: [...results.map(({ reason }) => reason), ...gates],
    accepted,
  }
}
