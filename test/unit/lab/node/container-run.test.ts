import { expect, test } from 'vitest'
import type { ProcessOptions, RunningProcess } from '../../../../src/lab/node/container-process.ts'
import { type ContainerRun, startContainerRun } from '../../../../src/lab/node/container-run.ts'
import type { ContainerSpec, Handler } from '../../../../src/lab/node/pod-spec.ts'
import { createManualClock } from '../../../support/manual-clock.ts'

/** A process that ends `endsAfterTermMs` after SIGTERM, or never by itself. */
const setUp = (
  preStop: Handler | null,
  endsAfterTermMs: number | null,
  exec: () => Promise<number | string> = async () => 0,
) => {
  const clock = createManualClock()
  const log: string[] = []
  const note = (what: string): void => {
    log.push(`${clock.nowMs()} ${what}`)
  }
  const start = (_options: ProcessOptions): RunningProcess => {
    let end: (value: { exitCode: number; signal: number | null; error: null }) => void = () => {}
    return {
      pid: 1,
      exited: new Promise((done) => {
        end = done
      }),
      term: () => {
        note('SIGTERM')
        if (endsAfterTermMs !== null)
          clock.after(endsAfterTermMs, () => {
            note('ended')
            end({ exitCode: 0, signal: null, error: null })
          })
      },
      kill: () => {
        note('SIGKILL')
        end({ exitCode: 137, signal: 9, error: null })
      },
    }
  }
  const container: ContainerSpec = {
    name: 'web',
    image: 'i',
    command: [],
    port: 8080,
    env: {},
    readiness: null,
    liveness: null,
    startup: null,
    preStop,
  }
  const run: ContainerRun = startContainerRun({
    clock,
    container,
    start,
    env: {},
    logFile: '',
    connectionTable: null,
    gracePeriodMs: 30_000,
    podIP: '127.0.0.1',
    runCommand: exec,
    onMessage: () => {},
    onChange: () => {},
    onUnhealthy: () => {},
    onPreStopFailed: (message) => note(`preStop failed: ${message}`),
    onTermSent: () => {},
  })
  return { clock, log, run }
}
const sleep = (seconds: number): Handler => ({ kind: 'sleep', durationMs: seconds * 1000 })

test('SIGTERM comes when preStop is over, and the process may end by itself', async () => {
  const { clock, log, run } = setUp(sleep(5), 1000)
  run.end(30_000, 'deletion')
  await clock.advance(60_000)
  expect(log).toEqual(['5000 SIGTERM', '6000 ended'])
  expect(await run.exited).toMatchObject({ exitCode: 0, killedAtGrace: false, terminating: true })
})

test('a process that ignores SIGTERM is killed when the grace period is over, which includes preStop', async () => {
  const { clock, log, run } = setUp(sleep(5), null)
  run.end(12_000, 'deletion')
  await clock.advance(60_000)
  expect(log).toEqual(['5000 SIGTERM', '12000 SIGKILL'])
  expect(await run.exited).toMatchObject({ exitCode: 137, killedAtGrace: true })
})

test('a preStop longer than the grace period is cut there, and SIGTERM still gets two seconds', async () => {
  const { clock, log, run } = setUp(sleep(60), null)
  run.end(10_000, 'deletion')
  await clock.advance(60_000)
  expect(log).toEqual(['10000 SIGTERM', '12000 SIGKILL'])
})

test('a preStop that fails is told, and SIGTERM follows at once', async () => {
  const { clock, log, run } = setUp({ kind: 'exec', command: ['no-such'] }, 0, async () => 'not found')
  run.end(30_000, 'deletion')
  await clock.advance(1000)
  expect(log).toEqual(['0 preStop failed: not found', '0 SIGTERM', '0 ended'])
})

test('a shorter grace period that comes later counts', async () => {
  const { clock, log, run } = setUp(null, null)
  run.end(30_000, 'deletion')
  await clock.advance(3000)
  run.end(4000, 'deletion')
  await clock.advance(60_000)
  expect(log[0]).toBe('0 SIGTERM')
  const killedAtMs = Number(log[1]?.split(' ')[0])
  expect(killedAtMs).toBeGreaterThanOrEqual(7000)
  expect(killedAtMs).toBeLessThanOrEqual(7250)
})
