import { expect, test } from 'vitest'
import type { HandlerResult } from '../../../../src/lab/node/handlers.ts'
import type { ProbeSpec } from '../../../../src/lab/node/pod-spec.ts'
import { startProber } from '../../../../src/lab/node/prober.ts'
import { createManualClock } from '../../../support/manual-clock.ts'

const PROBE: ProbeSpec = {
  handler: { kind: 'tcp', port: 1 },
  initialDelayMs: 500,
  periodMs: 1000,
  timeoutMs: 300,
  successThreshold: 1,
  failureThreshold: 3,
}
const OK: HandlerResult = { ok: true }
const BAD: HandlerResult = { ok: false, message: 'no' }

const setUp = (answers: readonly HandlerResult[], probe: ProbeSpec = PROBE) => {
  const clock = createManualClock()
  const results: string[] = []
  const asked: number[] = []
  const stop = startProber({
    clock,
    probe,
    check: async () => {
      asked.push(clock.nowMs())
      return answers[asked.length - 1] ?? OK
    },
    onResult: (good) => results.push(`${good} at ${clock.nowMs()}`),
  })
  return { clock, results, asked, stop }
}

test('a probe asks after its initial delay and then every period', async () => {
  const { clock, asked, stop } = setUp([])
  await clock.advance(3600)
  expect(asked).toEqual([500, 1500, 2500, 3500])
  stop()
  await clock.advance(5000)
  expect(asked).toHaveLength(4)
})

test('a change is told once, after as many failures in a row as the threshold says', async () => {
  const { clock, results, stop } = setUp([OK, BAD, BAD, OK, BAD, BAD, BAD, BAD, OK])
  await clock.advance(9000)
  expect(results).toEqual(['true at 500', 'false at 6500', 'true at 8500'])
  stop()
})

test('a success counts only after as many in a row as its threshold says', async () => {
  const { clock, results, stop } = setUp([OK, BAD, OK, OK], { ...PROBE, successThreshold: 2 })
  await clock.advance(4000)
  expect(results).toEqual(['true at 3500'])
  stop()
})

test('a check that does not answer is given up at the timeout', async () => {
  const clock = createManualClock()
  const aborted: number[] = []
  const stop = startProber({
    clock,
    probe: PROBE,
    check: (signal) =>
      new Promise((done) => {
        signal.addEventListener('abort', () => {
          aborted.push(clock.nowMs())
          done(BAD)
        })
      }),
    onResult: () => {},
  })
  await clock.advance(2000)
  expect(aborted).toEqual([800, 1800])
  stop()
})
