import type { KubeObject, Store } from '../sim/store.ts'
import { asService } from '../sim/types.ts'

/**
 * A Service with the next free address of 10.96.0.0/16 as its clusterIP, unless it has one, is headless or an
 * ExternalName. Nothing listens there: the lab's data paths go by their own addresses.
 */
export const withClusterIp = (store: Store, object: KubeObject): KubeObject => {
  const { spec } = asService(object)
  if (object.kind !== 'Service' || spec.type === 'ExternalName') return object
  const taken = new Set(
    store.list('services', null).items.map((service) => asService(service).spec.clusterIP),
  )
  let number = 10
  while (taken.has(`10.96.${number >> 8}.${number & 255}`)) number++
  const clusterIP = spec.clusterIP ?? `10.96.${number >> 8}.${number & 255}`
  return { ...object, spec: { ...spec, clusterIP, clusterIPs: [clusterIP] } }
}
