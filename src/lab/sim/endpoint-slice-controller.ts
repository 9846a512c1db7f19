import { type Controller, type ControllerContext, keyOf, splitKey } from './controller-context.ts'
import { desiredSlices, type SliceContent } from './endpoint-slices.ts'
import { nameSuffix } from './names.ts'
import { ENDPOINT_SLICES, PODS, SERVICES } from './resource-names.ts'
import { hasLabels } from './selector.ts'
import { kubeTime } from './timestamp.ts'
import { asEndpointSlice, asPod, asService, controlledBy, type EndpointSlice, type Service } from './types.ts'
import { createWorkQueue } from './work-queue.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const TRIGGERED = 'endpoints.kubernetes.io/last-change-trigger-time'
const MANAGER = 'endpointslice-controller.k8s.io'

export interface EndpointSliceOptions {
  /** From the change of a pod until its slice follows, ms. */
  readonly delayMs: number
}

/** Keeps the EndpointSlices of each Service that has a selector. */
export const createEndpointSliceController = (
  context: ControllerContext,
  { delayMs }: EndpointSliceOptions,
): Controller => {
  const { store, clock, random } = context

  const slicesOf = (service: Service): readonly EndpointSlice[] =>
    store
      .list(ENDPOINT_SLICES, service.metadata.namespace ?? null)
      .items.filter(
        ({ metadata }) =>
          metadata.labels?.[SERVICE_NAME] === service.metadata.name &&
          metadata.labels[MANAGED_BY] === MANAGER,
      )
      .map(asEndpointSlice)

  const write = (existing: EndpointSlice, content: SliceContent): void => {
    const { namespace = null, name } = existing.metadata
    const before = JSON.stringify([existing.ports ?? [], existing.endpoints ?? []])
    if (before === JSON.stringify([content.ports, content.endpoints])) return
    store.mutate(ENDPOINT_SLICES, namespace, name, (draft) => {
      Object.assign(draft, content)
      draft.metadata.annotations = {
        ...draft.metadata.annotations,
        [TRIGGERED]: kubeTime(clock.epochMs()),
      }
    })
  }

  const create = (service: Service, content: SliceContent): void => {
    const generateName = `${service.metadata.name}-`
    store.create(ENDPOINT_SLICES, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${generateName}${nameSuffix(random)}`,
        generateName,
        ...(service.metadata.namespace !== undefined && { namespace: service.metadata.namespace }),
        labels: { [MANAGED_BY]: MANAGER, [SERVICE_NAME]: service.metadata.name },
        annotations: { [TRIGGERED]: kubeTime(clock.epochMs()) },
        ownerReferences: [controlledBy(service)],
      },
      addressType: 'IPv4',
      ...content,
    })
  }

  const sync = (key: string): void => {
    const { namespace, name } = splitKey(key)
    const found = store.get(SERVICES, namespace, name)
    if (found === null || asService(found).spec.selector === undefined) return
    const service = asService(found)
    const existing = [...slicesOf(service)]
    const known = existing.flatMap(({ endpoints }) => (endpoints ?? []).map(({ targetRef }) => targetRef.uid))
    const pods = store.list(PODS, namespace).items.map(asPod)
    const wanted = desiredSlices(service, pods, known)
    for (const content of wanted) {
      const ports = JSON.stringify(content.ports)
      const same = existing.findIndex((slice) => JSON.stringify(slice.ports ?? []) === ports)
      const [slice] = existing.splice(same === -1 ? 0 : same, 1)
      if (slice === undefined) create(service, content)
      else write(slice, content)
    }
    for (const { metadata } of existing) store.remove(ENDPOINT_SLICES, namespace, metadata.name)
  }

  const queue = createWorkQueue(clock, delayMs, sync)

  return {
    handle: ({ resource, object, previous }) => {
      if (resource === SERVICES) queue.add(keyOf(object))
      if (resource === ENDPOINT_SLICES) {
        const service = object.metadata.labels?.[SERVICE_NAME]
        if (service !== undefined) queue.add(`${object.metadata.namespace ?? ''}/${service}`)
      }
      if (resource !== PODS) return
      for (const service of store.list(SERVICES, object.metadata.namespace ?? null).items) {
        const { selector } = asService(service).spec
        const labels = [object.metadata.labels, previous?.metadata.labels]
        if (selector !== undefined && labels.some((set) => hasLabels(set, selector)))
          queue.add(keyOf(service))
      }
    },
    stop: () => queue.stop(),
  }
}
