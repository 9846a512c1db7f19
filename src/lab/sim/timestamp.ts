/** Unix ms → the API's time stamp: RFC 3339, UTC, whole seconds (metav1.Time drops the fraction). */
export const kubeTime = (epochMs: number): string =>
  `${new Date(Math.floor(epochMs / 1000) * 1000).toISOString().slice(0, 19)}Z`

/** A time stamp of the API → Unix ms; `null` when it is missing or no time. */
export const fromKubeTime = (stamp: unknown): number | null => {
  if (typeof stamp !== 'string') return null
  const epochMs = Date.parse(stamp)
  return Number.isNaN(epochMs) ? null : epochMs
}
