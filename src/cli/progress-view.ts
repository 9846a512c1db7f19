import picocolors from 'picocolors'
import { escapeTerminal } from '../report/escape.ts'
import { countText, latencyText, runClockText } from '../report/format.ts'
import { textWidth } from '../report/text-layout.ts'
import {
  FAILED_SIGN,
  type LaneCell,
  loadBars,
  phaseRuler,
  podLane,
  SIGNS,
  secondsShown,
} from './progress-lanes.ts'
import { kindsText, phaseText, podsText, rolloutsText, wholeSeconds } from './progress-line.ts'
import {
  type FailureGroup,
  type PodProgress,
  type PodState,
  type ProgressState,
  stateOf,
} from './progress-state.ts'

export interface ProgressOptions {
  /** Columns and rows of the terminal. */
  readonly width: number
  readonly height: number
  readonly color: boolean
}

type Colors = ReturnType<typeof picocolors.createColors>

const MOST_LABEL = 30
const MOST_FAILURES = 4
/** Columns right of the lanes, for what stands there now. */
const ASIDE = 28

/** Cuts to `width` columns, with an ellipsis where something is lost. */
const cut = (text: string, width: number): string => {
  if (textWidth(text) <= width) return text
  let kept = ''
  let used = 1
  for (const character of text) {
    used += textWidth(character)
    if (used > width) break
    kept += character
  }
  return `${kept}…`
}

/** As {@link cut}, from the left: the end of a pod's name is what tells it from the others. */
const cutLeft = (text: string, width: number): string => {
  if (textWidth(text) <= width) return text
  let kept = ''
  let used = 1
  for (const character of [...text].reverse()) {
    used += textWidth(character)
    if (used > width) break
    kept = character + kept
  }
  return `…${kept}`
}

const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - textWidth(text)))

const painter = (colors: Colors): Readonly<Record<LaneCell['tone'], (text: string) => string>> => ({
  pending: colors.dim,
  'not-ready': colors.yellow,
  ready: colors.green,
  terminating: colors.yellow,
  exited: colors.dim,
  gone: colors.dim,
  failed: (text) => colors.bold(colors.red(text)),
  blank: (text) => text,
})

/** Neighbours of one tone are painted as one run. */
const paintLane = (cells: readonly LaneCell[], colors: Colors): string => {
  const paint = painter(colors)
  let text = ''
  for (let i = 0; i < cells.length; ) {
    const tone = cells[i]?.tone ?? 'blank'
    let run = ''
    for (; i < cells.length && cells[i]?.tone === tone; i++) run += cells[i]?.sign
    text += paint[tone](run)
  }
  return text
}

const WORDS: Readonly<Record<PodState, string>> = {
  pending: 'pending',
  'not-ready': 'starting',
  ready: 'ready',
  terminating: 'terminating',
  exited: 'exited',
  gone: 'gone',
}

/** Where there is no room for all pods: what changes comes first, then what is ready, then what has long been gone. */
const RANK: Readonly<Record<PodState, number>> = {
  terminating: 0,
  exited: 1,
  'not-ready': 2,
  pending: 3,
  gone: 4,
  ready: 5,
}
const JUST_GONE_MS = 4_000

const rankOf = (pod: PodProgress, elapsedMs: number): number => {
  const state = stateOf(pod)
  return state === 'gone' && elapsedMs - (pod.steps.at(-1)?.atMs ?? 0) > JUST_GONE_MS ? 6 : RANK[state]
}

/** The pods that get a lane, in the order of their lives, and those that do not. */
const chooseLanes = (
  pods: readonly PodProgress[],
  room: number,
  elapsedMs: number,
): { readonly shown: readonly PodProgress[]; readonly others: readonly PodProgress[] } => {
  if (pods.length <= room) return { shown: pods, others: [] }
  const ranked = pods
    .map((pod, index) => ({ pod, index }))
    .toSorted((a, b) => rankOf(a.pod, elapsedMs) - rankOf(b.pod, elapsedMs) || a.index - b.index)
  const chosen = new Set(ranked.slice(0, Math.max(0, room - 1)).map(({ pod }) => pod))
  return { shown: pods.filter((pod) => chosen.has(pod)), others: pods.filter((pod) => !chosen.has(pod)) }
}

const podAside = (pod: PodProgress, elapsedMs: number): string => {
  const present = pod.steps.at(-1)
  if (present === undefined) return ''
  const since = present.state === 'ready' ? '' : ` ${wholeSeconds(elapsedMs - present.atMs)}`
  return `${WORDS[present.state]}${since}${pod.failed > 0 ? `, ${countText(pod.failed)} failed` : ''}`
}

