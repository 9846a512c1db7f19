/** Milliseconds since the run started, on the monotonic clock. */
export type RunMs = number & { readonly __unit: 'RunMs' }
/** Milliseconds since 1970-01-01 UTC (Unix time). Printed, never subtracted from a {@link RunMs}. */
export type EpochMs = number & { readonly __unit: 'EpochMs' }

export const runMs = (value: number): RunMs => value as RunMs
export const epochMs = (value: number): EpochMs => value as EpochMs

/** µs → ms, keeping the fraction. */
export const usToMs = (us: number): number => us / 1000

const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const PART = /(\d+(?:\.\d+)?)(us|ms|s|m|h)/y

/**
 * Reads a duration as Go and k6 write it: `500ms`, `1m30s`, `1.5s`. A bare number is seconds.
 * Returns milliseconds, or `null` when the text is no duration (negative, empty, unknown unit, not finite).
 */
export const parseDurationMs = (text: string): number | null => {
  const trimmed = text.trim()
  if (/^(0|[1-9]\d*)(\.\d+)?$/.test(trimmed)) return finite(Number(trimmed) * 1000)
  let totalMs = 0
  let at = 0
  while (at < trimmed.length) {
    PART.lastIndex = at
    const match = PART.exec(trimmed)
    const unitMs = UNIT_MS[match?.[2] ?? '']
    if (match === null || unitMs === undefined) return null
    totalMs += Number(match[1]) * unitMs
    at = PART.lastIndex
  }
  return trimmed === '' ? null : finite(totalMs)
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** ms → the shortest text that {@link parseDurationMs} reads back: `1m30s`, `500ms`, `10s`. */
export const formatDurationMs = (durationMs: number): string => {
  if (durationMs === 0) return '0s'
  if (durationMs < 1000 || durationMs % 100 !== 0) return `${Number(durationMs.toFixed(3))}ms`
  const hours = Math.floor(durationMs / 3_600_000)
  const minutes = Math.floor((durationMs % 3_600_000) / 60_000)
  const seconds = (durationMs % 60_000) / 1000
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${seconds > 0 ? `${seconds}s` : ''}`
}
