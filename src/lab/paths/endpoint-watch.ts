import { ENDPOINT_SLICES } from '../sim/resource-names.ts'
import type { Store } from '../sim/store.ts'
import { asEndpointSlice } from '../sim/types.ts'
import type { Endpoint } from './endpoint-table.ts'

/** The endpoints of a Service in all its slices. */
const endpointsOf = (store: Store, namespace: string, service: string): readonly Endpoint[] =>
  store
    .list(ENDPOINT_SLICES, namespace)
    .items.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
    .flatMap((slice) => asEndpointSlice(slice).endpoints ?? [])
    .flatMap(({ addresses, conditions, targetRef }) =>
      addresses.map((address) => ({ address, pod: targetRef.name, ...conditions })),
    )

export interface EndpointWatchOptions {
  readonly store: Store
  readonly namespace: string
  readonly service: string
  readonly onChange: (endpoints: readonly Endpoint[]) => void
}

/** Tells the endpoints of a Service now and at each change of its slices. The returned function ends it. */
export const watchEndpoints = ({
  store,
  namespace,
  service,
  onChange,
}: EndpointWatchOptions): (() => void) => {
  let before = ''
  const tell = (): void => {
    const endpoints = endpointsOf(store, namespace, service)
    const now = JSON.stringify(endpoints)
    if (now === before) return
    before = now
    onChange(endpoints)
  }
  tell()
  return store.subscribe(({ resource, object }) => {
    if (resource === ENDPOINT_SLICES && object.metadata.namespace === namespace) tell()
  })
}
