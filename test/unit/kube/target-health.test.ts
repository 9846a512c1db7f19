import { expect, test } from 'vitest'
import { hasCode } from '../../../src/kernel/errors.ts'
import { parseTargetHealth } from '../../../src/kube/target-health.ts'

test('the JSON of describe-target-health becomes targets with their states', () => {
  const text = JSON.stringify({
    TargetHealthDescriptions: [
      { Target: { Id: '10.0.1.7', Port: 8080 }, HealthCheckPort: '8080', TargetHealth: { State: 'healthy' } },
      {
        Target: { Id: '10.0.1.8', Port: 8080 },
        TargetHealth: { State: 'draining', Reason: 'Target.DeregistrationInProgress' },
      },
      { Target: {}, TargetHealth: { State: 'healthy' } },
    ],
  })
  expect(parseTargetHealth(text)).toEqual([
    { target: '10.0.1.7', state: 'healthy' },
    { target: '10.0.1.8', state: 'draining' },
  ])
})

test.each(['', '<html>', '{}', '[]', '{"TargetHealthDescriptions": {}}'])('%j is refused', (text) => {
  let caught: unknown = null
  try {
    parseTargetHealth(text)
  } catch (error) {
    caught = error
  }
  expect(hasCode(caught, 'USAGE')).toBe(true)
})
