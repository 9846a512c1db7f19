/** z of the two-sided 95 % interval. */
const Z_95 = 1.959963984540054

export interface Bounds {
  readonly low: number
  readonly high: number
}

/**
 * Wilson score interval of a share, `successes` of `trials`, 95 % unless `z` says otherwise
 * (Wilson 1927; Newcombe 1998, method 3). `null` without trials.
 */
export const wilson = (successes: number, trials: number, z = Z_95): Bounds | null => {
  if (trials <= 0) return null
  const share = successes / trials
  const z2 = z * z
  const centre = share + z2 / (2 * trials)
  const half = z * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials * trials))
  const scale = 1 + z2 / trials
  return {
    low: successes === 0 ? 0 : Math.max(0, (centre - half) / scale),
    high: successes === trials ? 1 : Math.min(1, (centre + half) / scale),
  }
}
