import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAlarmClock } from '../../../src/engine/alarm-clock.ts'
import { answeredBy } from '../../../src/engine/answered-by.ts'
import { createBodyCheck } from '../../../src/engine/body-check.ts'
import { addCounts, createBooks } from '../../../src/engine/books.ts'
import { defaultWorkers, plannedPerSec } from '../../../src/engine/engine-config.ts'
import { BUCKETS, bucketMiddleUs, bucketOf, percentileUs } from '../../../src/engine/latency-buckets.ts'
import { watchLoop } from '../../../src/engine/loop-watch.ts'
import { arrivalMs, firstStartMs, nextSlotMs, shareOf } from '../../../src/engine/schedule.ts'
import { joinPath, prepareTemplate, weightedPicker } from '../../../src/engine/template.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import { booksBalance, closedLoad, engineConfig, getRequest, openLoad } from '../../support/engine-runs.ts'
import { createManualClock } from '../../support/manual-clock.ts'

describe('the schedule', () => {
  test('arrivals of a constant rate are 1/rate apart, and a ramp sends half of it', () => {
    expect([0, 1, 50].map((k) => arrivalMs(k, 50, 0))).toEqual([0, 20, 1000])
    expect(arrivalMs(50, 50, 2_000)).toBe(2_000)
    expect(arrivalMs(100, 50, 2_000)).toBe(3_000)
  })

  test('arrivals never go back in time', () => {
    const rates = fc.double({ min: 0.1, max: 50_000, noNaN: true })
    fc.assert(
      fc.property(rates, fc.nat(60_000), fc.nat(1e6), (rate, rampMs, k) => {
        expect(arrivalMs(k + 1, rate, rampMs)).toBeGreaterThan(arrivalMs(k, rate, rampMs))
      }),
    )
  })

  test('users spread over the ramp-up, else over the first pace', () => {
    expect([0, 1, 2, 3].map((i) => firstStartMs(i, 4, 0, 1_000))).toEqual([0, 250, 500, 750])
    expect([0, 1, 2, 3].map((i) => firstStartMs(i, 4, 8_000, 1_000))).toEqual([0, 2_000, 4_000, 6_000])
  })

  test('the next slot is the first point of the grid after now', () => {
    fc.assert(
      fc.property(
        fc.nat(1_000),
        fc.integer({ min: 1, max: 5_000 }),
        fc.nat(100_000),
        (first, pace, since) => {
          const slot = nextSlotMs(first, pace, first + since)
          expect(slot).toBeGreaterThan(first + since)
          expect(slot - pace).toBeLessThanOrEqual(first + since)
          expect((slot - first) % pace).toBe(0)
        },
      ),
    )
  })

  test('shares add up to the whole', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 8 }), (total, parts) => {
        const shares = Array.from({ length: parts }, (_, i) => shareOf(total, i, parts))
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total)
      }),
    )
  })

  test('one thread below 5,000 requests/s, else cores − 1, at most 4, and never more than users', () => {
    expect(plannedPerSec(closedLoad({ vus: 300, paceMs: 1_000 }))).toBe(300)
    expect(defaultWorkers(closedLoad({ vus: 300, paceMs: 1_000 }), 16)).toBe(1)
    expect(defaultWorkers(openLoad({ ratePerSec: 20_000 }), 16)).toBe(4)
    expect(defaultWorkers(closedLoad({ vus: 300 }), 2)).toBe(1)
    expect(defaultWorkers(closedLoad({ vus: 2 }), 16)).toBe(2)
  })
})

test('the alarm clock wakes each sleeper once, in order of time, and none too early', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(500), { maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      async (times, step) => {
        const clock = createManualClock()
        const alarm = createAlarmClock(clock)
        const woken: number[] = []
        for (const atMs of times) {
          alarm.wakeAt(atMs, {
            wake: () => {
              expect(clock.nowMs()).toBeGreaterThanOrEqual(atMs)
              woken.push(atMs)
            },
          })
        }
        for (let passed = 0; passed <= 550; passed += step) await clock.advance(step)
        expect(woken).toEqual(times.toSorted((a, b) => a - b))
        expect(alarm.size).toBe(0)
      },
    ),
  )
})

test('a sleeper may sleep again while it is woken, and clear() forgets all', async () => {
  const clock = createManualClock()
  const alarm = createAlarmClock(clock)
  const at: number[] = []
  const sleeper = {
    wake: () => {
      at.push(clock.nowMs())
      alarm.wakeAt(clock.nowMs() + 10, sleeper)
    },
  }
  alarm.wakeAt(5, sleeper)
  await clock.advance(30)
  expect(at).toEqual([5, 15, 25])
  alarm.clear()
  await clock.advance(100)
  expect(at).toHaveLength(3)
})

test('a loop that stands still is told once, with the moment it was last seen alive', async () => {
  const manual = createManualClock()
  let tick: () => void = () => {}
  const clock = {
    ...manual,
    every: (_ms: number, callback: () => void) => {
      tick = callback
      return () => {}
    },
  }
  const stalls: unknown[] = []
  watchLoop(clock, 100, (stall) => stalls.push(stall), 10)
  for (const ms of [10, 10, 60, 10, 750, 10]) {
    await manual.advance(ms)
    tick()
  }
  expect(stalls).toEqual([{ startedAtMs: 90, durationMs: 750 }])
})

