import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fencepostsOf, resolveFenceposts, resolveIntOrPercent } from '../../../../src/lab/sim/rounding.ts'
import { webDeployment } from '../../../support/lab-objects.ts'

test('percentages round up for the surge and down for the unavailable, as Kubernetes documents', () => {
  expect(resolveFenceposts('25%', '25%', 10)).toEqual({ maxSurge: 3, maxUnavailable: 2 })
  expect(resolveFenceposts('25%', '25%', 3)).toEqual({ maxSurge: 1, maxUnavailable: 0 })
  expect(resolveFenceposts('25%', '25%', 1)).toEqual({ maxSurge: 1, maxUnavailable: 0 })
  expect(resolveFenceposts('0%', '1%', 10)).toEqual({ maxSurge: 0, maxUnavailable: 1 })
  expect(resolveFenceposts(0, 0, 10)).toEqual({ maxSurge: 0, maxUnavailable: 1 })
  expect(resolveFenceposts('100%', 0, 4)).toEqual({ maxSurge: 4, maxUnavailable: 0 })
})

test('a rounded percentage is within one of the exact share, on the right side', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(5000), (percent, total) => {
      const up = resolveIntOrPercent(`${percent}%`, total, 'up') ?? Number.NaN
      const down = resolveIntOrPercent(`${percent}%`, total, 'down') ?? Number.NaN
      expect(up * 100).toBeGreaterThanOrEqual(percent * total)
      expect((up - 1) * 100).toBeLessThan(percent * total)
      expect(down * 100).toBeLessThanOrEqual(percent * total)
      expect((down + 1) * 100).toBeGreaterThan(percent * total)
    }),
  )
})

test('one of the two is always above 0, so that a rollout can move', () => {
  const value = fc.oneof(
    fc.nat(20),
    fc.nat(100).map((percent) => `${percent}%`),
  )
  fc.assert(
    fc.property(value, value, fc.nat(100), (surge, unavailable, wanted) => {
      const { maxSurge, maxUnavailable } = resolveFenceposts(surge, unavailable, wanted)
      expect(maxSurge + maxUnavailable).toBeGreaterThan(0)
    }),
  )
})

test('text that is no percentage is told apart', () => {
  for (const text of ['', '25', '-1%', '2.5%', '%']) expect(resolveIntOrPercent(text, 4, 'up')).toBeNull()
})

test('Recreate allows neither, and no more than all pods can be missing', () => {
  expect(fencepostsOf(webDeployment({ strategy: { type: 'Recreate' } }).spec)).toEqual({
    maxSurge: 0,
    maxUnavailable: 0,
  })
  const spec = webDeployment({
    replicas: 2,
    strategy: { rollingUpdate: { maxUnavailable: 9, maxSurge: 0 } },
  }).spec
  expect(fencepostsOf(spec).maxUnavailable).toBe(2)
})
