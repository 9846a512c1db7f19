import type { LoadSecond, PhaseStep, PodProgress, PodState } from './progress-state.ts'

/** One character of a row over time, with what it stands for, so that the view can paint it. */
export interface LaneCell {
  readonly sign: string
  readonly tone: PodState | 'failed' | 'blank'
}

/** Each state has its own sign, so that colour only repeats it. */
export const SIGNS: Readonly<Record<PodState, string>> = {
  pending: '·',
  'not-ready': '┄',
  ready: '━',
  terminating: '▒',
  exited: '×',
  gone: ' ',
}

export const FAILED_SIGN = '!'

const BARS = '▁▂▃▄▅▆▇█'

/**
 * The seconds that `width` columns show, oldest first, one a column. They fill from the left; when they are full, the
 * last one is that of `elapsedMs` and the rest moves.
 */
export const secondsShown = (elapsedMs: number, width: number): number[] => {
  const now = Math.floor(Math.max(0, elapsedMs) / 1000)
  const first = Math.max(0, now - (width - 1))
  return Array.from({ length: width }, (_, i) => first + i)
}

/** State of a pod at the end of each second; `!` where a request to it failed. */
export const podLane = (pod: PodProgress, shown: readonly number[], elapsedMs: number): LaneCell[] => {
  let next = 0
  let state: PodState | null = null
  return shown.map((second) => {
    const endMs = (second + 1) * 1000
    for (let step = pod.steps[next]; step !== undefined && step.atMs < endMs; step = pod.steps[next]) {
      state = step.state
      next += 1
    }
    if (second * 1000 > elapsedMs) return { sign: ' ', tone: 'blank' }
    if (pod.failedSeconds.has(second)) return { sign: FAILED_SIGN, tone: 'failed' }
    return state === null ? { sign: ' ', tone: 'blank' } : { sign: SIGNS[state], tone: state }
  })
}

/** Bars over the same seconds, scaled to their highest; a blank where nothing was or nothing is known. */
export const loadBars = (
  seconds: readonly LoadSecond[],
  shown: readonly number[],
  value: (second: LoadSecond) => number | null,
): string => {
  const values = new Map(seconds.map((second) => [second.second, value(second) ?? 0]))
  const most = Math.max(1, ...shown.map((second) => values.get(second) ?? 0))
  return shown
    .map((second) => {
      const height = values.get(second) ?? 0
      return height === 0 ? ' ' : (BARS[Math.ceil((height / most) * BARS.length) - 1] ?? ' ')
    })
    .join('')
}

const phaseLabel = ({ phase, rollout }: PhaseStep): string =>
  phase === 'rollout' && rollout !== null ? `rollout ${rollout}` : phase

/** The phases over the same seconds: each begins with a bar and, where there is room, its name. */
export const phaseRuler = (phases: readonly PhaseStep[], shown: readonly number[]): string => {
  const first = shown[0] ?? 0
  const cells = shown.map(() => ' ')
  phases.forEach((phase, i) => {
    const start = Math.floor(phase.atMs / 1000)
    const next = phases[i + 1]
    const end = next === undefined ? Number.POSITIVE_INFINITY : Math.floor(next.atMs / 1000)
    const from = Math.max(start, first, 0)
    const room = Math.min(end, first + shown.length) - from
    if (room <= 0) return
    const isStart = start >= first
    const text = `${isStart ? '│' : ''}${phaseLabel(phase)}`
    for (let at = 0; at < Math.min(room, text.length); at++) cells[from - first + at] = text[at] ?? ' '
  })
  return cells.join('')
}