test('a bucket holds a latency to within 2 %, and percentiles come from the counts', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000_000 }), (us) => {
      const bucket = bucketOf(us)
      expect(bucket).toBeLessThan(BUCKETS)
      expect(Math.abs(bucketMiddleUs(bucket) - us)).toBeLessThanOrEqual(Math.max(1, us * 0.02))
    }),
  )
  const counts = new Uint32Array(BUCKETS)
  expect(percentileUs(counts, 0.5)).toBeNull()
  for (let us = 1; us <= 1000; us++) counts[bucketOf(us)] = (counts[bucketOf(us)] ?? 0) + 1
  expect(percentileUs(counts, 0.5)).toBeCloseTo(500, -2)
  expect(percentileUs(counts, 0.99)).toBeCloseTo(990, -2)
})

test('a body check finds its text and its hash however the body is cut into chunks', () => {
  const parts = fc.array(fc.string({ maxLength: 5 }), { maxLength: 12 })
  fc.assert(
    fc.property(parts, fc.string({ minLength: 1, maxLength: 4 }), (chunks, wanted) => {
      const whole = Buffer.from(chunks.join(''))
      const needle = Buffer.from(wanted)
      const sha256 = createHash('sha256').update(whole).digest('hex')
      const contains = createBodyCheck(needle, null)
      const equals = createBodyCheck(null, sha256)
      for (const chunk of chunks) {
        contains.feed(Buffer.from(chunk))
        equals.feed(Buffer.from(chunk))
      }
      expect(contains.verdict() === null).toBe(whole.includes(needle))
      expect(equals.verdict()).toBeNull()
    }),
  )
  const other = createBodyCheck(null, createHash('sha256').update('a').digest('hex'))
  other.feed(Buffer.from('b'))
  expect(other.verdict()).toMatch(/SHA-256/)
})

test('who answered is told by the identity header first, then by Server and Via', () => {
  expect(answeredBy({ 'x-pod': 'web-1', server: 'nginx' }, 'x-pod')).toBe('app')
  expect(answeredBy({ server: 'nginx/1.29' }, 'x-pod')).toBe('proxy')
  expect(answeredBy({ server: 'envoy' }, 'x-pod')).toBe('proxy')
  expect(answeredBy({ server: 'rollproof-ingress' }, 'x-pod')).toBe('proxy')
  expect(answeredBy({ via: '1.1 cache-7' }, 'x-pod')).toBe('proxy')
  expect(answeredBy({ server: 'awselb/2.0' }, 'x-pod')).toBe('load-balancer')
  expect(answeredBy({ via: '1.1 google' }, 'x-pod')).toBe('load-balancer')
  expect(answeredBy({ server: 'Jetty' }, 'x-pod')).toBeNull()
})

test('the target may have a path, a query and a user', () => {
  expect(joinPath(new URL('http://h/'), '/')).toBe('/')
  expect(joinPath(new URL('http://h/api/'), '/x?y=1')).toBe('/api/x?y=1')
  expect(joinPath(new URL('http://h/health?full=1'), '/')).toBe('/health?full=1')
  const { target } = engineConfig('http://me:se%3Acret@h/')
  const { headers } = prepareTemplate(getRequest(), target, 1_000)
  expect(headers).toEqual(['authorization', `Basic ${Buffer.from('me:se:cret').toString('base64')}`])
})

test('templates are picked in proportion to their weights, the same for the same seed', () => {
  const { target } = engineConfig('http://h/')
  const templates = ['a', 'b', 'c'].map((name) => prepareTemplate(getRequest({ name }), target, 1_000))
  const pick = weightedPicker(templates, [9, 1, 0])
  const draw = () => {
    const random = seededRandom(3)
    return Array.from({ length: 2_000 }, () => pick(random).name)
  }
  const names = draw()
  expect(names.filter((name) => name === 'a').length / 2_000).toBeCloseTo(0.9, 1)
  expect(names).not.toContain('c')
  expect(draw()).toEqual(names)
})

test('the books balance after any mix of starts, drops and ends', () => {
  const steps = fc.array(fc.constantFrom('start', 'late', 'drop', 'ok', 'failed', 'cut'), { maxLength: 200 })
  fc.assert(
    fc.property(steps, (all) => {
      const books = createBooks()
      let windows = addCounts([])
      for (const step of all) {
        if (step === 'start' || step === 'late') books.started(step === 'late')
        else if (step === 'drop') books.dropped()
        else if (books.inFlight > 0) books.ended(step as 'ok', step === 'failed' ? 'reset' : null, 100)
        if (step === 'drop') windows = addCounts([windows, books.takeWindow()])
      }
      while (books.inFlight > 0) books.ended('cut', null, 1)
      expect(booksBalance(books.counts())).toBe(true)
      expect(addCounts([windows, books.takeWindow()])).toEqual(books.counts())
    }),
  )
})
