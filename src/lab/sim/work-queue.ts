import type { Clock } from '../../kernel/clock.ts'

/** Keys to look at again; a key that is waiting already is not added twice. */
export interface WorkQueue {
  /** Soon: after the queue's delay. */
  add(key: string): void
  /** `delayMs` from now, unless an earlier appointment of the key stands: the sync then will make the next one. */
  addAfter(key: string, delayMs: number): void
  stop(): void
}

/** Calls `sync` for each key, `delayMs` after it was added first, one after the other. */
export const createWorkQueue = (clock: Clock, delayMs: number, sync: (key: string) => void): WorkQueue => {
  const waiting = new Set<string>()
  const cancels = new Set<() => void>()
  let stopped = false

  const appointments = new Map<string, { readonly dueAtMs: number; readonly cancel: () => void }>()

  const later = (ms: number, callback: () => void): (() => void) => {
    if (stopped) return () => {}
    const cancel = clock.after(ms, () => {
      cancels.delete(cancel)
      callback()
    })
    cancels.add(cancel)
    return () => {
      cancels.delete(cancel)
      cancel()
    }
  }

  const add = (key: string): void => {
    if (waiting.has(key)) return
    waiting.add(key)
    later(delayMs, () => {
      waiting.delete(key)
      sync(key)
    })
  }

  return {
    add,
    addAfter: (key, ms) => {
      const dueAtMs = clock.nowMs() + ms
      const standing = appointments.get(key)
      if (standing !== undefined && standing.dueAtMs <= dueAtMs) return
      standing?.cancel()
      const cancel = later(ms, () => {
        appointments.delete(key)
        add(key)
      })
      appointments.set(key, { dueAtMs, cancel })
    },
    stop: () => {
      stopped = true
      for (const cancel of cancels) cancel()
      cancels.clear()
    },
  }
}
