import { hasCode } from '../kernel/errors.ts'
import { selectorText } from './map-deployment.ts'
import { protocolError } from './map-errors.ts'
import { isObject, objectAt, textAt } from './parse.ts'
import type { CallOptions, SurroundingsReader } from './ports.ts'
import { surroundingsOf } from './surroundings-of.ts'
import type { KubeTransport } from './transport.ts'

const PAGE = 500

/** Reads that a prediction can do without: forbidden, or a kind that this cluster does not have. */
const isOptional = (error: unknown): boolean =>
  hasCode(error, 'KUBE_FORBIDDEN') || hasCode(error, 'KUBE_NOT_FOUND')

/** The {@link SurroundingsReader} over one API server. Only GETs. */
export const createSurroundingsReader = (transport: KubeTransport): SurroundingsReader => ({
  readSurroundings: async (namespace, name, options = {}) => {
    const unread: { what: string; why: string }[] = []

    const get = async (path: string, resource: string, verb: string, named: string | null) => {
      const purpose = { verb, resource, namespace, name: named }
      const { body } = await transport.request({ method: 'GET', path, purpose, ...limits(options) })
      return { body, purpose }
    }

    const within = (root: string, resource: string): string =>
      `${root}/namespaces/${encodeURIComponent(namespace)}/${resource}`

    const listAll = async (root: string, resource: string, selector: Record<string, string>) => {
      const items: unknown[] = []
      let after = ''
      for (;;) {
        const query = new URLSearchParams({
          ...selector,
          limit: String(PAGE),
          ...(after === '' ? {} : { continue: after }),
        })
        const path = `${within(root, resource)}?${query}`
        const { body, purpose } = await get(path, resource, 'list', null)
        if (!isObject(body) || !Array.isArray(body.items)) {
          throw protocolError(transport.server, purpose, 'the answer is no list')
        }
        items.push(...body.items)
        after = textAt(objectAt(body, 'metadata'), 'continue') ?? ''
        if (after === '') return items
      }
    }

    const optional = async <T>(what: string, read: Promise<T>): Promise<T | null> => {
      try {
        return await read
      } catch (error) {
        if (!isOptional(error)) throw error
        unread.push({
          what,
          why: hasCode(error, 'KUBE_FORBIDDEN') ? 'not permitted' : 'the cluster does not have it',
        })
        return null
      }
    }
    const list = (root: string, resource: string, selector: Record<string, string> = {}) =>
      optional(resource, listAll(root, resource, selector))

    const path = `${within('/apis/apps/v1', 'deployments')}/${encodeURIComponent(name)}`
    const { body: deployment } = await get(path, 'deployments', 'get', name)
    const labelSelector = selectorText(objectAt(objectAt(deployment, 'spec'), 'selector'))
    const [services, ingresses, budgets, autoscalers, endpointSlices, pods, events, space] =
      await Promise.all([
        list('/api/v1', 'services'),
        list('/apis/networking.k8s.io/v1', 'ingresses'),
        list('/apis/policy/v1', 'poddisruptionbudgets'),
        list('/apis/autoscaling/v2', 'horizontalpodautoscalers'),
        list('/apis/discovery.k8s.io/v1', 'endpointslices'),
        list('/api/v1', 'pods', { labelSelector }),
        list('/api/v1', 'events', { fieldSelector: 'involvedObject.kind=Pod' }),
        optional(
          'the labels of the namespace',
          get(`/api/v1/namespaces/${encodeURIComponent(namespace)}`, 'namespaces', 'get', namespace),
        ),
      ])
    const objects = { deployment, services, ingresses, budgets, autoscalers, endpointSlices, pods, events }
    return surroundingsOf({ ...objects, namespace: space === null ? null : space.body }, unread)
  },
})

const limits = ({ signal, timeoutMs }: CallOptions) => ({
  ...(signal === undefined ? {} : { signal }),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
})
