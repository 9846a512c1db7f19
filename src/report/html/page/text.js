/** What stands where a value is not known. */
export const UNKNOWN = '–'

/**
 * Moment in ms since run start as `m:ss`, with tenths where the span is short.
 * @param {number} ms
 * @param {number} decimals
 */
export const clock = (ms, decimals) => {
  const scale = 10 ** decimals
  const seconds = Math.round((Math.abs(ms) / 1000) * scale) / scale
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) - hours * 60
  const rest = (seconds - hours * 3600 - minutes * 60).toFixed(decimals)
  const tail = rest.padStart(decimals === 0 ? 2 : decimals + 3, '0')
  const head = hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}` : String(minutes)
  return `${ms < 0 ? '-' : ''}${head}:${tail}`
}

/**
 * Time of day, UTC: `10:32:07.113`.
 * @param {number | null} startedAtMs Unix ms of the run's start
 * @param {number} ms since then
 */
export const utc = (startedAtMs, ms) => {
  const moment = startedAtMs === null ? null : new Date(startedAtMs + ms)
  return moment === null || Number.isNaN(moment.getTime()) ? UNKNOWN : moment.toISOString().slice(11, 23)
}

/** @param {number | null | undefined} us */
export const latency = (us) => {
  if (us === null || us === undefined) return UNKNOWN
  if (us < 999.5) return `${Math.round(us)} µs`
  return us < 999_500 ? `${(us / 1000).toFixed(us < 99_950 ? 1 : 0)} ms` : `${(us / 1_000_000).toFixed(2)} s`
}

/**
 * Length of time: `412 ms`, `12.3 s`, `4m 12s`.
 * @param {number | null | undefined} ms
 */
export const duration = (ms) => {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN
  const sign = ms < 0 ? '-' : ''
  const size = Math.abs(ms)
  if (size < 10) return `${sign}${Number(size.toFixed(1))} ms`
  if (size < 999.5) return `${sign}${Math.round(size)} ms`
  if (size < 59_950) return `${sign}${(size / 1000).toFixed(1)} s`
  const seconds = Math.round(size / 1000)
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)}m ${seconds % 60}s`
  return `${sign}${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`
}

/**
 * `+1.2 s`, `-340 ms`.
 * @param {number | null} ms
 */
export const offset = (ms) => {
  if (ms === null) return UNKNOWN
  const text = duration(ms)
  return text.startsWith('-') ? text : `+${text}`
}

/** @param {number} n */
export const count = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',')

/**
 * @param {number} n
 * @param {string} singular
 */
export const countOf = (n, singular) => `${count(n)} ${singular}${n === 1 ? '' : 's'}`
