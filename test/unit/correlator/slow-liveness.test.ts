import { expect, test } from 'vitest'
import { livenessBelowAnswers } from '../../../src/correlator/slow-liveness.ts'
import { settingsOf } from '../../../src/kube/map-settings.ts'

const settings = (livenessProbe: object | null) =>
  settingsOf({ containers: [{ name: 'app', ...(livenessProbe === null ? {} : { livenessProbe }) }] })
const probe = { httpGet: { path: '/livez' } }
const measured = (p999Us: number, maxUs: number) => ({ count: 9000, p999Us, maxUs })

test('a liveness probe that gives up before the slowest good answer is told, with what was measured', () => {
  expect(livenessBelowAnswers(settings(probe), measured(1_200_000, 2_340_000))).toMatchObject({
    id: 'liveness-below-slowest-answer',
    cause: 'E6',
    severity: 'medium',
    because: expect.stringContaining(
      'timeoutSeconds 1, and of 9000 good answers the slowest took 2.34 s, p99.9 1.2 s',
    ),
    fix: expect.stringContaining('above 2.34 s (4 or more)'),
  })
})

test('a single slow answer is a low one, but for a probe that gives up at once', () => {
  expect(livenessBelowAnswers(settings(probe), measured(80_000, 1_000_000))?.severity).toBe('low')
  const once = settings({ ...probe, failureThreshold: 1 })
  expect(livenessBelowAnswers(once, measured(80_000, 1_000_000))?.severity).toBe('medium')
})

test('a probe with time enough, no probe, and no answers say nothing', () => {
  expect(livenessBelowAnswers(settings({ ...probe, timeoutSeconds: 3 }), measured(1, 2_999_999))).toBeNull()
  expect(livenessBelowAnswers(settings(null), measured(1, 9e6))).toBeNull()
  expect(livenessBelowAnswers(settings(probe), { count: 0, p999Us: 0, maxUs: 9e6 })).toBeNull()
  expect(livenessBelowAnswers(undefined, measured(1, 9e6))).toBeNull()
})
