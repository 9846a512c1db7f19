import { describe, expect, test } from 'vitest'
import type { KubeCall } from '../../../src/kube/transport.ts'
import { checkWrite, type WritableDeployment } from '../../../src/kube/write-whitelist.ts'

const TARGET = { namespace: 'shop', name: 'web' }
const DEPLOYMENT = '/apis/apps/v1/namespaces/shop/deployments/web'
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/shop/leases'
const ANNOTATION = 'kubectl.kubernetes.io/restartedAt'

const template = (annotations: object, more: object = {}) => ({
  template: { metadata: { annotations }, ...more },
})
const restart = (body: object = {}, more: Partial<KubeCall> = {}): KubeCall => ({
  method: 'PATCH',
  path: `${DEPLOYMENT}?fieldManager=rollproof`,
  purpose: { verb: 'patch', resource: 'deployments', namespace: 'shop', name: 'web' },
  contentType: 'application/strategic-merge-patch+json',
  body: { metadata: { uid: 'u1' }, spec: template({ [ANNOTATION]: '2026-11-21T12:00:00Z' }), ...body },
  ...more,
})
const lease = (
  more: Partial<KubeCall> = {},
  metadata: object = { name: 'rollproof-web', namespace: 'shop' },
): KubeCall => ({
  method: 'PUT',
  path: `${LEASES}/rollproof-web?fieldManager=rollproof`,
  purpose: { verb: 'update', resource: 'leases', namespace: 'shop', name: 'rollproof-web' },
  body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: { holderIdentity: 'run' } },
  ...more,
})
const review: KubeCall = {
  method: 'POST',
  path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  purpose: { verb: 'create', resource: 'selfsubjectaccessreviews', namespace: null, name: null },
  body: { kind: 'SelfSubjectAccessReview' },
}

test.each<[string, KubeCall]>([
  ['a read', { ...review, method: 'GET', path: '/api/v1/nodes', body: undefined }],
  ['an access review', review],
  ['the restart', restart()],
  ['its dry run', restart({}, { path: `${DEPLOYMENT}?fieldManager=rollproof&dryRun=All` })],
  ['the lease, new', lease({ method: 'POST', path: LEASES })],
  ['the lease, renewed', lease()],
])('%s goes through', (_, call) => {
  expect(() => checkWrite(call, TARGET)).not.toThrow()
})

