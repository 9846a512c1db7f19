import type { Controller, ControllerContext } from '../controller-context.ts'
import { conditionOf, isPodTerminating } from '../pod-state.ts'
import { ENDPOINT_SLICES, INGRESSES, NODES, PODS, SERVICES } from '../resource-names.ts'
import { kubeTime } from '../timestamp.ts'
import { asEndpointSlice, asPod, type Pod } from '../types.ts'
import { createWorkQueue } from '../work-queue.ts'
import { gateOf, type TargetGroup, targetGroups } from './readiness-gate.ts'
import { type AlbSettings, albSettings } from './settings.ts'
import { REGISTERING, type TargetHealth } from './target-health.ts'

/** What is registered with a target group: a pod's address (type ip), or a node (type instance). */
export interface Target {
  /** The address, or the node's name. */
  readonly id: string
  readonly pod: string | null
}

/** The part of the ELBv2 API that the controller calls. */
export interface TargetGroupApi {
  configure(settings: AlbSettings): void
  register(targets: readonly Target[]): void
  deregister(ids: readonly string[]): void
  /** DescribeTargetHealth. */
  health(id: string): TargetHealth
}

export interface TargetGroupOptions {
  readonly api: TargetGroupApi
  readonly namespace: string
  /**
   * How often the health of targets is asked for while a pod waits for its gate, ms. 15 s in the controller
   * (pkg/targetgroupbinding, targetHealthRequeueDuration).
   */
  readonly pollMs: () => number
}

const COMPONENT = 'ingress'
const KEY = 'target-group'

/**
 * Does for one target group what the AWS Load Balancer Controller does (its guide: "Ingress annotations", "Pod
 * readiness gate"; its source, pkg/targetgroupbinding): registers pods that are ready, or only wait for their gate;
 * deregisters those that are not, or are being deleted; sets the gate's condition from the target's health.
 */
export const createTargetGroupController = (
  context: ControllerContext,
  { api, namespace, pollMs }: TargetGroupOptions,
): Controller => {
  const { store, clock, events } = context
  const registered = new Map<string, Target>()
  let configured = ''

  const podOf = (name: string): Pod | null => {
    const found = store.get(PODS, namespace, name)
    return found === null ? null : asPod(found)
  }

  const waitsForGateOnly = (pod: Pod, gate: string): boolean =>
    !isPodTerminating(pod) &&
    conditionOf(pod.status?.conditions, 'ContainersReady')?.status === 'True' &&
    (pod.spec.readinessGates ?? []).some(({ conditionType }) => conditionType === gate)

  const podTargets = (group: TargetGroup): readonly Target[] =>
    store
      .list(ENDPOINT_SLICES, namespace)
      .items.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === group.service)
      .flatMap((slice) => asEndpointSlice(slice).endpoints ?? [])
      .filter(({ conditions, targetRef }) => {
        if (conditions.ready) return true
        const pod = podOf(targetRef.name)
        return pod !== null && waitsForGateOnly(pod, gateOf(group))
      })
      .flatMap(({ addresses, targetRef }) => addresses.map((id) => ({ id, pod: targetRef.name })))

  /** All nodes, whichever pods they run: kube-proxy takes it from there. */
  const nodeTargets = (): readonly Target[] =>
    store.list(NODES, null).items.map(({ metadata }) => ({ id: metadata.name, pod: null }))

  /** Sets the gate's condition; returns whether the pod still waits. */
  const tellPod = (pod: Pod, gate: string, { state, reason, description }: TargetHealth): boolean => {
    const status = state === 'healthy' ? 'True' : 'False'
    const old = conditionOf(pod.status?.conditions, gate)
    if (old?.status === status && (old.reason ?? null) === reason) return status !== 'True'
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : kubeTime(clock.epochMs())
    store.mutate(PODS, namespace, pod.metadata.name, (draft) => {
      const conditions = asPod(draft).status?.conditions ?? []
      const next = {
        type: gate,
        status,
        ...(reason !== null && { reason }),
        ...(description !== null && { message: description }),
        lastTransitionTime,
      }
      draft.status = {
        ...asPod(draft).status,
        conditions: [...conditions.filter(({ type }) => type !== gate), next],
      }
    })
    return status !== 'True'
  }

  const configure = ({ ingress, service }: TargetGroup): void => {
    const own = store.get(SERVICES, namespace, service)?.metadata.annotations
    const { settings, problems } = albSettings({ ...ingress.metadata.annotations, ...own })
    if (problems.length > 0) {
      const message = `Failed build model due to ${problems.join('; ')}`
      events.record({
        about: ingress,
        type: 'Warning',
        reason: 'FailedBuildModel',
        message,
        component: COMPONENT,
      })
      return
    }
    const text = JSON.stringify(settings)
    if (text === configured) return
    configured = text
    api.configure(settings)
  }

  const sync = (): void => {
    const [group] = targetGroups(store, namespace)
    if (group !== undefined) configure(group)
    const targets = group === undefined ? [] : group.targetType === 'ip' ? podTargets(group) : nodeTargets()
    const wanted = new Map(targets.map((target) => [target.id, target]))
    const gone = [...registered.keys()].filter((id) => !wanted.has(id))
    const fresh = targets.filter(({ id }) => !registered.has(id))
    if (gone.length > 0) api.deregister(gone)
    if (fresh.length > 0) api.register(fresh)
    for (const id of gone) registered.delete(id)
    for (const target of fresh) registered.set(target.id, target)
    if (group === undefined) return
    const gate = gateOf(group)
    let waiting = false
    for (const { id, pod: name } of targets) {
      const pod = name === null ? null : podOf(name)
      if (pod === null) continue
      if (!(pod.spec.readinessGates ?? []).some(({ conditionType }) => conditionType === gate)) continue
      const health = fresh.some((target) => target.id === id) ? REGISTERING : api.health(id)
      if (tellPod(pod, gate, health)) waiting = true
    }
    if (waiting) queue.addAfter(KEY, pollMs())
  }

  const queue = createWorkQueue(clock, context.syncDelayMs, sync)

  return {
    handle: ({ resource, object }) => {
      const watched = [ENDPOINT_SLICES, INGRESSES, PODS, SERVICES].includes(resource)
      if (resource === NODES || (watched && object.metadata.namespace === namespace)) queue.add(KEY)
    },
    stop: () => queue.stop(),
  }
}
