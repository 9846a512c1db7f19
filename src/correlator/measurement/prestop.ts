/** What is added for terminations that were not seen, as a share of the longest that was. */
const MARGIN_SHARE = 0.25
const GRACE_MARGIN_S = 5
/** In so many mean gaps a new connection would have come, 95 times in 100 (exponential gaps: e^−3 = 0.05). */
export const GAPS = 3

const seconds = (ms: number): string =>
  ms < 9950 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`

export interface PreStopSum {
  readonly preStopSeconds: number
  readonly because: string
}

/**
 * preStop, s = ⌈longest drain + {@link GAPS} × mean gap + 25 %⌉, at least 1: what was seen, what was too short to be
 * seen, and what other terminations may take longer.
 * @param maxMs longest time from the start of a termination to the last new connection
 * @param gapMs mean gap between new connections to one pod
 */
export const preStopSum = (maxMs: number, gapMs: number): PreStopSum => {
  const unseenMs = GAPS * gapMs
  const marginMs = MARGIN_SHARE * maxMs
  const sumMs = maxMs + unseenMs + marginMs
  const preStopSeconds = Math.max(1, Math.ceil(sumMs / 1000 - 1e-9))
  return {
    preStopSeconds,
    because:
      `preStop: ${seconds(maxMs)} longest drain + ${seconds(unseenMs)} resolution (${GAPS} × the mean gap of ${Math.round(gapMs)} ms between new connections to one pod) + ` +
      `${seconds(marginMs)} margin (25 %) = ${seconds(sumMs)}, rounded up to ${preStopSeconds} s`,
  }
}

/**
 * Share of all terminations that drain within the longest of `n` that were seen, at least, at 95 % confidence: the n-th
 * root of 0.05 (Wilks 1941: the maximum as a one-sided tolerance limit). `null` without any.
 */
export const coveredShare = (n: number): number | null => (n <= 0 ? null : 0.05 ** (1 / n))

/** grace = preStop + longest request + 5 s; never less than what is set. */
export const graceSum = (
  preStopSeconds: number,
  longestRequestMs: number,
  presentSeconds: number,
): { readonly seconds: number; readonly because: string } => {
  const wanted = Math.ceil(preStopSeconds + longestRequestMs / 1000 + GRACE_MARGIN_S)
  return {
    seconds: Math.max(wanted, presentSeconds),
    because:
      `Grace: ${preStopSeconds} s preStop + ${seconds(longestRequestMs)} longest request + ${GRACE_MARGIN_S} s margin = ${wanted} s` +
      (presentSeconds > wanted ? `; the present ${presentSeconds} s stays` : ''),
  }
}
