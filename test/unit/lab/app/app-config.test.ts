import fc from 'fast-check'
import { expect, test } from 'vitest'
import { appEnvironment, readAppSettings } from '../../../../src/lab/app/app-config.ts'
import type { LabAppConfig } from '../../../../src/lab/lab-config.ts'
import { LAB_DEFAULTS } from '../../../../src/scenario/defaults.ts'

const ms = fc.integer({ min: 0, max: 600_000 })
const habits = fc.record({
  command: fc.constant(null),
  startupMs: ms,
  readyMs: ms,
  workMs: ms,
  jitterMs: ms,
  onSigterm: fc.constantFrom('graceful', 'abrupt', 'ignore', 'close-listener', 'tomcat'),
  drainMs: ms,
  drainTimeoutMs: ms,
  drainClose: fc.boolean(),
  drain503: fc.boolean(),
  keepAliveMs: ms,
  truncateRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  closeRaceMs: ms,
  exitLingerMs: ms,
  crashAfterMs: fc.option(ms),
})

test('habits survive the way through the environment', () => {
  fc.assert(
    fc.property(habits, (app: LabAppConfig) => {
      const { settings, problems } = readAppSettings(appEnvironment(app))
      expect(problems).toEqual([])
      expect({ command: null, ...settings.app }).toEqual(app)
    }),
  )
})

test('what makes no sense is told, all of it', () => {
  const env = {
    ...appEnvironment(LAB_DEFAULTS.app),
    WORK: 'soon',
    ON_SIGTERM: 'panic',
    TRUNCATE_RATIO: 'x',
  }
  const { problems } = readAppSettings(env)
  expect(problems).toHaveLength(3)
  expect(problems.join()).toMatch(/WORK: soon.*ON_SIGTERM.*panic|ON_SIGTERM.*WORK/s)
})
