import { CHANGES, CODES, type Interrupted } from './interrupted-change.ts'

/** What is wrong with how one ended, whatever the time that it took; `null` = nothing. */
export const wrongOf = (one: Interrupted): string | null => {
  const {
    change,
    signal,
    code,
    killedBy,
    isOriginal,
    holder,
    wasApplied,
    wasRestoring,
    restoreAfterMs,
    generation,
  } = one
  const isUntouched = generation === 1
  const problems = [
    // Only before its first line a signal ends it as it ends any process; it has done nothing by then.
    code === CODES[signal] || (killedBy === signal && isUntouched) ? null : `exit code ${code ?? killedBy}`,
    isOriginal ? null : 'the Deployment is not as it was',
    holder === null ? null : `${holder} holds the Lease`,
    wasApplied && !wasRestoring && restoreAfterMs === null ? 'no restore was sent' : null,
  ].filter((problem) => problem !== null)
  return problems.length === 0 ? null : `${change}, ${signal}: ${problems.join(', ')}: ${one.stderr}`
}

/** What the signal found: a change in place, one whose restore was under way, or none (any more). */
const stateOf = ({ wasApplied, boreJournal, restoreAfterMs, generation }: Interrupted): string => {
  if (wasApplied) return 'changed'
  if (restoreAfterMs !== null) return 'changing'
  if (generation === 1) return 'never changed'
  return boreJournal ? 'changing' : 'restored already'
}

const shown = (values: readonly number[]): string => {
  if (values.length === 0) return 'none'
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0)
  const within = sorted.filter((ms) => ms <= 1_000).length
  return `${sorted.length}: median ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, largest ${at(1)} ms; ${within} within 1 s`
}

/** Exit codes, and how long after the signal the first write of the restore came. */
export const tallyInterrupted = (all: readonly Interrupted[]): string => {
  const right = all.filter((one) => wrongOf(one) === null).length
  const states = [...Map.groupBy(all, stateOf)].map(([state, some]) => `${some.length} ${state}`)
  const timed = (some: readonly Interrupted[]): readonly number[] =>
    some.flatMap(({ restoreAfterMs }) => (restoreAfterMs === null ? [] : [restoreAfterMs]))
  return [
    `${all.length} signals, ${right} right (exit code, spec by its hash, Lease given back); when it came: ${states.join(', ')}`,
    `first write of the restore after the signal: ${shown(timed(all))}`,
    ...CHANGES.map((change) => `  ${change}: ${shown(timed(all.filter((one) => one.change === change)))}`),
    `changes sent after the signal that are no restore: ${all.reduce((sum, { lateChanges }) => sum + lateChanges, 0)}`,
  ].join('\n')
}
