import fc from 'fast-check'
import { expect, test } from 'vitest'
import { epochMs } from '../../../src/kernel/units.ts'
import {
  intersect,
  type OffsetInterval,
  offsetEstimate,
  offsetOf,
  waitForTurnMs,
} from '../../../src/watchers/clock-offset.ts'
import { T0 } from './snapshots.ts'

/** Asks a clock that is `offsetMs` ahead of ours, `sendMs` on the way there and `backMs` back. */
const ask = (nowMs: number, offsetMs: number, sendMs: number, backMs: number) =>
  offsetOf({
    sentAtMs: epochMs(Math.floor(nowMs)),
    receivedAtMs: epochMs(Math.floor(nowMs + sendMs + backMs)),
    dateMs: epochMs(Math.floor((nowMs + sendMs + offsetMs) / 1000) * 1000),
  })

test('the true offset lies in every interval, and eight well-timed answers find it to about the round trip', () => {
  const way = fc.double({ min: 0, max: 40, noNaN: true })
  const offset = fc.double({ min: -3_600_000, max: 3_600_000, noNaN: true })
  fc.assert(
    fc.property(
      offset,
      fc.array(fc.tuple(way, way), { minLength: 12, maxLength: 12 }),
      fc.nat(999),
      (offsetMs, ways, phase) => {
        let interval: OffsetInterval | null = null
        let nowMs = T0 + phase
        for (const [sendMs, backMs] of ways) {
          if (interval !== null) nowMs += waitForTurnMs(interval, nowMs)
          interval = intersect(interval, ask(nowMs, offsetMs, sendMs, backMs))
          expect(interval.lowMs).toBeLessThanOrEqual(offsetMs)
          expect(interval.highMs).toBeGreaterThanOrEqual(offsetMs)
          nowMs += sendMs + backMs
        }
        if (interval === null) throw new Error('unreachable')
        expect(offsetEstimate(interval).uncertaintyMs).toBeLessThan(90)
      },
    ),
  )
})

test('when a clock was set in between, only the newer answer counts', () => {
  const before = ask(T0, 0, 1, 1)
  const after = ask(T0 + 5000, 60_000, 1, 1)
  expect(intersect(before, after)).toEqual(after)
})
