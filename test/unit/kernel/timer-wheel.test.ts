import { expect, test } from 'vitest'
import { systemClock } from '../../../src/kernel/clock.ts'
import { createTimerWheel } from '../../../src/kernel/timer-wheel.ts'
import { createManualClock, settled } from '../../support/manual-clock.ts'

test('deadlines fire once, in order of time, at most a tick late', async () => {
  const clock = createManualClock()
  const wheel = createTimerWheel(clock)
  const fired: [string, number][] = []
  const at = (name: string, delayMs: number) => wheel.set(delayMs, () => fired.push([name, clock.nowMs()]))
  at('late', 40)
  at('soon', 12)
  at('now', 0)
  expect(wheel.size).toBe(3)
  await clock.advance(100)
  expect(fired.map(([name]) => name)).toEqual(['now', 'soon', 'late'])
  const due: Record<string, number> = { now: 0, soon: 12, late: 40 }
  for (const [name, firedAtMs] of fired) {
    expect(firedAtMs).toBeGreaterThanOrEqual(due[name] ?? 0)
    expect(firedAtMs - (due[name] ?? 0)).toBeLessThanOrEqual(10)
  }
  expect(wheel.size).toBe(0)
  wheel.close()
})

test('a deadline that was cancelled never fires, also between its tick and its call', async () => {
  const clock = createManualClock()
  const wheel = createTimerWheel(clock)
  const fired: string[] = []
  const first = wheel.set(10, () => {
    fired.push('first')
    wheel.cancel(second)
  })
  const second = wheel.set(10, () => fired.push('second'))
  const third = wheel.set(20, () => fired.push('third'))
  wheel.cancel(third)
  wheel.cancel(third)
  wheel.cancel(0)
  await clock.advance(50)
  expect(fired).toEqual(['first'])
  expect(wheel.size).toBe(0)
  wheel.cancel(first)
  wheel.close()
})

test('many deadlines of different times all fire, none early', async () => {
  const clock = createManualClock()
  const wheel = createTimerWheel(clock)
  const early: number[] = []
  let count = 0
  for (let i = 0; i < 500; i++) {
    const delayMs = (i * 7919) % 1000
    const dueAtMs = clock.nowMs() + delayMs
    wheel.set(delayMs, () => {
      count += 1
      if (clock.nowMs() < dueAtMs) early.push(delayMs)
    })
  }
  await clock.advance(1100)
  expect({ count, early }).toEqual({ count: 500, early: [] })
  wheel.close()
})

test('nothing fires after close', async () => {
  const clock = createManualClock()
  const wheel = createTimerWheel(clock)
  let fired = 0
  wheel.set(5, () => {
    fired += 1
  })
  wheel.close()
  await clock.advance(50)
  expect([fired, wheel.size]).toEqual([0, 0])
})

test('after a stall of the loop, an answer that had arrived wins over its deadline', async () => {
  const wheel = createTimerWheel(systemClock)
  const order: string[] = []
  const { createServer, connect } = await import('node:net')
  const server = createServer((socket) => socket.on('error', () => {}).end('answer'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const done = new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      const deadline = wheel.set(30, () => {
        order.push('deadline')
        resolve()
      })
      socket.on('data', () => {
        order.push('answer')
        wheel.cancel(deadline)
        resolve()
      })
      // The server answers in this same loop: let it write, then hold the loop past the deadline.
      setImmediate(() => {
        const untilMs = systemClock.nowMs() + 60
        while (systemClock.nowMs() < untilMs) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
      })
    })
  })
  await done
  await settled()
  expect(order).toEqual(['answer'])
  wheel.close()
  server.close()
})
