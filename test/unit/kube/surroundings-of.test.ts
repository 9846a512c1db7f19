import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { selectsLabels, workloadSpecOf } from '../../../src/kube/map-surroundings.ts'
import { surroundingsOf } from '../../../src/kube/surroundings-of.ts'
import { predict } from '../../../src/orchestrator/predict/predict.ts'

const NOTHING = {
  services: [],
  ingresses: [],
  budgets: [],
  autoscalers: [],
  endpointSlices: [],
  pods: [],
  events: [],
  namespace: {},
}

/** Objects with the API's field names and anything in them. */
const odd = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, '', '100%', '-1%', 'abc', -5, 0, 3.5, true),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        ...[
          'spec',
          'template',
          'metadata',
          'containers',
          'strategy',
          'rollingUpdate',
          'maxSurge',
          'annotations',
        ],
        ...[
          'lifecycle',
          'preStop',
          'exec',
          'sleep',
          'seconds',
          'command',
          'env',
          'name',
          'value',
          'readinessProbe',
        ],
        ...[
          'livenessProbe',
          'httpGet',
          'port',
          'replicas',
          'terminationGracePeriodSeconds',
          'selector',
          'rules',
        ],
      ),
      tie('value'),
      { maxKeys: 6 },
    ),
  ),
}))

test('whatever the API sends, reading and predicting end without an error', () => {
  fc.assert(
    fc.property(odd.value, odd.value, (deployment, other) => {
      const objects = {
        ...NOTHING,
        services: [other],
        ingresses: [other],
        budgets: [other],
        autoscalers: [other],
      }
      expect(Array.isArray(predict(surroundingsOf({ ...objects, deployment })))).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('of the environment only times under telling names are read: no value of another kind gets in', () => {
  const env = [
    { name: 'DRAIN_TIMEOUT', value: '20s' },
    { name: 'KEEPALIVE_TIMEOUT', value: 's3cret-token' },
    { name: 'DB_PASSWORD', value: '12' },
    { name: 'GRACE', valueFrom: { secretKeyRef: { name: 'x', key: 'y' } } },
  ]
  const { main } = workloadSpecOf({ spec: { template: { spec: { containers: [{ name: 'web', env }] } } } })
  expect(main.timings).toEqual({ DRAIN_TIMEOUT: '20s' })
})

describe('a label selector', () => {
  const labels = { app: 'web', tier: 'front' }
  test.each<[unknown, boolean]>([
    [{}, true],
    [{ matchLabels: { app: 'web' } }, true],
    [{ matchLabels: { app: 'api' } }, false],
    [{ matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'back'] }] }, true],
    [{ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front'] }] }, false],
    [{ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, true],
    [{ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, false],
    [{ matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, true],
    [{ matchExpressions: [{ key: 'zone', operator: 'Unheard' }] }, false],
  ])('%j selects app=web,tier=front: %s', (selector, selected) => {
    expect(selectsLabels(selector, labels)).toBe(selected)
  })
})

test('Services, Ingresses and budgets count only when they lead to, or select, these pods', () => {
  const service = (name: string, app: string) => ({ metadata: { name }, spec: { selector: { app } } })
  const ingress = (name: string, to: string) => ({
    metadata: { name },
    spec: { rules: [{ http: { paths: [{ backend: { service: { name: to } } }] } }] },
  })
  const around = surroundingsOf({
    ...NOTHING,
    deployment: { metadata: { name: 'web' }, spec: { template: { metadata: { labels: { app: 'web' } } } } },
    services: [service('web', 'web'), service('api', 'api'), { metadata: { name: 'none' }, spec: {} }],
    ingresses: [ingress('front', 'web'), ingress('back', 'api')],
  })
  expect(around.services?.map(({ name }) => name)).toEqual(['web'])
  expect(around.ingresses?.map(({ name }) => name)).toEqual(['front'])
})
