import { type Clock, onNextPoll } from './clock.ts'

/** A deadline that was set; give it back to {@link TimerWheel.cancel}. 0 means none. */
export type TimerId = number

/**
 * Many deadlines on one timer. A deadline fires at most one tick (default 5 ms) late, and only after the event
 * loop has read its sockets once more: after a stall, an answer that had arrived wins over its deadline.
 */
export interface TimerWheel {
  /** Calls `onDue` once, `delayMs` from now. */
  set(delayMs: number, onDue: () => void): TimerId
  /** Forgets the deadline. Unknown or fired ids are ignored. */
  cancel(id: TimerId): void
  /** How many deadlines are open. */
  readonly size: number
  close(): void
}

interface Deadline {
  readonly dueAtMs: number
  readonly onDue: () => void
}

export const createTimerWheel = (clock: Clock, tickMs = 5): TimerWheel => {
  const slots = new Map<number, Set<TimerId>>()
  const deadlines = new Map<TimerId, Deadline>()
  let lastId = 0
  let lastSlot = Math.floor(clock.nowMs() / tickMs)

  const fire = (id: TimerId): void => {
    const deadline = deadlines.get(id)
    if (deadline === undefined) return
    deadlines.delete(id)
    deadline.onDue()
  }

  const due = (nowMs: number): TimerId[] => {
    const ids: TimerId[] = []
    const slot = Math.floor(nowMs / tickMs)
    for (let s = lastSlot; s < slot; s++) {
      for (const id of slots.get(s) ?? []) ids.push(id)
      slots.delete(s)
    }
    lastSlot = slot
    return ids
  }

  const stop = clock.every(tickMs, () => {
    const ids = due(clock.nowMs())
    if (ids.length > 0) onNextPoll(() => ids.forEach(fire))
  })

  return {
    set: (delayMs, onDue) => {
      const id = ++lastId
      const dueAtMs = clock.nowMs() + delayMs
      const slot = Math.max(lastSlot, Math.floor(dueAtMs / tickMs))
      const ids = slots.get(slot)
      if (ids === undefined) slots.set(slot, new Set([id]))
      else ids.add(id)
      deadlines.set(id, { dueAtMs, onDue })
      return id
    },
    cancel: (id) => {
      const deadline = deadlines.get(id)
      if (deadline === undefined) return
      deadlines.delete(id)
      slots.get(Math.floor(deadline.dueAtMs / tickMs))?.delete(id)
    },
    get size() {
      return deadlines.size
    },
    close: () => {
      stop()
      slots.clear()
      deadlines.clear()
    },
  }
}
