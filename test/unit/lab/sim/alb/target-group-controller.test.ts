import { expect, test } from 'vitest'
import { seededRandom } from '../../../../../src/kernel/random.ts'
import { GATE_PREFIX, INJECT_LABEL } from '../../../../../src/lab/sim/alb/readiness-gate.ts'
import {
  createTargetGroupController,
  type TargetGroupApi,
} from '../../../../../src/lab/sim/alb/target-group-controller.ts'
import { NOT_REGISTERED, type TargetHealth } from '../../../../../src/lab/sim/alb/target-health.ts'
import { startControlPlane } from '../../../../../src/lab/sim/control-plane.ts'
import { deleteObject } from '../../../../../src/lab/sim/deletion.ts'
import { createEventRecorder } from '../../../../../src/lab/sim/event-recorder.ts'
import { createStore } from '../../../../../src/lab/sim/memory-store.ts'
import { isPodReady } from '../../../../../src/lab/sim/pod-state.ts'
import { asPod, type PodSpec } from '../../../../../src/lab/sim/types.ts'
import { webDeployment, webService } from '../../../../support/lab-objects.ts'
import { createStepClock } from '../../../../support/step-clock.ts'

const HEALTHY: TargetHealth = { state: 'healthy', reason: null, description: null }
const P = 'alb.ingress.kubernetes.io/'

interface Wanted {
  readonly labelled?: boolean
  readonly annotations?: Readonly<Record<string, string>>
  readonly gates?: readonly string[]
  readonly replicas?: number
}

/** The shop behind an ALB whose targets become healthy when the test says so; pods' containers are ready at once. */
const setUp = ({
  labelled = true,
  annotations = { [`${P}target-type`]: 'ip' },
  gates,
  replicas = 1,
}: Wanted = {}) => {
  const clock = createStepClock()
  const store = createStore(clock)
  const nodes = ['node-1', 'node-2'].map((name, index) => ({ name, address: `127.0.1.${index + 1}` }))
  startControlPlane({ store, clock, nodes, options: { namespaces: ['shop'] } })
  const calls: string[] = []
  const health = new Map<string, TargetHealth>()
  const settings: unknown[] = []
  const api: TargetGroupApi = {
    configure: (next) => settings.push(next),
    register: (targets) => calls.push(...targets.map(({ id }) => `register ${id}`)),
    deregister: (ids) => calls.push(...ids.map((id) => `deregister ${id}`)),
    health: (id) => health.get(id) ?? NOT_REGISTERED,
  }
  const context = {
    store,
    clock,
    random: seededRandom(1),
    events: createEventRecorder(store, clock),
    syncDelayMs: 5,
  }
  const controller = createTargetGroupController(context, { api, namespace: 'shop', pollMs: () => 1500 })
  store.subscribe((event) => controller.handle(event))
  /** The kubelet's part: containers are ready, and the pod is when its gates are. */
  let address = 0
  store.subscribe(({ type, resource, object }) => {
    if (resource !== 'pods' || type === 'DELETED') return
    const pod = asPod(object)
    if (pod.spec.nodeName === undefined) return
    const others = (pod.status?.conditions ?? []).filter(
      (condition) => condition.type !== 'Ready' && condition.type !== 'ContainersReady',
    )
    const open = (pod.spec.readinessGates ?? []).some(
      ({ conditionType }) => others.find((condition) => condition.type === conditionType)?.status !== 'True',
    )
    const ready = open ? 'False' : 'True'
    if (pod.status?.conditions?.find((condition) => condition.type === 'Ready')?.status === ready) return
    store.mutate('pods', 'shop', pod.metadata.name, (draft) => {
      draft.status = {
        ...pod.status,
        phase: 'Running',
        podIP: pod.status?.podIP ?? `127.9.0.${++address}`,
        conditions: [
          ...others,
          { type: 'Ready', status: ready },
          { type: 'ContainersReady', status: 'True' },
        ],
      }
    })
  })
  if (labelled)
    store.mutate('namespaces', null, 'shop', (draft) => {
      draft.metadata.labels = { ...draft.metadata.labels, [INJECT_LABEL]: 'enabled' }
    })
  store.create('services', webService())
  store.create('ingresses.networking.k8s.io', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web', namespace: 'shop', annotations },
    spec: {
      ingressClassName: 'alb',
      rules: [{ http: { paths: [{ path: '/', backend: { service: { name: 'web' } } }] } }],
    },
  })
  const deployment = webDeployment({ replicas })
  const { template } = deployment.spec
  const spec: PodSpec = {
    ...template.spec,
    ...(gates !== undefined && { readinessGates: gates.map((conditionType) => ({ conditionType })) }),
  }
  store.create('deployments.apps', webDeployment({ replicas, template: { ...template, spec } }))
  clock.advance(500)
  const pods = () => store.list('pods', 'shop').items.map(asPod)
  const gatesOf = () =>
    pods().map(({ spec: { readinessGates = [] } }) =>
      readinessGates.map(({ conditionType }) => conditionType),
    )
  return { clock, store, calls, health, settings, pods, gatesOf }
}

