import { createLogUpdate } from 'log-update'
import type { Clock } from '../kernel/clock.ts'
import { renderProgressEnd, renderProgressLine } from './progress-line.ts'
import type { ProgressState } from './progress-state.ts'
import { renderProgress } from './progress-view.ts'

const REDRAW_MS = 250
const LINE_MS = 10_000

export interface ProgressOutput {
  /** Where it goes: stderr, since stdout is the report. */
  readonly stream: NodeJS.WritableStream
  /** A block redrawn four times a second; else a plain line every 10 s. */
  readonly live: boolean
  /** Columns, asked at each redraw: terminals change their size. */
  width(): number
  /** Rows, asked at each redraw. */
  height(): number
  readonly color: boolean
  readonly clock: Clock
  /** The state of this moment; `null` = nothing to show yet. */
  read(): ProgressState | null
}

export interface Progress {
  /** Prints a line that stays, above the block. */
  note(line: string): void
  /** Takes the block away and prints how it ended. Safe to call twice. */
  stop(): void
}

/** Streams that were shown progress on, and whether each has failed: one listener each, however many runs there are. */
const watched = new WeakMap<NodeJS.WritableStream, { lost: boolean }>()

const watchStream = (stream: NodeJS.WritableStream): { readonly lost: boolean } => {
  const known = watched.get(stream)
  if (known !== undefined) return known
  const state = { lost: false }
  watched.set(stream, state)
  stream.on('error', () => {
    state.lost = true
  })
  return state
}

/** Begins to show the progress of a run. A stream that is closed or fails is left alone, never an error. */
export const startProgress = (output: ProgressOutput): Progress => {
  const { stream, clock } = output
  let stopped = false
  const seen = watchStream(stream)
  const update = output.live
    ? createLogUpdate(stream, { defaultWidth: output.width(), defaultHeight: output.height() })
    : null

  const show = (): void => {
    const state = seen.lost ? null : output.read()
    if (state === null) return
    if (update === null) stream.write(`${renderProgressLine(state)}\n`)
    else
      update(renderProgress(state, { width: output.width(), height: output.height(), color: output.color }))
  }
  const cancel = clock.every(update === null ? LINE_MS : REDRAW_MS, show)
  if (update !== null) show()

  return {
    note: (line) => {
      if (seen.lost || stopped) return
      if (update === null) stream.write(`${line}\n`)
      else update.persist(line)
    },
    stop: () => {
      if (stopped) return
      stopped = true
      cancel()
      const state = seen.lost ? null : output.read()
      if (!seen.lost && update !== null) {
        update.clear()
        update.done()
      }
      if (state !== null) stream.write(`${renderProgressEnd(state)}\n`)
    },
  }
}
