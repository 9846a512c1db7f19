import type { Clock } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import { redactData } from '../kernel/redact.ts'
import { runMs } from '../kernel/units.ts'
import type { EventDraft, EventSink, RunEvent } from '../model/events.ts'
import { redactPath } from './redact.ts'

export type EventListener = (event: RunEvent) => void

/** Where stamped facts go. `jsonl-writer.ts` is the real one. */
export interface EventWriter {
  append(event: RunEvent): void
  close(): Promise<void>
}

export interface EventLog {
  /** Stamps a fact, writes it, tells the listeners, and returns it. Never throws: what goes wrong goes to `onError`. */
  readonly sink: EventSink
  /** Calls back with each later fact, in `seq` order; the returned function ends it. */
  subscribe(listener: EventListener): () => void
  /** Facts so far; the `seq` of the last one. */
  readonly count: number
  /** Facts that were handed in after {@link close}: stamped and told to `onError`, but not written. */
  readonly afterEnd: number
  /** Ends the log and resolves when all facts are on disk. Safe to call twice. */
  close(): Promise<void>
}

export interface EventLogOptions {
  readonly clock: Clock
  /** `clock.nowMs()` at the start of the run: the origin of all RunMs. */
  readonly startedAtMs: number
  readonly writer: EventWriter
  /** A listener threw, or a fact came after the end. Facts are never lost quietly. */
  readonly onError?: (error: unknown) => void
}

/**
 * The one place where facts get their `seq` and `atMs`. `atMs` is the moment of receipt on our monotonic clock and
 * never goes back; a fact that knows better carries its own times. A listener that hands in a fact of its own does
 * not change the order in which the others see them. Secrets in the query of a failed request's path are hidden.
 */
export const createEventLog = (options: EventLogOptions): EventLog => {
  const { clock, startedAtMs, writer } = options
  const onError = options.onError ?? (() => {})
  const listeners = new Set<EventListener>()
  const pending: RunEvent[] = []
  let seq = 0
  let lastAtMs = 0
  let afterEnd = 0
  let telling = false
  let closed: Promise<void> | null = null

  const tell = (): void => {
    if (telling) return
    telling = true
    for (let event = pending.shift(); event !== undefined; event = pending.shift()) {
      for (const listener of [...listeners]) {
        try {
          listener(event)
        } catch (error) {
          onError(error)
        }
      }
    }
    telling = false
  }

  const sink: EventSink = (draft: EventDraft): RunEvent => {
    lastAtMs = Math.max(lastAtMs, roundMs(clock.nowMs() - startedAtMs))
    seq += 1
    const event: RunEvent = { seq, atMs: runMs(lastAtMs), ...withoutSecrets(draft) }
    if (closed !== null) {
      afterEnd += 1
      onError(new HarnessError('INTERNAL', `fact ${event.type} came after the end of the event log`))
      return event
    }
    writer.append(event)
    pending.push(event)
    tell()
    return event
  }

  return {
    sink,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    get count() {
      return seq
    },
    get afterEnd() {
      return afterEnd
    },
    close: () => {
      closed ??= writer.close()
      return closed
    },
  }
}

/** Whole µs: more digits are noise, and cost bytes in each line. */
const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000

/** What the cluster or the wire has told may hold what was told to them: URLs, headers, tokens in the text of an Event. */
const withoutSecrets = (draft: EventDraft): EventDraft => {
  const clean = redactData(draft)
  return clean.type === 'request.failed' ? { ...clean, path: redactPath(clean.path) } : clean
}
