import { expect, test } from 'vitest'
import { hasCode } from '../../../src/kernel/errors.ts'
import { applyInjections, INJECTABLE } from '../../../src/lab/inject.ts'
import { labConfig } from '../../../src/lab/lab-config.ts'
import { manifests } from '../../../src/lab/manifests.ts'
import { LAB_DEFAULTS } from '../../../src/scenario/defaults.ts'

const inject = (...causes: string[]) => applyInjections(labConfig({ ...LAB_DEFAULTS, inject: causes }))

test('every cause that the lab names can be injected, and gives a Deployment that can be made', () => {
  for (const cause of INJECTABLE) {
    const config = inject(cause)
    expect(manifests(config).map(({ object }) => object.kind)).toContain('Deployment')
    expect(JSON.parse(JSON.stringify(config))).toEqual(config)
  }
})

test('a strength changes how hard it hits, several causes add up', () => {
  expect(inject('C1:2').app.startupMs).toBe(10_000)
  expect(inject('c1:0.5', 'D1')).toMatchObject({
    readinessProbe: false,
    app: { startupMs: 2500, keepAliveMs: 994 },
  })
})

test('A1 has no preStop, and A16 has one that outlasts the propagation', () => {
  const deployment = (cause: string) => JSON.stringify(manifests(inject(cause)).at(-1)?.object)
  expect(deployment('A1')).not.toContain('preStop')
  expect(inject('A16').preStopSeconds * 1000).toBeGreaterThan(1200 + 1000)
})

test('an unknown cause and a strength that is no positive number are refused', () => {
  for (const bad of ['X9', 'A1:0', 'A1:-1', 'A1:much']) {
    let error: unknown = null
    try {
      inject(bad)
    } catch (thrown) {
      error = thrown
    }
    expect(hasCode(error, 'USAGE')).toBe(true)
  }
})
