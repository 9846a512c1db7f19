import { escapeTerminal } from '../report/escape.ts'
import { countText, durationText, latencyText, runClockText } from '../report/format.ts'
import { type PodProgress, type PodState, type ProgressState, stateOf } from './progress-state.ts'

const STATES: readonly PodState[] = ['ready', 'not-ready', 'pending', 'terminating', 'exited']

/** `3 ready, 1 terminating`; pods that are gone are not counted. */
export const podsText = (pods: readonly PodProgress[]): string =>
  STATES.map((state) => [state, pods.filter((pod) => stateOf(pod) === state).length] as const)
    .filter(([, n]) => n > 0)
    .map(([state, n]) => `${n} ${state}`)
    .join(', ')

/** `11 reset, 1 closed`, most first. */
export const kindsText = (state: ProgressState): string =>
  Object.entries(state.failedByKind)
    .filter(([, n]) => n > 0)
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([kind, n]) => `${countText(n)} ${kind}`)
    .join(', ')

const clockText = (state: ProgressState): string =>
  state.expectedMs === null
    ? runClockText(state.elapsedMs, 0)
    : `${runClockText(state.elapsedMs, 0)} of ${runClockText(state.expectedMs, 0)}`

const phaseName = (state: ProgressState): string => {
  const present = state.phases.at(-1)
  if (present === undefined) return ''
  if (present.rollout === null) return present.phase
  return `${present.phase}${present.phase === 'rollout' ? '' : ' after rollout'} ${present.rollout} of ${state.rollouts}`
}

/** Whole seconds, so that it does not flicker: `4 s`, `1m 12s`. */
export const wholeSeconds = (durationMs: number): string => {
  const seconds = Math.max(0, Math.floor(durationMs / 1000))
  return seconds < 60 ? `${seconds} s` : durationText(seconds * 1000)
}

/** `rollout 2 of 5 for 4 s · 1:12 of 5:05`. */
export const phaseText = (state: ProgressState): string => {
  const sinceMs = state.elapsedMs - (state.phases.at(-1)?.atMs ?? 0)
  const since =
    sinceMs < 1000 ? '' : ` for ${durationText(Math.floor(sinceMs / 1000) * 1000).replace('.0 s', ' s')}`
  return `${phaseName(state)}${since} · ${clockText(state)}`
}

/** `rollouts ■■▣□□ 2 of 5 complete, now 2 of 4 pods new, 3 available, 2 old`. */
export const rolloutsText = (state: ProgressState): string => {
  const isRolling = state.phases.at(-1)?.phase === 'rollout'
  const boxes = Array.from({ length: Math.min(20, state.rollouts) }, (_, i) =>
    i < state.rolloutsComplete ? '■' : i === state.rolloutsComplete && isRolling ? '▣' : '□',
  ).join('')
  const now =
    state.rolling === null
      ? ''
      : `; now ${state.rolling.updated} of ${state.rolling.wanted} pods new, ${state.rolling.available} available, ${state.rolling.old} old`
  return `rollouts ${boxes} ${state.rolloutsComplete} of ${state.rollouts} complete${now}`
}

/** The view as one plain line, for logs: `0:32 rollout 2 of 5 | 268/s | 8,412 ok, 12 failed (11 reset, 1 closed) | …`. */
export const renderProgressLine = (state: ProgressState): string => {
  const kinds = kindsText(state)
  const present = state.pods.filter((pod) => stateOf(pod) !== 'gone')
  return [
    `${clockText(state)} ${escapeTerminal(phaseName(state))}`,
    `${countText(state.seconds.at(-1)?.ended ?? 0)}/s`,
    `${countText(state.ok)} ok, ${countText(state.failed)} failed${kinds === '' ? '' : ` (${escapeTerminal(kinds)})`}`,
    `p50 ${latencyText(state.p50Us)}, p99 ${latencyText(state.p99Us)}`,
    ...(present.length === 0 ? [] : [`pods: ${podsText(present)}`]),
    ...(state.notice === null ? [] : [escapeTerminal(state.notice)]),
  ].join(' | ')
}

/** For logs, when a rollout is complete: `0:32 rollout 2 of 5 complete, 12 failed so far`. */
export const renderRolloutLine = (state: ProgressState): string =>
  `${clockText(state)} rollout ${state.rolloutsComplete} of ${state.rollouts} complete, ${countText(state.failed)} failed so far`

/** What the last line says when the run is over. */
export const renderProgressEnd = (state: ProgressState): string =>
  `${escapeTerminal(state.name)}: ${countText(state.started)} requests sent in ${durationText(state.elapsedMs)}, ${countText(state.failed)} failed`