test('in a labelled namespace a new pod gets the gate, is registered while it waits, and is Ready once its target is healthy', () => {
  const { clock, calls, health, pods, gatesOf } = setUp()
  expect(gatesOf()).toEqual([
    [expect.stringMatching(/^target-health\.elbv2\.k8s\.aws\/k8s-shop-web-[0-9a-f]{10}$/)],
  ])
  expect(calls).toEqual(['register 127.9.0.1'])
  expect(pods().map(isPodReady)).toEqual([false])
  const gate = gatesOf()[0]?.[0]
  expect(pods()[0]?.status?.conditions?.find(({ type }) => type === gate)).toMatchObject({ status: 'False' })
  health.set('127.9.0.1', HEALTHY)
  clock.advance(1600)
  expect(pods().map(isPodReady)).toEqual([true])
})

test('without the label, or with targets of type instance, no gate is put in', () => {
  const plain = setUp({ labelled: false })
  expect(plain.gatesOf()).toEqual([[]])
  expect(plain.pods().map(isPodReady)).toEqual([true])
  expect(plain.calls).toEqual(['register 127.9.0.1'])
  const byNode = setUp({ annotations: { [`${P}target-type`]: 'instance' } })
  expect(byNode.gatesOf()).toEqual([[]])
  expect(byNode.calls.sort()).toEqual(['register node-1', 'register node-2'])
})

test('the gate of controller v1 is taken off in a labelled namespace, and holds the pod back for ever in another', () => {
  const v1 = 'target-health.alb.ingress.k8s.aws/web_web_80'
  const labelled = setUp({ gates: [v1] })
  expect(labelled.gatesOf()[0]).toEqual([expect.stringContaining(GATE_PREFIX)])
  const plain = setUp({ gates: [v1], labelled: false })
  expect(plain.gatesOf()).toEqual([[v1]])
  plain.health.set('127.9.0.1', HEALTHY)
  plain.clock.advance(60_000)
  expect(plain.pods().map(isPodReady)).toEqual([false])
})

test('a hand-written gate of the right name works, one of another name never becomes true', () => {
  const right = setUp().gatesOf()[0]?.[0] ?? ''
  const good = setUp({ labelled: false, gates: [right] })
  good.health.set('127.9.0.1', HEALTHY)
  good.clock.advance(2000)
  expect(good.pods().map(isPodReady)).toEqual([true])
  const wrong = setUp({ labelled: false, gates: [`${GATE_PREFIX}k8s-shop-web-0000000000`] })
  wrong.health.set('127.9.0.1', HEALTHY)
  wrong.clock.advance(60_000)
  expect(wrong.pods().map(isPodReady)).toEqual([false])
  expect(wrong.calls).toEqual([])
})

test('a pod that is being deleted is deregistered at once', () => {
  const { clock, store, calls, pods } = setUp({ labelled: false })
  const [pod] = pods()
  if (pod === undefined) throw new Error('no pod')
  deleteObject(store, clock, 'pods', pod, { graceSeconds: 30 })
  clock.advance(200)
  expect(calls).toContain('deregister 127.9.0.1')
})

test('a changed annotation reaches the load balancer; one that AWS would refuse is an Event and changes nothing', () => {
  const { clock, store, settings } = setUp()
  const annotate = (seconds: string): void => {
    store.mutate('ingresses.networking.k8s.io', 'shop', 'web', (draft) => {
      draft.metadata.annotations = {
        ...draft.metadata.annotations,
        [`${P}target-group-attributes`]: `deregistration_delay.timeout_seconds=${seconds}`,
      }
    })
    clock.advance(100)
  }
  annotate('30')
  expect(settings.at(-1)).toMatchObject({ deregistrationDelaySeconds: 30, targetType: 'ip' })
  const before = settings.length
  annotate('never')
  expect(settings).toHaveLength(before)
  const reasons = store.list('events', 'shop').items.map(({ reason }) => reason)
  expect(reasons).toContain('FailedBuildModel')
})
