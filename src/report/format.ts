/** What stands where a value is not known. */
export const UNKNOWN = '–'

/** Whole number with thousands separators: 80123 → `80,123`. */
export const countText = (value: number): string => {
  const digits = Math.abs(Math.round(value)).toString()
  return (value <= -0.5 ? '-' : '') + digits.replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 pod`, `2 pods`; `plural` is given where an s does not make it. */
export const countOf = (value: number, singular: string, plural = `${singular}s`): string =>
  `${countText(value)} ${value === 1 ? singular : plural}`

/** Digits after the point that leave `digits` significant ones, at most 8. */
const decimalsFor = (value: number, digits: number): number =>
  Math.min(8, Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value)))))

const percentOf = (ratio: number, round: (scaled: number) => number): string => {
  if (!Number.isFinite(ratio)) return UNKNOWN
  const percent = ratio * 100
  if (percent === 0) return '0 %'
  const decimals = decimalsFor(percent, 2)
  const scale = 10 ** decimals
  return `${Number((round(percent * scale) / scale).toFixed(decimals))} %`
}

/** Ratio (0–1) as a percentage with two significant digits: 0.002646 → `0.26 %`. */
export const percentText = (ratio: number): string => percentOf(ratio, Math.round)

/** Like {@link percentText}, rounded up: an upper bound is never understated. */
export const boundText = (ratio: number): string =>
  percentOf(ratio, (scaled) => Math.ceil(Number(scaled.toFixed(6))))

/** `part` of `whole` as a percentage; unknown when `whole` is 0. */
export const shareText = (part: number, whole: number): string =>
  whole === 0 ? UNKNOWN : percentText(part / whole)

/** Length of time in ms: `412 ms`, `12.3 s`, `4m 12s`, `1h 2m`. `null` → unknown. */
export const durationText = (durationMs: number | null): string => {
  if (durationMs === null || !Number.isFinite(durationMs)) return UNKNOWN
  const sign = durationMs < 0 ? '-' : ''
  const ms = Math.abs(durationMs)
  if (ms < 999.5) return `${sign}${Math.round(ms)} ms`
  if (ms < 59_950) return `${sign}${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)}m ${seconds % 60}s`
  return `${sign}${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`
}

/** Latency in µs: `412 µs`, `3.2 ms`, `412 ms`, `1.24 s`. `null` → unknown. */
export const latencyText = (latencyUs: number | null): string => {
  if (latencyUs === null || !Number.isFinite(latencyUs)) return UNKNOWN
  if (latencyUs < 999.5) return `${Math.round(latencyUs)} µs`
  if (latencyUs < 99_950) return `${(latencyUs / 1000).toFixed(1)} ms`
  if (latencyUs < 999_500) return `${Math.round(latencyUs / 1000)} ms`
  return `${(latencyUs / 1e6).toFixed(2)} s`
}

/** Moment in ms since run start as a stop-watch shows it: `0:32.4`, `1:02:03.0`. `null` → unknown. */
export const runClockText = (atMs: number | null, decimals = 1): string => {
  if (atMs === null || !Number.isFinite(atMs)) return UNKNOWN
  const scale = 10 ** decimals
  const ticks = Math.round(Math.abs(atMs / 1000) * scale)
  const seconds = ticks / scale
  const minutes = Math.floor(seconds / 60)
  const rest = (seconds - minutes * 60).toFixed(decimals).padStart(decimals === 0 ? 2 : decimals + 3, '0')
  const hours = Math.floor(minutes / 60)
  const head = hours > 0 ? `${hours}:${String(minutes % 60).padStart(2, '0')}` : String(minutes)
  return `${atMs < 0 ? '-' : ''}${head}:${rest}`
}

/** Moment in ms since run start as UTC time of day `10:32:07.113`; unknown when `startedAt` is no date. */
export const utcClockText = (startedAt: string, atMs: number | null): string => {
  const startMs = Date.parse(startedAt)
  if (atMs === null || !Number.isFinite(startMs + atMs)) return UNKNOWN
  const moment = new Date(startMs + atMs)
  return Number.isNaN(moment.getTime()) ? UNKNOWN : moment.toISOString().slice(11, 23)
}

/** `+5.0 s` from one moment to another; unknown when either is. */
export const sinceText = (atMs: number | null, fromMs: number | null): string => {
  if (atMs === null || fromMs === null) return UNKNOWN
  const text = durationText(atMs - fromMs)
  return text.startsWith('-') ? text : `+${text}`
}
