import { expect, test } from 'vitest'
import { ALB_DEFAULTS, albSettings, isSuccess } from '../../../../../src/lab/sim/alb/settings.ts'

const P = 'alb.ingress.kubernetes.io/'

test('without annotations the defaults of AWS and of the controller hold', () => {
  expect(albSettings({})).toEqual({ settings: ALB_DEFAULTS, problems: [] })
})

test('every setting is read from the annotation that the controller reads', () => {
  const { settings, problems } = albSettings({
    [`${P}target-type`]: 'ip',
    [`${P}target-group-attributes`]: 'stickiness.enabled=false,deregistration_delay.timeout_seconds=30',
    [`${P}load-balancer-attributes`]: 'idle_timeout.timeout_seconds=120',
    [`${P}healthcheck-path`]: '/healthz',
    [`${P}healthcheck-interval-seconds`]: '10',
    [`${P}healthcheck-timeout-seconds`]: '3',
    [`${P}healthy-threshold-count`]: '3',
    [`${P}unhealthy-threshold-count`]: '4',
    [`${P}success-codes`]: '200-299',
  })
  expect(problems).toEqual([])
  expect(settings).toEqual({
    targetType: 'ip',
    deregistrationDelaySeconds: 30,
    healthCheckIntervalSeconds: 10,
    healthCheckTimeoutSeconds: 3,
    healthCheckPath: '/healthz',
    healthyThreshold: 3,
    unhealthyThreshold: 4,
    successCodes: '200-299',
    idleTimeoutSeconds: 120,
  })
})

test('a value that AWS would refuse is a problem in words, not another value', () => {
  const { problems } = albSettings({
    [`${P}target-type`]: 'pod',
    [`${P}target-group-attributes`]: 'deregistration_delay.timeout_seconds=3601',
    [`${P}healthcheck-interval-seconds`]: '1s',
  })
  expect(problems).toHaveLength(3)
  expect(problems.join()).toContain('unknown targetType: pod')
  expect(problems.join()).toContain('from 0 to 3600, got "3601"')
})

test('success codes are lists and ranges', () => {
  expect([200, 301, 302].map((status) => isSuccess('200,301', status))).toEqual([true, true, false])
  expect([199, 200, 399, 400].map((status) => isSuccess('200-399', status))).toEqual([
    false,
    true,
    true,
    false,
  ])
})
