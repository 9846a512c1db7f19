import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { monotonicUs, onNextPoll, systemClock } from '../../../src/kernel/clock.ts'

test('monotonic time has one origin in all threads of a machine', async () => {
  const before = monotonicUs()
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
     const [seconds, nanos] = process.hrtime()
     parentPort.postMessage(seconds * 1e6 + nanos / 1e3)`,
    { eval: true },
  )
  const there = await new Promise<number>((resolve) => worker.once('message', resolve))
  expect(there).toBeGreaterThan(before)
  expect(there).toBeLessThan(monotonicUs())
  await worker.terminate()
})

test('nowMs is monotonic with a fraction, epochMs is Unix time', () => {
  const first = systemClock.nowMs()
  expect(systemClock.nowMs()).toBeGreaterThanOrEqual(first)
  expect(Math.abs(systemClock.nowMs() - monotonicUs() / 1000)).toBeLessThan(1000)
  expect(new Date(systemClock.epochMs()).getUTCFullYear()).toBeGreaterThanOrEqual(2025)
})

test('sleep ends after its time, and rejects with the reason of the signal', async () => {
  const startMs = systemClock.nowMs()
  await systemClock.sleepMs(5)
  expect(systemClock.nowMs() - startMs).toBeGreaterThanOrEqual(4)
  const reason = new Error('stopped')
  const controller = new AbortController()
  const asleep = systemClock.sleepMs(60_000, controller.signal)
  controller.abort(reason)
  await expect(asleep).rejects.toBe(reason)
  await expect(systemClock.sleepMs(60_000, controller.signal)).rejects.toBe(reason)
})

test('after and every call back until they are cancelled', async () => {
  let calls = 0
  const ticked = new Promise<void>((resolve) => {
    const stop = systemClock.every(1, () => {
      calls += 1
      if (calls < 3) return
      stop()
      resolve()
    })
  })
  const cancel = systemClock.after(0, () => {
    calls += 100
  })
  cancel()
  // The timers above do not keep a process alive; this one does.
  await Promise.all([ticked, systemClock.sleepMs(20)])
  expect(calls).toBe(3)
})

test('onNextPoll calls back after everything that was already due', async () => {
  const order: string[] = []
  const polled = new Promise<void>((resolve) => {
    onNextPoll(() => {
      order.push('polled')
      resolve()
    })
  })
  setImmediate(() => order.push('immediate'))
  await polled
  expect(order).toEqual(['immediate', 'polled'])
})
