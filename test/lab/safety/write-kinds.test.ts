import { expect, test } from 'vitest'
import { countWrites } from '../../support/write-ledger.ts'

const DEPLOYMENT = '/apis/apps/v1/namespaces/shop/deployments/web'
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/shop/leases/rollproof-web'
const MERGE = 'application/strategic-merge-patch+json'
const restart = (more: object = {}) => ({
  metadata: { uid: 'd1-2' },
  spec: {
    template: {
      metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z', ...more } },
    },
  },
})
const lease = (name = 'rollproof-web') => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: {
    name,
    namespace: 'shop',
    labels: { 'app.kubernetes.io/managed-by': 'rollproof' },
    ownerReferences: [],
  },
  spec: { holderIdentity: 'run-1', leaseTransitions: 0 },
})
const line = (method: string, path: string, body: object | null, contentType = 'application/json'): string =>
  `${JSON.stringify({ pid: 1, origin: 'http://api', method, path, contentType, text: body === null ? '' : JSON.stringify(body) })}\n`
const kindOf = (...request: Parameters<typeof line>): string =>
  [...countWrites(line(...request)).kinds.keys()].join()

test('the ledger of a recorded run knows the writes of a run by themselves', () => {
  expect(kindOf('PATCH', DEPLOYMENT, restart(), MERGE)).toBe('restart')
  expect(kindOf('PATCH', `/secret${DEPLOYMENT}?dryRun=All`, restart(), MERGE)).toBe('dry run of a restart')
  expect(kindOf('PUT', `${LEASE}?fieldManager=rollproof`, lease())).toBe('lease')
  expect(kindOf('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {})).toBe('access review')
  expect(countWrites(line('GET', DEPLOYMENT, null))).toMatchObject({ kinds: new Map(), reads: 1 })
})

const JSON_PATCH = 'application/json-patch+json'
const journaled = (...more: object[]) => [
  { op: 'test', path: '/metadata/uid', value: 'u' },
  { op: 'test', path: '/metadata/resourceVersion', value: '5' },
  { op: 'add', path: '/metadata/annotations/rollproof.dev~1journal', value: '{}' },
  ...more,
]

test('the ledger knows variants and their restores by their tests and their journal', () => {
  const grace = { op: 'replace', path: '/spec/template/spec/terminationGracePeriodSeconds', value: 5 }
  expect(kindOf('PATCH', DEPLOYMENT, journaled(grace), JSON_PATCH)).toBe('variant or its restore')
  expect(kindOf('PATCH', `${DEPLOYMENT}?dryRun=All`, {}, MERGE)).toBe('dry run of a variant')
})

const AUTOSCALER = '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web'
const bounds = (path: string, value: unknown = 2, variant = 'scale-down') => [
  ...journaled().slice(0, 2),
  {
    op: 'add',
    path: '/metadata/annotations/rollproof.dev~1journal',
    value: JSON.stringify({
      variant,
      changes: [{ path: '/spec/minReplicas' }, { path: '/spec/maxReplicas' }],
    }),
  },
  { op: 'replace', path, value },
]

test('the ledger knows the bounds of an autoscaler that a choreography names in its journal', () => {
  expect(kindOf('PATCH', AUTOSCALER, bounds('/spec/maxReplicas'), JSON_PATCH)).toBe(
    "an autoscaler's bounds or their restore",
  )
  expect(kindOf('PATCH', `${AUTOSCALER}?dryRun=All`, {}, MERGE)).toBe("dry run of an autoscaler's bounds")
})

const EVICTION = '/api/v1/namespaces/shop/pods/web-1/eviction'
const eviction = (name = 'web-1', deleteOptions: object = { preconditions: { uid: 'u' } }) => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name, namespace: 'shop' },
  deleteOptions,
})
const scale = (variant: string) => [
  ...journaled().slice(0, 2),
  {
    op: 'add',
    path: '/metadata/annotations/rollproof.dev~1journal',
    value: JSON.stringify({ variant, changes: [{ path: '/spec/replicas' }] }),
  },
  { op: 'replace', path: '/spec/replicas', value: 2 },
]

test('the ledger knows the scaling that a choreography names in its journal, and evictions of one pod', () => {
  expect(kindOf('PATCH', DEPLOYMENT, scale('scale-down'), JSON_PATCH)).toBe('variant or its restore')
  expect(kindOf('POST', `${EVICTION}?fieldManager=rollproof`, eviction())).toBe('eviction')
})

test.each<[string, Parameters<typeof line>]>([
  ['an eviction of another pod than the path says', ['POST', EVICTION, eviction('web-2')]],
  ['an eviction of whatever bears the name', ['POST', EVICTION, eviction('web-1', {})]],
  ['a variant that scales by its journal', ['PATCH', DEPLOYMENT, scale('no-prestop'), JSON_PATCH]],
  ['the metrics of an autoscaler', ['PATCH', AUTOSCALER, bounds('/spec/metrics'), JSON_PATCH]],
  [
    'the bounds of an autoscaler by a variant',
    ['PATCH', AUTOSCALER, bounds('/spec/maxReplicas', 2, 'no-prestop'), JSON_PATCH],
  ],
  [
    'the bounds of an autoscaler without a journal',
    ['PATCH', AUTOSCALER, bounds('/spec/maxReplicas').toSpliced(2, 1), JSON_PATCH],
  ],
  ['the replicas of an autoscaler', ['PATCH', AUTOSCALER, bounds('/spec/replicas'), JSON_PATCH]],
  ['a restart with one annotation more', ['PATCH', DEPLOYMENT, restart({ team: 'a' }), MERGE]],
  ['a restart of anything that bears the name', ['PATCH', DEPLOYMENT, { spec: restart().spec }, MERGE]],
  ['a restart as another kind of patch', ['PATCH', DEPLOYMENT, restart(), 'application/merge-patch+json']],
  [
    'a restart of something else',
    ['PATCH', DEPLOYMENT.replace('deployments', 'statefulsets'), restart(), MERGE],
  ],
  ['the scale subresource', ['PATCH', `${DEPLOYMENT}/scale`, restart(), MERGE]],
  ['a replaced Deployment', ['PUT', DEPLOYMENT, restart()]],
  ['a deletion', ['DELETE', DEPLOYMENT, null]],
  ['a read with a body', ['GET', DEPLOYMENT, { a: 1 }]],
  ["another program's Lease", ['PUT', LEASE.replace('rollproof-web', 'scheduler'), lease('scheduler')]],
  ['a Lease under another name than its own', ['PUT', LEASE, lease('rollproof-other')]],
  [
    'a Lease with finalizers',
    ['PUT', LEASE, { ...lease(), metadata: { ...lease().metadata, finalizers: [] } }],
  ],
  ['a variant without its tests', ['PATCH', DEPLOYMENT, journaled().slice(1), JSON_PATCH]],
  ['a variant without a journal', ['PATCH', DEPLOYMENT, journaled().slice(0, 2), JSON_PATCH]],
  [
    'a variant that scales',
    ['PATCH', DEPLOYMENT, journaled({ op: 'replace', path: '/spec/replicas', value: 0 }), JSON_PATCH],
  ],
  ['a new pod', ['POST', '/api/v1/namespaces/shop/pods', {}]],
])('the ledger of a recorded run counts %s as outside', (_, request) => {
  expect(kindOf(...request)).toMatch(/^OUTSIDE: /)
})
