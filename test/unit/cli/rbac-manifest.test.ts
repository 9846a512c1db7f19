import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { rbacJson, rbacManifests, rbacYaml } from '../../../src/cli/rbac-manifest.ts'

const subject = { namespace: 'shop', deployment: 'web', serviceAccount: 'rollproof' }

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}
const rules = rbacManifests(subject).flatMap((manifest) => (manifest.rules ?? []) as readonly Rule[])

test('the Role may write one Deployment and one Lease, and nothing else', () => {
  const writes = rules.flatMap(({ resources, resourceNames, verbs }) =>
    verbs
      .filter((verb) => !['get', 'list', 'watch'].includes(verb))
      .map((verb) => `${verb} ${resources.join()} ${resourceNames?.join() ?? 'any'}`),
  )
  expect(writes).toEqual(['patch deployments web', 'update leases rollproof-web', 'create leases any'])
})

test('it sees no secrets, no nodes and no subresources, and has no wildcard', () => {
  const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs])
  expect(words.filter((word) => word.includes('*') || word.includes('/'))).toEqual([])
  expect(words).not.toContain('secrets')
  expect(words).not.toContain('nodes')
})

test('everything lies in the namespace of the Deployment, and the binding joins account and Role', () => {
  const manifests = rbacManifests(subject)
  expect(manifests.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'Role', 'RoleBinding'])
  expect(manifests.every(({ metadata }) => (metadata as { namespace: string }).namespace === 'shop')).toBe(
    true,
  )
  expect(manifests[2]).toMatchObject({
    roleRef: { kind: 'Role', name: 'rollproof-web' },
    subjects: [{ kind: 'ServiceAccount', name: 'rollproof', namespace: 'shop' }],
  })
})

test('YAML and JSON say the same; the YAML tells which rules a run can do without', () => {
  const yaml = rbacYaml(subject)
  expect(parseAllDocuments(yaml).map((document) => document.toJS())).toEqual(rbacManifests(subject))
  expect(JSON.parse(rbacJson(subject)).items).toEqual(rbacManifests(subject))
  expect(yaml.match(/# Optional\./g)).toHaveLength(6)
})

test('the objects of variants may be read and patched by name, each once, and nothing else of their kinds', () => {
  const variants = [
    { kind: 'Deployment', name: 'web' },
    { kind: 'Ingress', name: 'shop' },
    { kind: 'Ingress', name: 'shop' },
    { kind: 'PodDisruptionBudget', name: 'web' },
  ] as const
  const more = rbacManifests({ ...subject, variants }).flatMap(
    (manifest) => (manifest.rules ?? []) as readonly Rule[],
  )
  const known = rules.map((rule) => JSON.stringify(rule))
  expect(more.filter((rule) => !known.includes(JSON.stringify(rule)))).toEqual([
    {
      apiGroups: ['networking.k8s.io'],
      resources: ['ingresses'],
      resourceNames: ['shop'],
      verbs: ['get', 'patch'],
    },
    {
      apiGroups: ['policy'],
      resources: ['poddisruptionbudgets'],
      resourceNames: ['web'],
      verbs: ['get', 'patch'],
    },
  ])
  expect(rbacYaml({ ...subject, variants })).toContain(
    'It may change Ingress shop, PodDisruptionBudget web, and restart and change',
  )
})

test('an autoscaler may be read and patched where a scenario names it, and only listed elsewhere', () => {
  const verbsOn = (subjectOf: Parameters<typeof rbacManifests>[0]) =>
    rbacManifests(subjectOf)
      .flatMap((manifest) => (manifest.rules ?? []) as readonly Rule[])
      .filter(({ resources }) => resources.includes('horizontalpodautoscalers'))
      .map(({ resourceNames, verbs }) => `${verbs.join()} ${resourceNames?.join() ?? 'any'}`)
  expect(verbsOn({ ...subject, choreography: 'scale-down' })).toEqual(['list any'])
  const variants = [{ kind: 'HorizontalPodAutoscaler', name: 'shop-scaler' }] as const
  expect(verbsOn({ ...subject, choreography: 'scale-down', variants })).toEqual([
    'get,patch shop-scaler',
    'list any',
  ])
})
