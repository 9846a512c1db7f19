import { PassThrough, Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { startProgress } from '../../../src/cli/progress.ts'
import {
  type PodProgress,
  type ProgressState,
  renderProgress,
  renderProgressLine,
  sparkline,
} from '../../../src/cli/progress-view.ts'
import type { Clock } from '../../../src/kernel/clock.ts'
import { textWidth } from '../../../src/report/text-layout.ts'

const pods = (revision: number, states: readonly PodProgress['state'][]): PodProgress[] =>
  states.map((state, i) => ({ name: `web-${revision}-${i}`, revision, state }))

const state: ProgressState = {
  name: 'spring-300',
  phase: 'rollout',
  rollout: 2,
  rollouts: 5,
  elapsedMs: 72_400,
  expectedMs: 305_000,
  started: 19_402,
  ok: 19_380,
  failed: 14,
  failedByKind: { 'connect-refused': 11, reset: 3, closed: 0 },
  inFlight: 8,
  endedPerSec: [260, 271, 268, 0, 266],
  failedPerSec: [0, 0, 3, 9, 2],
  p50Us: 1840,
  p99Us: 29_400,
  pods: [
    ...pods(2, ['ready', 'ready', 'terminating', 'exited']),
    ...pods(3, ['ready', 'not-ready', 'pending']),
  ],
  notice: 'stall of 212 ms in engine-0',
}

/** A clock whose timers fire only when told. */
const manualClock = (): Clock & { fire(): void; readonly everyMs: number[] } => {
  const callbacks = new Set<() => void>()
  const everyMs: number[] = []
  return {
    nowMs: () => 0,
    epochMs: () => 0,
    sleepMs: () => Promise.resolve(),
    after: () => () => {},
    every: (intervalMs, callback) => {
      everyMs.push(intervalMs)
      callbacks.add(callback)
      return () => callbacks.delete(callback)
    },
    everyMs,
    fire: () => {
      for (const callback of callbacks) callback()
    },
  }
}

const collect = (): { stream: PassThrough; text(): string } => {
  const stream = new PassThrough()
  const chunks: string[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
  return { stream, text: () => chunks.join('') }
}

test('the block tells phase, clock, load, failures by kind, latency and pods by state', () => {
  const lines = renderProgress(state, { width: 80, color: false }).split('\n')
  expect(lines[0]).toBe('spring-300 · rollout 2 of 5 · 1:12 of 5:05')
  const text = lines.join('\n')
  expect(text).toContain('19,402 sent, 19,380 ok')
  expect(text).toContain('14  11 connect-refused, 3 reset')
  expect(text).not.toContain('closed')
  expect(text).toContain('p50 1.8 ms, p99 29.4 ms')
  expect(text).toContain('rev 2    ●●◍○  2 ready, 1 terminating, 1 exited')
  expect(text).toContain('rev 3    ●◌·  1 ready, 1 not-ready, 1 pending')
  expect(text).toContain('! stall of 212 ms in engine-0')
})

test('no line is wider than the terminal, with many pods and long names too', () => {
  const crowded = {
    ...state,
    name: '\u001b[2J世界'.repeat(30),
    pods: pods(
      3,
      Array.from({ length: 400 }, () => 'ready' as const),
    ),
    notice: 'x'.repeat(400),
  }
  for (const width of [40, 60, 80, 200])
    for (const one of [state, crowded]) {
      const lines = renderProgress(one, { width, color: false }).split('\n')
      expect(lines.filter((line) => textWidth(line) > width)).toEqual([])
      expect(lines.length).toBeLessThanOrEqual(10)
    }
  const painted = renderProgress(crowded, { width: 80, color: true })
  expect(stripVTControlCharacters(painted)).toBe(renderProgress(crowded, { width: 80, color: false }))
})

test('the plain line says the same on one line', () => {
  expect(renderProgressLine(state)).toBe(
    '1:12 of 5:05 rollout 2 of 5 | 266/s | 19,380 ok, 14 failed (11 connect-refused, 3 reset) | p50 1.8 ms, p99 29.4 ms | pods: 3 ready, 1 not-ready, 1 pending, 1 terminating, 1 exited | stall of 212 ms in engine-0',
  )
  expect(
    renderProgressLine({ ...state, phase: '::error::x\n', rollout: null, pods: [], notice: null }),
  ).not.toMatch(/::error|\n/)
})

test('a sparkline is as wide as asked, and a zero is a blank', () => {
  expect(sparkline([0, 1, 4, 8], 6)).toBe('   ▁▄█')
  expect(sparkline([1, 2, 3, 4], 2)).toBe('▆█')
})

test('without a terminal there is a line every 10 s, and one at the end', () => {
  const clock = manualClock()
  const { stream, text } = collect()
  const progress = startProgress({
    stream,
    live: false,
    width: () => 80,
    color: false,
    clock,
    read: () => state,
  })
  expect(clock.everyMs).toEqual([10_000])
  expect(text()).toBe('')
  clock.fire()
  clock.fire()
  progress.note('rollout 2 complete')
  progress.stop()
  progress.stop()
  clock.fire()
  const lines = text().trimEnd().split('\n')
  expect(lines).toEqual([
    renderProgressLine(state),
    renderProgressLine(state),
    'rollout 2 complete',
    'spring-300: 19,402 requests sent in 1m 12s, 14 failed',
  ])
})

test('on a terminal the block is redrawn in place four times a second', () => {
  const clock = manualClock()
  const { stream, text } = collect()
  const progress = startProgress({
    stream,
    live: true,
    width: () => 80,
    color: false,
    clock,
    read: () => state,
  })
  expect(clock.everyMs).toEqual([250])
  clock.fire()
  progress.stop()
  expect(stripVTControlCharacters(text())).toContain('rollout 2 of 5')
  expect(text()).toContain('\u001b[')
  expect(stripVTControlCharacters(text()).trimEnd().endsWith('14 failed')).toBe(true)
})

test('a stream that fails is left alone', async () => {
  const clock = manualClock()
  let writes = 0
  const stream = new Writable({
    write: (_chunk, _encoding, done) => {
      writes++
      done(new Error('EPIPE'))
    },
  })
  const closed = new Promise((resolve) => stream.once('close', resolve))
  const progress = startProgress({
    stream,
    live: false,
    width: () => 80,
    color: false,
    clock,
    read: () => state,
  })
  clock.fire()
  await closed
  clock.fire()
  progress.note('more')
  progress.stop()
  expect(writes).toBe(1)
})
