import { hasCode } from '../kernel/errors.ts'
import type { VariantKind } from '../model/variant.ts'
import { protocolError } from './map-errors.ts'
import { isObject } from './parse.ts'
import type { CallOptions, ObjectName, ObjectStore } from './ports.ts'
import type { KubeCall, KubeTransport } from './transport.ts'

interface Resource {
  readonly root: string
  readonly plural: string
}

const RESOURCES: Readonly<Record<VariantKind, Resource>> = {
  Deployment: { root: '/apis/apps/v1', plural: 'deployments' },
  Service: { root: '/api/v1', plural: 'services' },
  Ingress: { root: '/apis/networking.k8s.io/v1', plural: 'ingresses' },
  PodDisruptionBudget: { root: '/apis/policy/v1', plural: 'poddisruptionbudgets' },
  HorizontalPodAutoscaler: { root: '/apis/autoscaling/v2', plural: 'horizontalpodautoscalers' },
}

const listPath = (kind: VariantKind, namespace: string): string => {
  const { root, plural } = RESOURCES[kind]
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`
}

/** Path of one object of a kind that a variant may change. */
export const objectPath = ({ kind, namespace, name }: ObjectName): string =>
  `${listPath(kind, namespace)}/${encodeURIComponent(name)}`

const PATCH_TYPES = {
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const

const limitsOf = ({ signal, timeoutMs }: CallOptions = {}): Pick<KubeCall, 'signal' | 'timeoutMs'> => ({
  ...(signal === undefined ? {} : { signal }),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
})

/** The {@link ObjectStore} over one API server. */
export const createObjectStore = (transport: KubeTransport): ObjectStore => {
  const purposeOf = (verb: string, { kind, namespace, name }: ObjectName) => ({
    verb,
    resource: RESOURCES[kind].plural,
    namespace,
    name,
  })
  const send = async (
    object: ObjectName,
    contentType: string,
    body: unknown,
    dryRun: boolean,
    options?: CallOptions,
  ): Promise<unknown> => {
    const path = `${objectPath(object)}?fieldManager=rollproof${dryRun ? '&dryRun=All' : ''}`
    const purpose = purposeOf('patch', object)
    return (
      await transport.request({ method: 'PATCH', path, purpose, contentType, body, ...limitsOf(options) })
    ).body
  }
  return {
    read: async (object, options) => {
      try {
        const purpose = purposeOf('get', object)
        return (
          await transport.request({ method: 'GET', path: objectPath(object), purpose, ...limitsOf(options) })
        ).body
      } catch (error) {
        if (hasCode(error, 'KUBE_NOT_FOUND')) return null
        throw error
      }
    },
    list: async (kind, namespace, options) => {
      const purpose = { verb: 'list', resource: RESOURCES[kind].plural, namespace, name: null }
      const path = listPath(kind, namespace)
      const { body } = await transport.request({ method: 'GET', path, purpose, ...limitsOf(options) })
      if (!isObject(body) || !Array.isArray(body.items)) {
        throw protocolError(transport.server, purpose, 'the answer is no list')
      }
      // The items of a list do not say what they are.
      return body.items.filter(isObject).map((item) => ({ ...item, kind }))
    },
    tryPatch: (object, { type, body }, options) => send(object, PATCH_TYPES[type], body, true, options),
    patch: (object, operations, { dryRun = false, ...options } = {}) =>
      send(object, PATCH_TYPES.json, operations, dryRun, options),
  }
}
