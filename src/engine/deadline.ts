import type { TimerWheel } from '../kernel/timer-wheel.ts'

/** What a deadline is measured by. */
export interface DeadlineParts {
  readonly wheel: TimerWheel
  /** µs since the run started. */
  readonly nowUs: () => number
  /** How long this thread's loop stood still since `sinceUs` (µs since the run started), in ms. */
  readonly stalledMsSince: (sinceUs: number) => number
}

/**
 * The deadline of the one request that a lane has in flight. The lane keeps one entry in the timer wheel and moves it
 * on only when it comes due, so that a request costs no timer. The wheel lets the loop read its sockets once more
 * before it calls.
 *
 * Where our own loop stood still meanwhile, we could not write or read: the peer gets that time once more, before
 * anybody is blamed.
 */
export class Deadline {
  private readonly parts: DeadlineParts
  private readonly onExpired: () => void
  private running: boolean = false
  private extended: boolean = false
  private startUs = 0
  private timeoutMs = 0
  private dueUs = 0
  private armedUntilUs = 0
  private timer = 0

  constructor(parts: DeadlineParts, onExpired: () => void) {
    this.parts = parts
    this.onExpired = onExpired
  }

  start(nowUs: number, timeoutMs: number): void {
    this.running = true
    this.extended = false
    this.startUs = nowUs
    this.timeoutMs = timeoutMs
    this.dueUs = nowUs + timeoutMs * 1000
    if (this.timer === 0 || this.dueUs < this.armedUntilUs) this.arm(nowUs)
  }

  /** The request has ended. */
  stop(): void {
    this.running = false
  }

  /** Forgets the entry in the wheel. */
  close(): void {
    this.parts.wheel.cancel(this.timer)
    this.timer = 0
  }

  private arm(nowUs: number): void {
    this.parts.wheel.cancel(this.timer)
    this.armedUntilUs = this.dueUs
    this.timer = this.parts.wheel.set((this.dueUs - nowUs) / 1000, this.onDue)
  }

  private readonly onDue = (): void => {
    this.timer = 0
    if (!this.running) return
    const nowUs = this.parts.nowUs()
    if (nowUs < this.dueUs) {
      this.arm(nowUs)
      return
    }
    const stalledMs = this.extended ? 0 : this.parts.stalledMsSince(this.startUs)
    if (stalledMs === 0) {
      this.onExpired()
      return
    }
    this.extended = true
    this.dueUs = nowUs + Math.min(stalledMs, this.timeoutMs) * 1000
    this.arm(nowUs)
  }
}
