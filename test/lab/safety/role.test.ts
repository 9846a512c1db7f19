import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EXIT, exitCodeOf } from '../../../src/cli/exit-code.ts'
import { rbacManifests } from '../../../src/cli/rbac-manifest.ts'
import type { AccessAttributes } from '../../../src/lab/server/access.ts'
import type { RunEvent } from '../../../src/model/events.ts'
import { allows, type PolicyRule, without } from '../../support/rbac-authorizer.ts'
import { type SmallCluster, smallRun, startSmallCluster } from '../../support/small-run.ts'

const subject = { namespace: 'shop', deployment: 'web', serviceAccount: 'rollproof' }
const RULES = rbacManifests(subject).flatMap(({ rules }) => (rules ?? []) as readonly PolicyRule[])
const OPTIONAL = [
  'events',
  'services',
  'horizontalpodautoscalers',
  'ingresses',
  'poddisruptionbudgets',
  'namespaces',
]

let cluster: SmallCluster
let rules: readonly PolicyRule[] | null = null
let refused: AccessAttributes[] = []

/** Everything but the tests' own set-up is judged by the Role. */
const forbids = (attributes: AccessAttributes): boolean => {
  if (rules === null || allows(rules, attributes)) return false
  // Who the cluster is may be asked for, and not be told.
  if (attributes.resource !== 'namespaces') refused.push(attributes)
  return true
}
const stateOf = async (): Promise<unknown> => {
  const held = rules
  rules = null
  const { body } = await cluster.lab.call('GET', '/apis/apps/v1/namespaces/shop/deployments/web')
  const leases = await cluster.lab.call('GET', '/apis/coordination.k8s.io/v1/namespaces/shop/leases')
  rules = held
  return {
    generation: body.metadata.generation,
    spec: body.spec,
    leases: leases.body.items.map(
      (lease: { metadata: { resourceVersion: string } }) => lease.metadata.resourceVersion,
    ),
  }
}
const run = (onFact: (fact: RunEvent) => void = () => {}, restarts = 1) =>
  smallRun({
    kubeconfig: cluster.kubeconfig(),
    targetUrl: cluster.targetUrl,
    folder: cluster.folder,
    restarts,
    onFact,
  })

beforeAll(async () => {
  cluster = await startSmallCluster({ forbids })
})
beforeEach(() => {
  refused = []
})
afterAll(() => cluster.stop())

test('a run works under exactly the printed Role, and asks for nothing that it does not grant', async () => {
  rules = RULES
  const facts: RunEvent[] = []
  const { error } = await run((fact) => facts.push(fact), 2)
  expect(error).toBeNull()
  expect(facts.filter(({ type }) => type === 'rollout.completed')).toHaveLength(2)
  expect(refused).toEqual([])
})

describe('without one verb', () => {
  const cases = RULES.flatMap(({ resources, resourceNames, verbs }, at) =>
    verbs.map((verb) => ({ at, verb, resource: resources[0] ?? '', name: resourceNames?.[0] ?? 'any' })),
  )
  const needed = cases.filter(({ resource }) => !OPTIONAL.includes(resource))
  const optional = cases.filter(({ resource }) => OPTIONAL.includes(resource))

  test.each(needed)(
    '$verb on $resource ($name) it is refused by name, and nothing was changed',
    async ({ at, verb, resource }) => {
      rules = without(RULES, at, verb)
      const before = await stateOf()
      const error: unknown = await run().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'KUBE_FORBIDDEN' })
      expect(exitCodeOf(error)).toBe(EXIT.setup)
      expect(String(error)).toMatch(new RegExp(`may not ${verb} ${resource}\\b`))
      expect(await stateOf()).toEqual(before)
    },
  )

  test.each(optional)(
    '$verb on $resource it runs, and says what is missing',
    async ({ at, verb, resource }) => {
      rules = without(RULES, at, verb)
      const warnings: string[] = []
      const log = {
        debug: () => {},
        info: () => {},
        error: () => {},
        warn: (_: object, text: string) => void warnings.push(text),
      }
      const { error } = await smallRun({
        kubeconfig: cluster.kubeconfig(),
        targetUrl: cluster.targetUrl,
        folder: cluster.folder,
        log,
      })
      expect(error).toBeNull()
      expect(warnings.join()).toContain(`${resource} may not be`)
    },
  )
})
