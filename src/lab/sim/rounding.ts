import type { DeploymentSpec, IntOrPercent } from './types.ts'

const PERCENT = /^(\d+)%$/

/**
 * An absolute number, or a percentage of `total` rounded up or down (apimachinery, util/intstr). `null` when the
 * value is neither. Percentages are whole numbers, so integer arithmetic keeps the rounding exact.
 */
export const resolveIntOrPercent = (
  value: IntOrPercent,
  total: number,
  round: 'up' | 'down',
): number | null => {
  if (typeof value === 'number') return Number.isInteger(value) ? value : null
  const percent = PERCENT.exec(value)?.[1]
  if (percent === undefined) return null
  const hundredfold = Number(percent) * total
  return round === 'up' ? Math.ceil(hundredfold / 100) : Math.floor(hundredfold / 100)
}

export interface Fenceposts {
  /** Pods above the wanted number. */
  readonly maxSurge: number
  /** Pods below the wanted number. */
  readonly maxUnavailable: number
}

/** Surge rounds up, unavailable rounds down; when both come to 0, one pod may be missing (ResolveFenceposts). */
export const resolveFenceposts = (
  maxSurge: IntOrPercent,
  maxUnavailable: IntOrPercent,
  wanted: number,
): Fenceposts => {
  const surge = resolveIntOrPercent(maxSurge, wanted, 'up') ?? 0
  const unavailable = resolveIntOrPercent(maxUnavailable, wanted, 'down') ?? 0
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

/** What a Deployment's strategy allows, in pods: 0/0 for Recreate; never more unavailable than wanted. */
export const fencepostsOf = (spec: DeploymentSpec): Fenceposts => {
  const wanted = spec.replicas ?? 1
  if (spec.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 }
  const rolling = spec.strategy?.rollingUpdate
  const { maxSurge, maxUnavailable } = resolveFenceposts(
    rolling?.maxSurge ?? '25%',
    rolling?.maxUnavailable ?? '25%',
    wanted,
  )
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, wanted) }
}
