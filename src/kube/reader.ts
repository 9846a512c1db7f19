import { HarnessError } from '../kernel/errors.ts'
import { epochMs } from '../kernel/units.ts'
import { listWatch } from './list-watch.ts'
import { deploymentOf } from './map-deployment.ts'
import { protocolError } from './map-errors.ts'
import { clusterEventOf, endpointSliceOf, podOf, replicaSetOf } from './map-objects.ts'
import { isObject, objectAt, textAt, textsAt } from './parse.ts'
import type {
  CallOptions,
  ClusterReader,
  ObjectQuery,
  Versioned,
  WatchedObjects,
  WatchedResource,
} from './ports.ts'
import type { CallPurpose, KubeCall, KubeTransport } from './transport.ts'

const PAGE = 500

type Mappers = { readonly [R in WatchedResource]: (object: unknown) => WatchedObjects[R] }
const MAPPERS: Mappers = {
  pods: podOf,
  deployments: deploymentOf,
  replicasets: replicaSetOf,
  endpointslices: endpointSliceOf,
  events: clusterEventOf,
}

const ROOTS: Readonly<Record<WatchedResource, string>> = {
  pods: '/api/v1',
  events: '/api/v1',
  deployments: '/apis/apps/v1',
  replicasets: '/apis/apps/v1',
  endpointslices: '/apis/discovery.k8s.io/v1',
}

const inNamespace = (root: string, namespace: string, resource: string, name?: string): string =>
  `${root}/namespaces/${encodeURIComponent(namespace)}/${resource}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`

/** Path of one Deployment. */
export const deploymentPath = (namespace: string, name: string): string =>
  inNamespace(ROOTS.deployments, namespace, 'deployments', name)

