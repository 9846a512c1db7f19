import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { measureDrain } from '../../../src/correlator/measurement/measure.ts'
import { coveredShare, graceSum, preStopSum } from '../../../src/correlator/measurement/prestop.ts'
import { verifyPreStop } from '../../../src/correlator/measurement/verify.ts'
import { hasNativeSleep, preStopPatch, preStopPatchYaml } from '../../../src/model/prestop-patch.ts'
import { columnsOf, readStory } from '../../support/story.ts'
import { StoryBuilder } from '../../support/story-builder.ts'

const settings = {
  gracePeriodSeconds: 30,
  preStop: { kind: 'none' as const },
  hasReadinessProbe: true,
  hasStartupProbe: false,
  hasLivenessProbe: false,
  shellIsPid1: false,
  readinessGates: [],
}
const options = { measuredWithSeconds: 15, container: 'web', present: settings, form: 'sleep' as const }

/** One pod with a preStop of `preStop` s gets new connections until `lastMs` after its termination began. */
const measured = (preStop: number, lastMs: number, change: (s: StoryBuilder) => void = () => {}) => {
  const at = 12_000
  const exit = at + preStop * 1000 + 300
  const s = new StoryBuilder('measure', { endMs: 40_000 })
  const plan = { preStop, grace: 60 }
  s.pod('old-a', 0, plan).pod('old-b', 0, plan).pod('new-a', 11_900, plan)
  s.ends('old-a', { at, exit, code: 0 }).rollout(10_000, ['old-a'], 13_000, exit + 900)
  s.traffic(200, at + 50 + lastMs, 20, ['old-a', 'old-b'], { fresh: true })
  s.traffic(at + 60 + lastMs, 39_000, 20, ['old-b', 'new-a'], { fresh: true })
  s.controls()
  change(s)
  const { info, events, rows } = s.finish()
  return { info, events, columns: columnsOf(rows), torn: null, problems: [] }
}

describe('the measured drain', () => {
  test('is the longest time to the last new connection; preStop adds what was too short to see, and a quarter', () => {
    const measurement = measureDrain(measured(15, 4000), options)
    expect(measurement.problems).toEqual([])
    expect(measurement.drain.maxMs).toBeGreaterThan(3900)
    expect(measurement.drain.maxMs).toBeLessThanOrEqual(4000)
    const { maxMs, gapMs } = measurement.drain
    expect(measurement.preStopSeconds).toBe(Math.ceil(((maxMs ?? 0) * 1.25 + 3 * (gapMs ?? 0)) / 1000))
    expect(measurement.arithmetic.join('\n')).toMatch(
      /longest drain \+ .* resolution .* \+ .* margin \(25 %\) = /,
    )
    expect(measurement.arithmetic.join('\n')).toContain('needs 59')
  })
  test('a pod that stopped listening first gives no number, and says to wait longer', () => {
    const measurement = measureDrain(measured(2, 2000), { ...options, measuredWithSeconds: 2 })
    expect(measurement.preStopSeconds).toBeNull()
    expect(measurement.patch).toBe('')
    expect(measurement.problems.join(' ')).toContain('longer --pre-stop than 2 s')
  })
  test('kept-alive connections give advice, never seconds', () => {
    const quiet = measureDrain(measured(15, 1000), options)
    const busy = measureDrain(
      measured(15, 1000, (s) => {
        for (const ms of [3000, 9000, 14_000]) s.ok(12_050 + ms, 'old-a', { reused: 4, connection: 77 })
      }),
      options,
    )
    expect(busy.preStopSeconds).toBe(quiet.preStopSeconds)
    expect(quiet.keepAlive).toBeNull()
    expect(busy.keepAlive?.maxMs).toBeGreaterThan(13_000)
    expect(busy.keepAlive?.advice).toContain('Connection: close')
  })
  test('without the name of a pod there is no number, and the reason says what to give', () => {
    const input = measured(15, 4000)
    const columns = { ...input.columns, pod: input.columns.pod.map(() => 0) }
    const measurement = measureDrain({ ...input, columns }, options)
    expect(measurement.preStopSeconds).toBeNull()
    expect(measurement.problems.join(' ')).toContain('--pod-header')
  })
  test('grace is preStop, the longest request and 5 s, and never less than what is set', () => {
    expect(graceSum(7, 2300, 10)).toMatchObject({ seconds: 15 })
    expect(graceSum(7, 2300, 30)).toMatchObject({ seconds: 30 })
    expect(graceSum(7, 2300, 30).because).toContain('the present 30 s stays')
  })
})

describe('the sum', () => {
  test.each([
    [5100, 50, 7],
    [1200, 50, 2],
    [0, 10, 1],
    [12_000, 200, 16],
  ])('a longest drain of %d ms with a gap of %d ms gives %d s', (maxMs, gapMs, seconds) => {
    expect(preStopSum(maxMs, gapMs).preStopSeconds).toBe(seconds)
  })
  test('59 terminations speak for the 95th percentile, 58 do not', () => {
    expect(coveredShare(59)).toBeGreaterThanOrEqual(0.95)
    expect(coveredShare(58)).toBeLessThan(0.95)
    expect(coveredShare(0)).toBeNull()
  })
})

describe('the patch', () => {
  const change = { container: 'web', preStopSeconds: 7, graceSeconds: 30, form: 'sleep' as const }
  test('its YAML is its body', () => {
    for (const present of [
      { kind: 'none' as const },
      { kind: 'exec' as const, command: ['sleep', '3'], seconds: 3 },
      { kind: 'http' as const, path: '/drain' },
      { kind: 'sleep' as const, seconds: 3 },
    ])
      for (const form of ['sleep', 'exec'] as const)
        expect(parse(preStopPatchYaml({ ...change, present, form }, null))).toEqual(
          preStopPatch({ ...change, present, form }),
        )
  })
  test('takes a hook of another kind away, since the API server takes only one', () => {
    const body = JSON.stringify(preStopPatch({ ...change, present: { kind: 'http', path: '/' } }))
    expect(body).toContain('"httpGet":null')
  })
  test('sleeps natively from Kubernetes 1.30', () => {
    expect(['v1.30.0', 'v1.34.4+k3s1', '1.31'].map(hasNativeSleep)).toEqual([true, true, true])
    expect(['v1.29.9', '1.5', '', 'unknown'].map(hasNativeSleep)).toEqual([false, false, false, false])
  })
})

describe('verifying a preStop', () => {
  test('failures for want of preStop refute it, whatever else there is', () => {
    const verification = verifyPreStop(readStory('a2-prestop-shorter-than-the-news'), 2)
    expect(verification.holds).toBe(false)
    expect(verification.failed).toBeGreaterThan(0)
    expect(verification.because).toContain('too short')
  })
  test('no failure over too few terminations shows nothing yet', () => {
    const verification = verifyPreStop(measured(15, 1000), 15)
    expect(verification).toMatchObject({ failed: 0, terminations: 1, holds: null })
    expect(verification.because).toContain('it needs 59')
  })
  test('what preStop does not mend is counted apart', () => {
    const verification = verifyPreStop(readStory('a6-idle-connection-closed-under-a-request'), 5)
    expect(verification.failed).toBe(0)
    expect(verification.otherFailures).toBeGreaterThan(0)
  })
})
