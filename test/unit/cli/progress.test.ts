import { PassThrough, Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { startProgress } from '../../../src/cli/progress.ts'
import { renderProgressLine } from '../../../src/cli/progress-line.ts'
import type { PodProgress, PodState, ProgressState } from '../../../src/cli/progress-state.ts'
import { renderProgress } from '../../../src/cli/progress-view.ts'
import type { Clock } from '../../../src/kernel/clock.ts'
import { textWidth } from '../../../src/report/text-layout.ts'

const pods = (revision: number, states: readonly PodState[]): PodProgress[] =>
  states.map((state, i) => ({
    name: `web-${revision}-${i}`,
    revision,
    steps: [{ state, atMs: 68_000 }],
    failedSeconds: new Set(state === 'exited' ? [69] : []),
    failed: state === 'exited' ? 14 : 0,
  }))

const state: ProgressState = {
  name: 'spring-300',
  phases: [
    { phase: 'baseline', rollout: null, atMs: 200 },
    { phase: 'rollout', rollout: 2, atMs: 66_100 },
  ],
  rollouts: 5,
  rolloutsComplete: 1,
  rolling: { wanted: 4, updated: 2, available: 3, old: 2 },
  elapsedMs: 72_400,
  expectedMs: 305_000,
  started: 19_402,
  ok: 19_380,
  failed: 14,
  failedByKind: { 'connect-refused': 11, reset: 3, closed: 0 },
  inFlight: 8,
  seconds: [
    { second: 68, ended: 271, failed: 0, p99Us: 8000 },
    { second: 69, ended: 0, failed: 0, p99Us: null },
    { second: 70, ended: 268, failed: 9, p99Us: 8000 },
    { second: 71, ended: 266, failed: 2, p99Us: 29_400 },
  ],
  p50Us: 1840,
  p99Us: 29_400,
  pods: [
    ...pods(2, ['ready', 'ready', 'terminating', 'exited']),
    ...pods(3, ['ready', 'not-ready', 'pending']),
  ],
  failures: [
    {
      kind: 'connect-refused',
      pod: 'web-2-3',
      count: 11,
      atMs: 71_900,
      request: 'GET /',
      message: 'connect ECONNREFUSED 127.41.0.7:8080',
    },
    {
      kind: 'reset',
      pod: null,
      count: 1,
      atMs: 72_100,
      request: 'POST /orders',
      message: 'read ECONNRESET',
    },
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

const SIZE = { width: 100, height: 30, color: false }

test('the block tells phase, clock, rollouts, load, a lane for each pod and the latest failures', () => {
  const lines = renderProgress(state, SIZE).split('\n')
  expect(lines[0]).toBe('spring-300 · rollout 2 of 5 for 6 s · 1:12 of 5:05')
  expect(lines[1]).toBe('rollouts ■▣□□□ 1 of 5 complete; now 2 of 4 pods new, 3 available, 2 old')
  expect(lines[2]).toBe('19,402 sent, 19,380 ok, 14 failed: 11 connect-refused, 3 reset')
  const row = (label: string): string => lines.find((line) => line.startsWith(label)) ?? ''
  expect(row('phase')).toMatch(/ baseline +│rollou$/)
  expect(row('ended/s')).toMatch(/█ ██ {2}266\/s, 8 in flight$/)
  expect(row('failed/s')).toMatch(/ █▂ {2}2\/s$/)
  expect(row('p99')).toMatch(/p50 1\.8 ms, p99 29\.4 ms$/)
  expect(row('web-2-0')).toMatch(/━{5} ready$/)
  expect(row('web-2-2')).toMatch(/▒{5} terminating 4 s$/)
  expect(row('web-2-3')).toMatch(/×!××× exited 4 s, 14 failed$/)
  expect(row('web-3-1')).toMatch(/┄{5} starting 4 s$/)
  expect(row('web-3-2')).toMatch(/·{5} pending 4 s$/)
  expect(row('1:11.9')).toBe(
    '1:11.9  connect-refused ×11  web-2-3  GET /  connect ECONNREFUSED 127.41.0.7:8080',
  )
  expect(row('1:12.1')).toBe('1:12.1  reset  no pod known  POST /orders  read ECONNRESET')
  expect(lines.at(-1)).toBe('! stall of 212 ms in engine-0')
})

test('no line is wider and no block higher than the terminal, with many pods and long names too', () => {
  const crowded = {
    ...state,
    name: '\u001b[2J世界'.repeat(30),
    pods: [
      ...pods(
        3,
        Array.from({ length: 400 }, () => 'ready' as const),
      ),
      ...pods(4, ['terminating', 'not-ready']),
    ].map((pod) => ({ ...pod, name: `\u202e世界-${pod.name}-${'x'.repeat(80)}` })),
    failures: [...state.failures, ...state.failures, ...state.failures],
    notice: 'x'.repeat(400),
  }
  for (const width of [40, 60, 80, 200])
    for (const height of [16, 24, 60])
      for (const one of [state, crowded]) {
        const lines = renderProgress(one, { width, height, color: false }).split('\n')
        expect(lines.filter((line) => textWidth(line) > width)).toEqual([])
        expect(lines.length).toBeLessThan(height)
      }
  const painted = renderProgress(crowded, { ...SIZE, color: true })
  expect(stripVTControlCharacters(painted)).toBe(renderProgress(crowded, SIZE))
})

test('where there is no room for every pod, those that are ready give way', () => {
  const text = renderProgress(
    { ...state, pods: [...pods(1, new Array<PodState>(90).fill('ready')), ...state.pods] },
    { ...SIZE, height: 20 },
  )
  for (const name of ['web-2-2', 'web-2-3', 'web-3-1', 'web-3-2']) expect(text).toContain(name)
  expect(text).toMatch(/and 9\d ready/)
})

test('the plain line says the same on one line', () => {
  expect(renderProgressLine(state)).toBe(
    '1:12 of 5:05 rollout 2 of 5 | 266/s | 19,380 ok, 14 failed (11 connect-refused, 3 reset) | p50 1.8 ms, p99 29.4 ms | pods: 3 ready, 1 not-ready, 1 pending, 1 terminating, 1 exited | stall of 212 ms in engine-0',
  )
  const hostile = [{ phase: '::error::x\n', rollout: null, atMs: 0 }]
  expect(renderProgressLine({ ...state, phases: hostile, pods: [], notice: null })).not.toMatch(/::error|\n/)
})

test('without a terminal there is a line every 10 s, and one at the end', () => {
  const clock = manualClock()
  const { stream, text } = collect()
  const progress = startProgress({
    stream,
    live: false,
    width: () => 80,
    height: () => 24,
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
    height: () => 24,
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

test('many runs on one stream listen to it once', () => {
  const clock = manualClock()
  const { stream } = collect()
  const output = {
    stream,
    live: false,
    width: () => 80,
    height: () => 24,
    color: false,
    clock,
    read: () => state,
  }
  for (let run = 0; run < 20; run++) startProgress(output).stop()
  expect(stream.listenerCount('error')).toBe(1)
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
    height: () => 24,
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
