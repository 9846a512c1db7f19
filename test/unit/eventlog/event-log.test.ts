import { expect, test } from 'vitest'
import { createEventLog, type EventWriter } from '../../../src/eventlog/event-log.ts'
import type { RunEvent } from '../../../src/model/events.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { failedRequest } from './support.ts'

const memoryWriter = () => {
  const written: RunEvent[] = []
  let closes = 0
  const writer: EventWriter = {
    append: (event) => written.push(event),
    close: async () => {
      closes += 1
    },
  }
  return { written, writer, closes: () => closes }
}

test('facts get a seq from 1 without gaps and the ms since the start at which they came', async () => {
  const clock = createManualClock()
  await clock.advance(500)
  const { written, writer } = memoryWriter()
  const log = createEventLog({ clock, startedAtMs: 500, writer })
  log.sink({ type: 'rollout.requested', index: 1 })
  await clock.advance(1234.5678)
  const second = log.sink({ type: 'rollout.old-pods-gone', index: 1 })
  expect(second).toEqual({ seq: 2, atMs: 1234.568, type: 'rollout.old-pods-gone', index: 1 })
  expect(written.map(({ seq, atMs }) => [seq, atMs])).toEqual([
    [1, 0],
    [2, 1234.568],
  ])
  expect(log.count).toBe(2)
})

test('atMs never goes back, even when the clock does', () => {
  let nowMs = 100
  const clock = { ...createManualClock(), nowMs: () => nowMs }
  const log = createEventLog({ clock, startedAtMs: 0, writer: memoryWriter().writer })
  log.sink({ type: 'rollout.requested', index: 1 })
  nowMs = 90
  expect(log.sink({ type: 'rollout.requested', index: 2 }).atMs).toBe(100)
})

test('a listener that hands in a fact does not change the order for the others', () => {
  const log = createEventLog({ clock: createManualClock(), startedAtMs: 0, writer: memoryWriter().writer })
  const seen: number[] = []
  log.subscribe((event) => {
    if (event.type === 'rollout.requested') log.sink({ type: 'rollout.old-pods-gone', index: event.index })
  })
  log.subscribe((event) => seen.push(event.seq))
  log.sink({ type: 'rollout.requested', index: 1 })
  log.sink({ type: 'rollout.requested', index: 2 })
  expect(seen).toEqual([1, 2, 3, 4])
})

test('a listener that throws loses nothing: the others hear the fact, and the error is told', () => {
  const errors: unknown[] = []
  const { written, writer } = memoryWriter()
  const log = createEventLog({
    clock: createManualClock(),
    startedAtMs: 0,
    writer,
    onError: (error) => errors.push(error),
  })
  const seen: number[] = []
  const problem = new Error('a guard is broken')
  log.subscribe(() => {
    throw problem
  })
  const leave = log.subscribe((event) => seen.push(event.seq))
  log.sink({ type: 'rollout.requested', index: 1 })
  leave()
  log.sink({ type: 'rollout.requested', index: 2 })
  expect(seen).toEqual([1])
  expect(written).toHaveLength(2)
  expect(errors).toEqual([problem, problem])
})

test('a fact after the end is not written, but told and counted', async () => {
  const errors: unknown[] = []
  const { written, writer, closes } = memoryWriter()
  const log = createEventLog({
    clock: createManualClock(),
    startedAtMs: 0,
    writer,
    onError: (error) => errors.push(error),
  })
  await Promise.all([log.close(), log.close()])
  log.sink({ type: 'rollout.requested', index: 1 })
  expect({ closes: closes(), written: written.length, afterEnd: log.afterEnd }).toEqual({
    closes: 1,
    written: 0,
    afterEnd: 1,
  })
  expect(String(errors[0])).toContain('rollout.requested came after the end')
})

test('secrets in the query of a failed request are not written', () => {
  const { written, writer } = memoryWriter()
  const log = createEventLog({ clock: createManualClock(), startedAtMs: 0, writer })
  log.sink(failedRequest('/cart?token=CANARY&page=2'))
  expect(written[0]).toMatchObject({ path: '/cart?token=[redacted]&page=2' })
  expect(JSON.stringify(written)).not.toContain('CANARY')
})
