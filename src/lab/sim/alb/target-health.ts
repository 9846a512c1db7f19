/**
 * How one load balancer node stands to a target (AWS, "Health checks for Application Load Balancer target groups",
 * target health status).
 *
 *   registered ── initial ──1 good──► healthy ◄──healthyThreshold good── unhealthy
 *                    └──unhealthyThreshold bad──────────────►──────────────┘
 */
export type CheckedState = 'initial' | 'healthy' | 'unhealthy'

/** As DescribeTargetHealth names it. `unused`: deregistered, and the delay is over. */
export type TargetState = CheckedState | 'draining' | 'unused'

export interface TargetHealth {
  readonly state: TargetState
  /** A reason code of AWS, "TargetHealth"; `null` when healthy. */
  readonly reason: string | null
  readonly description: string | null
}

export interface CheckBook {
  readonly state: CheckedState
  /** Checks in a row with the outcome of the last one. */
  readonly inRow: number
  readonly lastGood: boolean | null
}

export const NO_CHECKS: CheckBook = { state: 'initial', inRow: 0, lastGood: null }

/**
 * The book after one more check. A new target "must pass one health check to be considered healthy"; afterwards the
 * thresholds hold for both directions.
 */
export const afterCheck = (
  book: CheckBook,
  good: boolean,
  thresholds: { readonly healthyThreshold: number; readonly unhealthyThreshold: number },
): CheckBook => {
  const inRow = book.lastGood === good ? book.inRow + 1 : 1
  const needed = good
    ? book.state === 'initial'
      ? 1
      : thresholds.healthyThreshold
    : thresholds.unhealthyThreshold
  const state = inRow < needed ? book.state : good ? 'healthy' : 'unhealthy'
  return { state, inRow, lastGood: good }
}

/**
 * The targets that a load balancer node sends to: the healthy ones; when there is none, the unhealthy ones (it "fails
 * open", same page); else none, which is a 503 (AWS, "Troubleshoot your Application Load Balancers"). With initial
 * targets only there is an outage (AWS Load Balancer Controller, "Pod readiness gate"; which status is not said).
 * Targets that drain are no longer in `targets`.
 */
export const routable = <T extends { readonly state: CheckedState }>(targets: readonly T[]): readonly T[] => {
  const healthy = targets.filter(({ state }) => state === 'healthy')
  return healthy.length > 0 ? healthy : targets.filter(({ state }) => state === 'unhealthy')
}

/**
 * One answer for the whole load balancer out of what its nodes say: `healthy` when all of them found it healthy,
 * `unhealthy` when one did not, `initial` while one has not decided. (AWS does not say how it sums them up.)
 */
export const summedHealth = (states: readonly CheckedState[]): TargetHealth => {
  if (states.includes('unhealthy'))
    return {
      state: 'unhealthy',
      reason: 'Target.FailedHealthChecks',
      description: 'Health checks failed',
    }
  if (states.length > 0 && states.every((state) => state === 'healthy'))
    return { state: 'healthy', reason: null, description: null }
  return {
    state: 'initial',
    reason: 'Elb.InitialHealthChecking',
    description: 'Initial health checks in progress',
  }
}

export const REGISTERING: TargetHealth = {
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  description: 'Target registration is in progress',
}

export const DRAINING: TargetHealth = {
  state: 'draining',
  reason: 'Target.DeregistrationInProgress',
  description: 'Target deregistration is in progress',
}

export const NOT_REGISTERED: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotRegistered',
  description: 'Target is not registered to the target group',
}