const failureText = (failure: FailureGroup): string =>
  escapeTerminal(
    [
      runClockText(failure.atMs),
      failure.count === 1 ? failure.kind : `${failure.kind} ×${countText(failure.count)}`,
      failure.pod ?? 'no pod known',
      failure.request,
      failure.message,
    ].join('  '),
  )

/**
 * The block that is redrawn on a terminal: phase and clock; rollouts; load, failures and a lane for each pod over the
 * same seconds, one column a second; the latest failures. Fits in `width` × `height`: ready pods give way first.
 */
export const renderProgress = (state: ProgressState, options: ProgressOptions): string => {
  const colors = picocolors.createColors(options.color)
  const width = Math.max(40, options.width) - 1
  const names = state.pods.map(({ name }) => escapeTerminal(name))
  const labelWidth = Math.min(Math.max(9, ...names.map(textWidth)), MOST_LABEL, Math.floor(width / 3))
  const laneWidth = Math.max(8, width - labelWidth - 2 - Math.min(ASIDE, Math.floor(width / 3)))
  const asideWidth = width - labelWidth - laneWidth - 2
  const shown = secondsShown(state.elapsedMs, laneWidth)
  const row = (label: string, lane: string, aside: string, bad = false): string => {
    const right = asideWidth < 4 ? '' : cut(aside, asideWidth)
    return `${colors.dim(pad(label, labelWidth))} ${lane} ${bad ? colors.red(right) : right}`.trimEnd()
  }

  const now = state.seconds.at(-1)
  const failing = now?.failed ?? 0
  const kinds = escapeTerminal(kindsText(state))
  const counts = `${countText(state.started)} sent, ${countText(state.ok)} ok, `
  const failed = cut(
    `${countText(state.failed)} failed${kinds === '' ? '' : `: ${kinds}`}`,
    width - textWidth(counts),
  )
  const head = [
    colors.bold(cut(`${escapeTerminal(state.name)} · ${escapeTerminal(phaseText(state))}`, width)),
    ...(state.rollouts === 0 ? [] : [cut(rolloutsText(state), width)]),
    `${counts}${state.failed > 0 ? colors.red(failed) : colors.green(failed)}`,
    row('phase', colors.dim(escapeTerminal(phaseRuler(state.phases, shown))), ''),
    row(
      'ended/s',
      colors.cyan(loadBars(state.seconds, shown, ({ ended }) => ended)),
      `${countText(now?.ended ?? 0)}/s, ${countText(state.inFlight)} in flight`,
    ),
    row(
      'failed/s',
      colors.red(loadBars(state.seconds, shown, (second) => second.failed)),
      failing > 0 ? `${countText(failing)}/s` : '',
      true,
    ),
    row(
      'p99',
      colors.magenta(loadBars(state.seconds, shown, ({ p99Us }) => p99Us)),
      `p50 ${latencyText(state.p50Us)}, p99 ${latencyText(state.p99Us)}`,
    ),
  ]
  const failures = state.failures.slice(-MOST_FAILURES)
  const tail = [
    ...failures.map((failure) => colors.red(cut(failureText(failure), width))),
    ...(state.notice === null ? [] : [colors.yellow(cut(`! ${escapeTerminal(state.notice)}`, width))]),
  ]
  const legend = `${SIGNS.pending} pending  ${SIGNS['not-ready']} starting  ${SIGNS.ready} ready  ${SIGNS.terminating} terminating  ${SIGNS.exited} exited  ${FAILED_SIGN} failed`
  // One row is left free, so that the cursor's own line is in sight.
  const room = Math.max(0, options.height - 1 - head.length - tail.length - 1)
  const { shown: laned, others } = chooseLanes(state.pods, room, state.elapsedMs)
  return [
    ...head,
    ...laned.map((pod) =>
      row(
        cutLeft(escapeTerminal(pod.name), labelWidth),
        paintLane(podLane(pod, shown, state.elapsedMs), colors),
        podAside(pod, state.elapsedMs),
        pod.failed > 0,
      ),
    ),
    ...(podsText(others) === '' ? [] : [colors.dim(cut(`and ${podsText(others)}`, width))]),
    ...(laned.length === 0 ? [] : [colors.dim(cut(legend, width))]),
    ...tail,
  ].join('\n')
}