describe('is stopped before it is sent:', () => {
  const value = '2026-11-21T12:00:00Z'
  const uid = { uid: 'u1' }
  test.each<[string, KubeCall]>([
    ['another Deployment', restart({}, { path: DEPLOYMENT.replace('web', 'api') })],
    ['another namespace', restart({}, { path: DEPLOYMENT.replace('shop', 'kube-system') })],
    ['a path that climbs', restart({}, { path: `${DEPLOYMENT}/../api` })],
    ['a path that climbs, encoded', restart({}, { path: `${DEPLOYMENT}%2F..%2Fapi` })],
    ['the scale', restart({}, { path: `${DEPLOYMENT}/scale` })],
    ['the status', restart({}, { path: `${DEPLOYMENT}/status` })],
    ['another kind', restart({}, { path: DEPLOYMENT.replace('deployments', 'statefulsets') })],
    ['a secret', restart({}, { path: '/api/v1/namespaces/shop/secrets/web' })],
    ['a restart without the uid', restart({ metadata: {} })],
    ['a restart with an empty uid', restart({ metadata: { uid: '' } })],
    ['replicas', restart({ spec: { replicas: 0, ...template({ [ANNOTATION]: value }) } })],
    ['a pause', restart({ spec: { paused: true, ...template({ [ANNOTATION]: value }) } })],
    [
      'the strategy',
      restart({ spec: { strategy: { type: 'Recreate' }, ...template({ [ANNOTATION]: value }) } }),
    ],
    ['the selector', restart({ spec: { selector: {}, ...template({ [ANNOTATION]: value }) } })],
    ['labels of the Deployment', restart({ metadata: { ...uid, labels: { a: 'b' } } })],
    [
      'annotations of the Deployment',
      restart({ metadata: { ...uid, annotations: { [ANNOTATION]: value } } }),
    ],
    ['finalizers', restart({ metadata: { ...uid, finalizers: [] } })],
    ['owner references', restart({ metadata: { ...uid, ownerReferences: [] } })],
    ['another annotation', restart({ spec: template({ [ANNOTATION]: value, other: 'x' }) })],
    ['the annotation taken away', restart({ spec: template({ [ANNOTATION]: null }) })],
    ['the annotation as an object', restart({ spec: template({ [ANNOTATION]: { a: value } }) })],
    [
      'labels of the pods',
      restart({ spec: { template: { metadata: { annotations: { [ANNOTATION]: value }, labels: {} } } } }),
    ],
    ['containers', restart({ spec: template({ [ANNOTATION]: value }, { spec: { containers: [] } }) })],
    ['a directive', restart({ spec: { $patch: 'replace', ...template({ [ANNOTATION]: value }) } })],
    ['an empty patch', restart({}, { body: {} })],
    ['a patch that is a list', restart({}, { body: [{ op: 'replace', path: '/spec/replicas', value: 0 }] })],
    ['a JSON patch', restart({}, { contentType: 'application/json-patch+json' })],
    ['a merge patch', restart({}, { contentType: 'application/merge-patch+json' })],
    ['an apply', restart({}, { contentType: 'application/apply-patch+yaml' })],
    ['a forced write', restart({}, { path: `${DEPLOYMENT}?force=true` })],
    ['an unknown dry run', restart({}, { path: `${DEPLOYMENT}?dryRun=None` })],
    ['a Deployment replaced', restart({}, { method: 'PUT' })],
    ['a Deployment created', restart({}, { method: 'POST', path: DEPLOYMENT.replace('/web', '') })],
    ['the lease of another', lease({ path: `${LEASES}/kube-scheduler` })],
    ['a lease under a false name', lease({}, { name: 'kube-scheduler' })],
    [
      'a lease in another namespace',
      lease({ path: `${LEASES.replace('shop', 'kube-system')}/rollproof-web` }),
    ],
    ['a lease with annotations', lease({}, { name: 'rollproof-web', annotations: { a: 'b' } })],
    ['a lease patched', lease({ method: 'PATCH' })],
    ['an eviction', { ...review, path: '/api/v1/namespaces/shop/pods/web-1/eviction' }],
    ['a shell in a pod', { ...review, path: '/api/v1/namespaces/shop/pods/web-1/exec' }],
    ['a token', { ...review, path: '/api/v1/namespaces/shop/serviceaccounts/a/token' }],
    ['a read with a body', { ...review, method: 'GET', path: '/api/v1/pods' }],
  ])('%s', (_, call) => {
    expect(() => checkWrite(call, TARGET)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })

  test.each([restart(), lease()])('any write at all when no Deployment was named', (call) => {
    expect(() => checkWrite(call, null)).toThrow('a request that no run may send was stopped')
  })
})

describe('with variants named', () => {
  const VARIANTS = { ...TARGET, variants: [{ kind: 'Service', name: 'web' }] as const }
  const SERVICE = '/api/v1/namespaces/shop/services/web'
  const JOURNAL = '/metadata/annotations/rollproof.dev~1journal'
  const uid = { op: 'test', path: '/metadata/uid', value: 'u1' }
  const version = { op: 'test', path: '/metadata/resourceVersion', value: '5' }
  const journal = { op: 'add', path: JOURNAL, value: '{}' }
  const grace = { op: 'replace', path: '/spec/template/spec/terminationGracePeriodSeconds', value: 40 }
  const change = (operations: readonly unknown[], more: Partial<KubeCall> = {}): KubeCall => ({
    ...restart(),
    contentType: 'application/json-patch+json',
    body: operations,
    ...more,
  })
  const guarded = (...operations: unknown[]) => change([uid, version, journal, ...operations])

  test.each<[string, KubeCall]>([
    ['the change of a variant', guarded(grace)],
    ['the journal alone', guarded()],
    ['a restore', change([uid, version, grace, { op: 'remove', path: JOURNAL }])],
    [
      'the restart annotation put back',
      guarded({
        op: 'remove',
        path: `/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt`,
      }),
    ],
    [
      'an empty map of annotations',
      guarded({ op: 'add', path: '/spec/template/metadata/annotations', value: {} }),
    ],
    [
      'the change of a named Service',
      { ...guarded({ op: 'add', path: '/spec/publishNotReadyAddresses', value: true }), path: SERVICE },
    ],
    ['any patch as a dry run', restart({ spec: { replicas: 9 } }, { path: `${SERVICE}?dryRun=All` })],
    ['the restart, as ever', restart()],
  ])('%s goes through', (_, call) => {
    expect(() => checkWrite(call, VARIANTS)).not.toThrow()
  })

  test.each<[string, KubeCall]>([
    ['a change without the uid', change([version, journal, grace])],
    ['a change with an empty uid', change([{ ...uid, value: '' }, version, journal, grace])],
    ['a change without the version', change([uid, journal, grace])],
    ['a change without a journal', change([uid, version, grace])],
    ['a journal that is only tested', change([uid, version, { ...journal, op: 'test' }, grace])],
    ['a journal that is no text', change([uid, version, { ...journal, value: {} }, grace])],
    ['replicas', guarded({ op: 'replace', path: '/spec/replicas', value: 0 })],
    ['the whole spec', guarded({ op: 'replace', path: '/spec', value: {} })],
    ['the whole template', guarded({ op: 'replace', path: '/spec/template', value: {} })],
    ['labels of the pods', guarded({ op: 'add', path: '/spec/template/metadata/labels/a', value: 'b' })],
    ['the selector', guarded({ op: 'remove', path: '/spec/selector/matchLabels/app' })],
    ['a pause', guarded({ op: 'add', path: '/spec/paused', value: true })],
    ['labels of the Deployment', guarded({ op: 'add', path: '/metadata/labels/a', value: 'b' })],
    ['finalizers', guarded({ op: 'add', path: '/metadata/finalizers', value: ['a'] })],
    ['owner references', guarded({ op: 'remove', path: '/metadata/ownerReferences' })],
    ['all annotations', guarded({ op: 'replace', path: '/metadata/annotations', value: {} })],
    [
      'a map of annotations with something in it',
      guarded({ op: 'add', path: '/metadata/annotations', value: { a: 'b' } }),
    ],
    [
      'an annotation of another program',
      guarded({ op: 'add', path: '/metadata/annotations/argocd.argoproj.io~1x', value: '1' }),
    ],
    ['the status', guarded({ op: 'add', path: '/status/replicas', value: 1 })],
    ['a move', guarded({ op: 'move', from: '/spec/replicas', path: '/spec/minReadySeconds' })],
    ['a copy', guarded({ op: 'copy', from: '/spec/replicas', path: '/spec/minReadySeconds' })],
    ['a change of a Service that was not named', { ...guarded(), path: SERVICE.replace('web', 'api') }],
    ['a change of a ConfigMap', { ...guarded(), path: SERVICE.replace('services', 'configmaps') }],
    ['the selector of the Service', { ...guarded({ op: 'remove', path: '/spec/selector' }), path: SERVICE }],
    ['the status subresource', { ...guarded(grace), path: `${DEPLOYMENT}/status` }],
    ['a strategic patch', restart({ spec: { minReadySeconds: 5 } })],
    ['a dry run on what was not named', restart({}, { path: `${SERVICE.replace('web', 'api')}?dryRun=All` })],
    ['a dry run with more in its query', restart({}, { path: `${SERVICE}?dryRun=All&force=true` })],
    ['a dry run that replaces', restart({}, { path: `${SERVICE}?dryRun=All`, method: 'PUT' })],
  ])('%s is stopped', (_, call) => {
    expect(() => checkWrite(call, VARIANTS)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })

  test('without them the same change is stopped', () => {
    expect(() => checkWrite(guarded(grace), TARGET)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })

  test('the number of replicas goes through where the run was told that it may scale', () => {
    const scale = guarded({ op: 'replace', path: '/spec/replicas', value: 2 })
    expect(() => checkWrite(scale, { ...VARIANTS, mayScale: true })).not.toThrow()
  })

  describe('the bounds of an autoscaler', () => {
    const SCALER = '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web'
    const named = { kind: 'HorizontalPodAutoscaler', name: 'web' } as const
    const allowed = { ...TARGET, variants: [named], mayScale: true }
    const onScaler = (path: string, value: unknown = 2, at = SCALER): KubeCall => ({
      ...guarded({ op: 'replace', path, value }),
      path: `${at}?fieldManager=rollproof`,
    })

    test('go through where that one was named and the run was told that it may scale', () => {
      for (const path of ['/spec/minReplicas', '/spec/maxReplicas'])
        expect(() => checkWrite(onScaler(path), allowed)).not.toThrow()
    })

    test.each<[string, KubeCall, WritableDeployment]>([
      ['of one that was not named', onScaler('/spec/maxReplicas', 2, `${SCALER}-2`), allowed],
      ['where a run may not scale', onScaler('/spec/maxReplicas'), { ...allowed, mayScale: false }],
      ['where nothing was named', onScaler('/spec/maxReplicas'), { ...allowed, variants: [] }],
      ['by its scale', onScaler('/spec/maxReplicas', 2, `${SCALER}/scale`), allowed],
    ])('are stopped %s', (_, call, target) => {
      expect(() => checkWrite(call, target)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
    })

    test.each([
      '/spec/metrics',
      '/spec/behavior',
      '/spec/scaleTargetRef/name',
      '/spec/replicas',
      '/spec',
      '/metadata/annotations/team',
    ])('are all that is changed: %s is stopped', (path) => {
      expect(() => checkWrite(onScaler(path), allowed)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
    })
  })
})

describe('evictions', () => {
  const eviction = (more: Partial<KubeCall> = {}, body: object = {}): KubeCall => ({
    method: 'POST',
    path: '/api/v1/namespaces/shop/pods/web-5d4f-x2x9q/eviction?fieldManager=rollproof',
    purpose: { verb: 'create', resource: 'pods/eviction', namespace: 'shop', name: 'web-5d4f-x2x9q' },
    body: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'web-5d4f-x2x9q', namespace: 'shop' },
      deleteOptions: { preconditions: { uid: 'u1' } },
      ...body,
    },
    ...more,
  })
  const target = { ...TARGET, evictions: true }
  test('of a pod that the Deployment made go through when the run was told to evict', () => {
    expect(() => checkWrite(eviction(), target)).not.toThrow()
  })
  test.each<[string, KubeCall, object]>([
    ['in a run that does not evict', eviction(), TARGET],
    ['in another namespace', eviction({ path: eviction().path.replace('/shop/', '/kube-system/') }), target],
    ['of the pod of another Deployment', eviction({ path: eviction().path.replace('web-', 'api-') }), target],
    [
      'of a pod whose name only begins alike',
      eviction({}, { metadata: { name: 'web-api-5d4f-x2x9q', namespace: 'shop' } }),
      target,
    ],
    ['without the uid', eviction({}, { deleteOptions: {} }), target],
    [
      'with a grace period of its own',
      eviction({}, { deleteOptions: { gracePeriodSeconds: 0, preconditions: { uid: 'u1' } } }),
      target,
    ],
    ['that are deletions', eviction({ path: '/api/v1/namespaces/shop/pods/web-5d4f-x2x9q' }), target],
  ])('%s are stopped', (_, call, writable) => {
    expect(() => checkWrite(call, writable as typeof TARGET)).toThrow(/no run may send/)
  })
})
