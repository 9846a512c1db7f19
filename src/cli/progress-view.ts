import picocolors from 'picocolors'
import { escapeTerminal } from '../report/escape.ts'
import { countText, durationText, latencyText, runClockText } from '../report/format.ts'
import { textWidth } from '../report/text-layout.ts'

export type PodState = 'pending' | 'not-ready' | 'ready' | 'terminating' | 'exited'

/** One pod that is there now. */
export interface PodProgress {
  readonly name: string
  /** `null` = not known. */
  readonly revision: number | null
  readonly state: PodState
}

/** All that the live view shows: counts so far, and the last whole second. A plain value, made anew for each look. */
export interface ProgressState {
  readonly name: string
  readonly phase: string
  /** The rollout that is under way or settling, from 1; `null` outside. */
  readonly rollout: number | null
  /** 0 in `load`. */
  readonly rollouts: number
  /** Since the run started. */
  readonly elapsedMs: number
  /** When the run ends at the earliest; `null` = the rollouts decide. */
  readonly expectedMs: number | null
  readonly started: number
  readonly ok: number
  readonly failed: number
  readonly failedByKind: Readonly<Record<string, number>>
  readonly inFlight: number
  /** Ended per second, one entry a second, oldest first; the last is the newest whole second. */
  readonly endedPerSec: readonly number[]
  /** Failed per second, entry by entry as {@link endedPerSec}. */
  readonly failedPerSec: readonly number[]
  /** Of the last whole second; `null` = nothing ended in it. */
  readonly p50Us: number | null
  readonly p99Us: number | null
  readonly pods: readonly PodProgress[]
  /** What needs the user's eye: a stall, a watch gap, a stuck rollout; `null` = nothing. */
  readonly notice: string | null
}

export interface ProgressOptions {
  readonly width: number
  readonly color: boolean
}

/** Each state has its own sign, so that colour only repeats it. */
const SIGNS: Readonly<Record<PodState, string>> = {
  pending: '·',
  'not-ready': '◌',
  ready: '●',
  terminating: '◍',
  exited: '○',
}

const STATES: readonly PodState[] = ['ready', 'not-ready', 'pending', 'terminating', 'exited']

const BARS = '▁▂▃▄▅▆▇█'

/** The last `width` values as bars; 0 is the lowest bar, a blank stands where nothing was. */
export const sparkline = (values: readonly number[], width: number): string => {
  const shown = values.slice(-width)
  const most = Math.max(1, ...shown)
  return shown
    .map((value) => (value === 0 ? ' ' : BARS[Math.max(0, Math.ceil((value / most) * BARS.length) - 1)]))
    .join('')
    .padStart(width)
}

const phaseText = (state: ProgressState): string =>
  state.rollout === null
    ? state.phase
    : `${state.phase}${state.phase === 'rollout' ? '' : ' after rollout'} ${state.rollout} of ${state.rollouts}`

const kindsText = (state: ProgressState): string =>
  Object.entries(state.failedByKind)
    .filter(([, n]) => n > 0)
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([kind, n]) => `${countText(n)} ${kind}`)
    .join(', ')

const clockText = (state: ProgressState): string =>
  state.expectedMs === null
    ? runClockText(state.elapsedMs, 0)
    : `${runClockText(state.elapsedMs, 0)} of ${runClockText(state.expectedMs, 0)}`

const podsText = (pods: readonly PodProgress[]): string =>
  STATES.map((state) => [state, pods.filter((pod) => pod.state === state).length] as const)
    .filter(([, n]) => n > 0)
    .map(([state, n]) => `${n} ${state}`)
    .join(', ')

/** Cuts to `width` columns, with an ellipsis where something is lost. */
const cut = (text: string, width: number): string => {
  if (textWidth(text) <= width) return text
  let kept = ''
  for (const character of text) {
    if (textWidth(kept + character) > width - 1) break
    kept += character
  }
  return `${kept}…`
}

interface Revision {
  readonly label: string
  readonly pods: readonly PodProgress[]
}

