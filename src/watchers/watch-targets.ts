import type { Clock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { EventSink } from '../model/events.ts'

/** At most one question a second, whatever the load balancer is. */
const EVERY_MS = 1000
const TIMEOUT_MS = 5000

export interface WatchTargetsOptions {
  readonly read: (
    signal: AbortSignal,
  ) => Promise<readonly { readonly target: string; readonly state: string }[]>
  readonly sink: EventSink
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Asks for the health of a load balancer's targets once a second, and tells each change as a `target.state` fact: it
 * happened within the second before, or since the last answer. A target that is no longer told of is `unused`. What cannot be
 * read is said once, and asked for again. The returned function ends it.
 */
export const watchTargets = ({ read, sink, clock, log }: WatchTargetsOptions): (() => void) => {
  const ended = new AbortController()
  let known: ReadonlyMap<string, string> = new Map()
  let busy = false
  let warned = false

  const tell = (target: string, state: string): void => {
    sink({ type: 'target.state', target, pod: null, state })
  }
  const look = async (): Promise<void> => {
    const attempt = new AbortController()
    const cancel = clock.after(TIMEOUT_MS, () => attempt.abort())
    try {
      const targets = await read(AbortSignal.any([attempt.signal, ended.signal]))
      if (ended.signal.aborted) return
      const now = new Map(targets.map(({ target, state }) => [target, state]))
      for (const [target, state] of now) if (known.get(target) !== state) tell(target, state)
      for (const [target, state] of known) if (!now.has(target) && state !== 'unused') tell(target, 'unused')
      known = now
      warned = false
    } catch (error) {
      if (ended.signal.aborted || warned) return
      warned = true
      log.warn({ error: messageOf(error) }, "the health of the load balancer's targets cannot be read")
    } finally {
      cancel()
      busy = false
    }
  }
  const start = (): void => {
    if (busy) return
    busy = true
    void look()
  }
  start()
  const stop = clock.every(EVERY_MS, start)
  return () => {
    stop()
    ended.abort()
  }
}
