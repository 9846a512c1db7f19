import { hasCode } from '../kernel/errors.ts'
import type { EvictionControl } from './ports.ts'
import type { KubeTransport } from './transport.ts'

/** Path of the eviction of one pod. */
export const evictionPath = (namespace: string, pod: string): string =>
  `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/eviction`

/**
 * The {@link EvictionControl} over one API server (policy/v1, "API-initiated Eviction"): 201 = the pod is being deleted, 429 =
 * a PodDisruptionBudget does not allow it now, 404 or 409 = that very pod is gone.
 */
export const createEvictions = (transport: KubeTransport): EvictionControl => ({
  evict: async ({ namespace, name, uid }, options = {}) => {
    try {
      await transport.request({
        method: 'POST',
        path: `${evictionPath(namespace, name)}?fieldManager=rollproof`,
        purpose: { verb: 'create', resource: 'pods/eviction', namespace, name },
        body: {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name, namespace },
          deleteOptions: { preconditions: { uid } },
        },
        ...options,
      })
      return 'evicted'
    } catch (error) {
      if (hasCode(error, 'KUBE_THROTTLED')) return 'refused'
      if (hasCode(error, 'KUBE_NOT_FOUND') || hasCode(error, 'KUBE_CONFLICT')) return 'gone'
      throw error
    }
  },
})
