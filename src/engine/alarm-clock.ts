import type { Clock } from '../kernel/clock.ts'

/** Something that wants to be woken at a moment. */
export interface Sleeper {
  wake(): void
}

/**
 * Wakes many sleepers, each at its own moment, with one timer and a binary heap: precise to the timer's 1 ms,
 * where a timer wheel is as coarse as its tick. Never wakes early.
 */
export interface AlarmClock {
  /** `atMs` on the clock's monotonic scale. A sleeper may be set several times. */
  wakeAt(atMs: number, sleeper: Sleeper): void
  /** Forgets all sleepers. */
  clear(): void
  readonly size: number
}

export const createAlarmClock = (clock: Clock): AlarmClock => {
  const times: number[] = []
  const sleepers: Sleeper[] = []
  let armedForMs = Number.POSITIVE_INFINITY
  let disarm: () => void = () => {}

  const swap = (a: number, b: number): void => {
    const time = times[a] ?? 0
    const sleeper = sleepers[a]
    const other = sleepers[b]
    if (sleeper === undefined || other === undefined) return
    times[a] = times[b] ?? 0
    sleepers[a] = other
    times[b] = time
    sleepers[b] = sleeper
  }
  const timeAt = (at: number): number => times[at] ?? Number.POSITIVE_INFINITY

  const push = (atMs: number, sleeper: Sleeper): void => {
    let at = times.length
    times.push(atMs)
    sleepers.push(sleeper)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (timeAt(parent) <= timeAt(at)) return
      swap(at, parent)
      at = parent
    }
  }
  const pop = (): Sleeper | undefined => {
    const last = times.length - 1
    if (last > 0) swap(0, last)
    times.pop()
    const first = sleepers.pop()
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const smaller = timeAt(left + 1) < timeAt(left) ? left + 1 : left
      if (timeAt(smaller) >= timeAt(at)) return first
      swap(at, smaller)
      at = smaller
    }
  }

  const ring = (): void => {
    armedForMs = Number.POSITIVE_INFINITY
    const nowMs = clock.nowMs()
    while (timeAt(0) <= nowMs) pop()?.wake()
    arm()
  }
  const arm = (): void => {
    const firstMs = timeAt(0)
    if (firstMs >= armedForMs || firstMs === Number.POSITIVE_INFINITY) return
    disarm()
    armedForMs = firstMs
    disarm = clock.after(Math.max(0, Math.ceil(firstMs - clock.nowMs())), ring)
  }

  return {
    wakeAt: (atMs, sleeper) => {
      push(atMs, sleeper)
      arm()
    },
    clear: () => {
      disarm()
      armedForMs = Number.POSITIVE_INFINITY
      times.length = 0
      sleepers.length = 0
    },
    get size() {
      return times.length
    },
  }
}