const withQuery = (path: string, query: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

const toPurpose = (verb: string, resource: string, namespace: string | null, name?: string): CallPurpose => ({
  verb,
  resource,
  namespace,
  name: name ?? null,
})

const limitsOf = ({ signal, timeoutMs }: CallOptions = {}): Pick<KubeCall, 'signal' | 'timeoutMs'> => ({
  ...(signal === undefined ? {} : { signal }),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
})

const readerOf =
  <R extends WatchedResource>(resource: R) =>
  (object: unknown): Versioned<WatchedObjects[R]> => {
    const value = MAPPERS[resource](object)
    const metadata = objectAt(object, 'metadata')
    return {
      uid: textAt(metadata, 'uid') ?? '',
      name: textAt(metadata, 'name') ?? '',
      resourceVersion: value.resourceVersion,
      value,
    }
  }

/** The {@link ClusterReader} over one API server. */
export const createReader = (transport: KubeTransport): ClusterReader => {
  const get = async (path: string, purpose: CallPurpose, options?: CallOptions): Promise<unknown> =>
    (await transport.request({ method: 'GET', path, purpose, ...limitsOf(options) })).body

  /** All pages of a LIST, raw. */
  const pages = async (
    path: string,
    purpose: CallPurpose,
    query: Readonly<Record<string, string | undefined>>,
    options?: CallOptions,
  ): Promise<{ readonly items: readonly unknown[]; readonly resourceVersion: string }> => {
    const items: unknown[] = []
    let after: string | undefined
    for (;;) {
      // The version and selectors of a LIST are part of the token of its further pages; a version beside it is refused.
      const versions =
        after === undefined ? {} : { resourceVersion: undefined, resourceVersionMatch: undefined }
      const paged = { ...query, ...versions, limit: String(PAGE), continue: after }
      const body = await get(withQuery(path, paged), purpose, options)
      const metadata = objectAt(body, 'metadata')
      const resourceVersion = textAt(metadata, 'resourceVersion')
      if (!isObject(body) || !Array.isArray(body.items) || resourceVersion === null) {
        throw protocolError(transport.server, purpose, 'the answer is no list')
      }
      items.push(...body.items)
      after = textAt(metadata, 'continue') ?? undefined
      if (after === undefined) return { items, resourceVersion }
    }
  }

  const pathOf = (resource: WatchedResource, { namespace }: ObjectQuery): string =>
    inNamespace(ROOTS[resource], namespace, resource)
  const selectorsOf = ({ labelSelector, fieldSelector }: ObjectQuery) => ({ labelSelector, fieldSelector })

  return {
    readDeployment: async (namespace, name, options) =>
      deploymentOf(
        await get(deploymentPath(namespace, name), toPurpose('get', 'deployments', namespace, name), options),
      ),

    listDeploymentNames: async (namespace, options) => {
      const path =
        namespace === null ? `${ROOTS.deployments}/deployments` : pathOf('deployments', { namespace })
      const { items } = await pages(path, toPurpose('list', 'deployments', namespace), {}, options)
      return items.flatMap((item) => {
        const metadata = objectAt(item, 'metadata')
        const name = textAt(metadata, 'name')
        return name === null ? [] : [{ namespace: textAt(metadata, 'namespace') ?? '', name }]
      })
    },

    listServicesSelecting: async (namespace, labels, options) => {
      const path = inNamespace('/api/v1', namespace, 'services')
      const { items } = await pages(path, toPurpose('list', 'services', namespace), {}, options)
      return items.flatMap((item) => {
        const selector = Object.entries(textsAt(objectAt(item, 'spec'), 'selector'))
        const name = textAt(objectAt(item, 'metadata'), 'name')
        const selects = selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
        return selects && name !== null ? [name] : []
      })
    },

    listAutoscalersOf: async (namespace, deployment, options) => {
      const path = inNamespace('/apis/autoscaling/v2', namespace, 'horizontalpodautoscalers')
      const purpose = toPurpose('list', 'horizontalpodautoscalers', namespace)
      const { items } = await pages(path, purpose, {}, options)
      return items.flatMap((item) => {
        const scaled = objectAt(objectAt(item, 'spec'), 'scaleTargetRef')
        const name = textAt(objectAt(item, 'metadata'), 'name')
        return scaled.kind === 'Deployment' && scaled.name === deployment && name !== null ? [name] : []
      })
    },

    list: async (resource, query, options) => {
      const exact = options?.exactVersion
      const { items, resourceVersion } = await pages(
        pathOf(resource, query),
        toPurpose('list', resource, query.namespace),
        {
          ...selectorsOf(query),
          ...(exact === undefined ? {} : { resourceVersion: exact, resourceVersionMatch: 'Exact' }),
        },
        options,
      )
      return { items: items.map(readerOf(resource)), resourceVersion }
    },

    watch: (resource, query, options) =>
      listWatch(
        {
          list: (signal) =>
            pages(pathOf(resource, query), toPurpose('list', resource, query.namespace), selectorsOf(query), {
              signal,
              timeoutMs: 30_000,
            }),
          stream: (resourceVersion, timeoutSeconds, signal) =>
            transport.stream({
              method: 'GET',
              path: withQuery(pathOf(resource, query), {
                ...selectorsOf(query),
                watch: 'true',
                allowWatchBookmarks: 'true',
                resourceVersion,
                timeoutSeconds: String(timeoutSeconds),
              }),
              purpose: toPurpose('watch', resource, query.namespace),
              signal,
            }),
        },
        readerOf(resource),
        options,
      ),

    isAllowed: async ({ verb, group, resource, subresource, namespace, name }, options) => {
      const { body } = await transport.request({
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        purpose: toPurpose('create', 'selfsubjectaccessreviews', null),
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: {
            resourceAttributes: {
              verb,
              group,
              resource,
              namespace,
              ...(subresource === undefined ? {} : { subresource }),
              ...(name === undefined ? {} : { name }),
            },
          },
        },
        ...limitsOf(options),
      })
      return objectAt(body, 'status').allowed === true
    },

    clusterUid: async (options) => {
      const purpose = toPurpose('get', 'namespace', null, 'kube-system')
      const uid = textAt(
        objectAt(await get('/api/v1/namespaces/kube-system', purpose, options), 'metadata'),
        'uid',
      )
      if (uid === null) throw protocolError(transport.server, purpose, 'the namespace has no uid')
      return uid
    },

    sampleClock: async (options) => {
      const purpose = toPurpose('get', 'version', null)
      const answer = await transport.request({
        method: 'GET',
        path: '/version',
        purpose,
        ...limitsOf(options),
      })
      const date = answer.date === null ? Number.NaN : Date.parse(answer.date)
      if (Number.isNaN(date)) {
        throw new HarnessError('KUBE_PROTOCOL', `${transport.server} answers without a Date header`)
      }
      return { sentAtMs: answer.sentAtMs, receivedAtMs: answer.receivedAtMs, dateMs: epochMs(date) }
    },
  }
}