const byRevision = (pods: readonly PodProgress[]): Revision[] => {
  const revisions = [...new Set(pods.map(({ revision }) => revision))].toSorted((a, b) => (a ?? 0) - (b ?? 0))
  return revisions.slice(-3).map((revision) => ({
    label: revision === null ? 'pods' : `rev ${revision}`,
    pods: pods.filter((pod) => pod.revision === revision).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }))
}

/**
 * The block that is redrawn on a terminal: phase and clock, load, failures, latency, pods by state. At most 9 lines,
 * none wider than `width`.
 */
export const renderProgress = (state: ProgressState, options: ProgressOptions): string => {
  const colors = picocolors.createColors(options.color)
  const width = Math.max(30, options.width - 1)
  const label = (name: string): string => colors.dim(name.padEnd(9))
  const room = width - 9
  const spark = Math.max(10, Math.min(60, room - 34))
  const now = state.endedPerSec.at(-1) ?? 0
  const failing = (state.failedPerSec.at(-1) ?? 0) > 0
  const kinds = escapeTerminal(kindsText(state))
  const failedText = cut(`${countText(state.failed)}${kinds === '' ? '' : `  ${kinds}`}`, room)
  const paint = {
    pending: colors.dim,
    'not-ready': colors.yellow,
    ready: colors.green,
    terminating: colors.yellow,
    exited: colors.dim,
  }
  const strip = (revision: Revision): string => {
    const words = `  ${podsText(revision.pods)}`
    const most = Math.max(4, room - textWidth(words))
    const shown = revision.pods.slice(0, most)
    return (
      label(revision.label) +
      shown.map((pod) => paint[pod.state](SIGNS[pod.state])).join('') +
      colors.dim(cut(words, Math.max(1, room - shown.length)))
    )
  }
  const headline = `${escapeTerminal(state.name)} · ${escapeTerminal(phaseText(state))} · ${clockText(state)}`
  return [
    colors.bold(cut(headline, width)),
    `${label('ended/s')}${colors.cyan(sparkline(state.endedPerSec, spark))} ${cut(`${countText(now)}/s, ${countText(state.inFlight)} in flight`, room - spark - 1)}`,
    `${label('failed/s')}${colors.red(sparkline(state.failedPerSec, spark))}${failing ? colors.red(cut(` ${countText(state.failedPerSec.at(-1) ?? 0)}/s now`, room - spark)) : ''}`,
    `${label('requests')}${cut(`${countText(state.started)} sent, ${countText(state.ok)} ok`, room)}`,
    `${label('failed')}${state.failed > 0 ? colors.red(failedText) : colors.green(failedText)}`,
    `${label('latency')}${cut(`p50 ${latencyText(state.p50Us)}, p99 ${latencyText(state.p99Us)}`, room)}`,
    ...byRevision(state.pods).map(strip),
    ...(state.notice === null ? [] : [colors.yellow(cut(`! ${escapeTerminal(state.notice)}`, width))]),
  ].join('\n')
}

/** The same as one plain line, for logs: `0:32 rollout 2 of 5 | 268/s | 8,412 ok, 12 failed (11 reset, 1 closed) | …`. */
export const renderProgressLine = (state: ProgressState): string => {
  const kinds = kindsText(state)
  return [
    `${clockText(state)} ${escapeTerminal(phaseText(state))}`,
    `${countText(state.endedPerSec.at(-1) ?? 0)}/s`,
    `${countText(state.ok)} ok, ${countText(state.failed)} failed${kinds === '' ? '' : ` (${escapeTerminal(kinds)})`}`,
    `p50 ${latencyText(state.p50Us)}, p99 ${latencyText(state.p99Us)}`,
    ...(state.pods.length === 0 ? [] : [`pods: ${podsText(state.pods)}`]),
    ...(state.notice === null ? [] : [escapeTerminal(state.notice)]),
  ].join(' | ')
}

/** What the last line says when the run is over. */
export const renderProgressEnd = (state: ProgressState): string =>
  `${escapeTerminal(state.name)}: ${countText(state.started)} requests sent in ${durationText(state.elapsedMs)}, ${countText(state.failed)} failed`
