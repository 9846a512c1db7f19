import { randomUUID } from 'node:crypto'
import type { Clock } from '../../kernel/clock.ts'
import { cloneObject, deepFreeze } from './freeze.ts'
import { sameJson } from './same-json.ts'
import type { KubeObject, Store, StoreEvent } from './store.ts'
import { StoreError } from './store-error.ts'
import { kubeTime } from './timestamp.ts'

export interface StoreOptions {
  /** How many changes a watch can catch up on; older resource versions are gone (410). Default 20,000. */
  readonly historyLength?: number
  /** Makes the uid of a new object. Default: a random UUID. */
  readonly newUid?: () => string
}

const keyOf = (namespace: string | null | undefined, name: string): string => `${namespace ?? ''}/${name}`

/** What the API calls the spec: everything but identity, metadata and status (EndpointSlices have no `spec`). */
const specOf = (object: KubeObject): Record<string, unknown> => {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, status: _status, ...spec } = object
  return spec
}

const sameBut = (previous: KubeObject, next: KubeObject): boolean => {
  const metadata = {
    ...next.metadata,
    resourceVersion: previous.metadata.resourceVersion,
    generation: previous.metadata.generation,
  }
  return sameJson({ ...next, metadata }, previous)
}

/**
 * A {@link Store} in memory. Events of changes that a listener makes are delivered after the event it was
 * called with has reached all listeners, so that every listener sees every change in the order of its version.
 */
export const createStore = (clock: Clock, options: StoreOptions = {}): Store => {
  const historyLength = options.historyLength ?? 20_000
  const newUid = options.newUid ?? randomUUID
  const resources = new Map<string, Map<string, KubeObject>>()
  const listeners = new Set<(event: StoreEvent) => void>()
  const queue: StoreEvent[] = []
  let history: StoreEvent[] = []
  /** The oldest version from which the history is complete. */
  let horizon = 1
  let version = 1
  let delivering = false

  const objectsOf = (resource: string): Map<string, KubeObject> => {
    const objects = resources.get(resource) ?? new Map<string, KubeObject>()
    resources.set(resource, objects)
    return objects
  }

  const deliver = (): void => {
    if (delivering) return
    delivering = true
    try {
      for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
        for (const listener of [...listeners]) if (listeners.has(listener)) listener(event)
      }
    } finally {
      delivering = false
    }
  }

  const publish = (
    type: StoreEvent['type'],
    resource: string,
    object: KubeObject,
    previous: KubeObject | null,
  ): void => {
    const event: StoreEvent = { type, resource, object, previous, resourceVersion: version }
    history.push(event)
    if (history.length > historyLength * 1.25) {
      history = history.slice(-historyLength)
      horizon = (history[0]?.resourceVersion ?? version) - 1
    }
    queue.push(event)
    deliver()
  }

  const stamped = (object: KubeObject): KubeObject => {
    version += 1
    object.metadata.resourceVersion = String(version)
    return deepFreeze(object)
  }

  const get: Store['get'] = (resource, namespace, name) =>
    resources.get(resource)?.get(keyOf(namespace, name)) ?? null

  const notFound = (resource: string, name: string): StoreError =>
    new StoreError('NotFound', resource, name, `${resource} "${name}" not found`)

  const write = (resource: string, previous: KubeObject, changed: KubeObject): KubeObject => {
    const next = cloneObject(changed)
    next.metadata.uid = previous.metadata.uid ?? newUid()
    if (previous.metadata.creationTimestamp !== undefined)
      next.metadata.creationTimestamp = previous.metadata.creationTimestamp
    if (sameBut(previous, next) && (next.metadata.generation ?? 0) <= (previous.metadata.generation ?? 0))
      return previous
    const generation = previous.metadata.generation ?? 1
    const marked =
      previous.metadata.deletionTimestamp === undefined && next.metadata.deletionTimestamp !== undefined
    const raised = marked || !sameJson(specOf(previous), specOf(next))
    next.metadata.generation = raised ? generation + 1 : Math.max(generation, next.metadata.generation ?? 0)
    const object = stamped(next)
    objectsOf(resource).set(keyOf(object.metadata.namespace, object.metadata.name), object)
    publish('MODIFIED', resource, object, previous)
    return object
  }

  return {
    get,
    list: (resource, namespace) => {
      const entries = [...(resources.get(resource) ?? [])].filter(
        ([, object]) => namespace === null || object.metadata.namespace === namespace,
      )
      entries.sort(([a], [b]) => (a < b ? -1 : 1))
      return { items: entries.map(([, object]) => object), resourceVersion: version }
    },
    create: (resource, object) => {
      const { namespace, name } = object.metadata
      if (get(resource, namespace ?? null, name) !== null)
        throw new StoreError('AlreadyExists', resource, name, `${resource} "${name}" already exists`)
      const draft = cloneObject(object)
      draft.metadata.uid = newUid()
      draft.metadata.creationTimestamp = kubeTime(clock.epochMs())
      draft.metadata.generation = 1
      const created = stamped(draft)
      objectsOf(resource).set(keyOf(namespace, name), created)
      publish('ADDED', resource, created, null)
      return created
    },
    update: (resource, object) => {
      const { namespace, name, resourceVersion } = object.metadata
      const previous = get(resource, namespace ?? null, name)
      if (previous === null) throw notFound(resource, name)
      if (resourceVersion !== undefined && resourceVersion !== previous.metadata.resourceVersion) {
        const message = `the object has been modified; please apply your changes to the latest version and try again`
        throw new StoreError('Conflict', resource, name, message)
      }
      return write(resource, previous, object)
    },
    mutate: (resource, namespace, name, change) => {
      const previous = get(resource, namespace, name)
      if (previous === null) return null
      const draft = cloneObject(previous)
      change(draft)
      return write(resource, previous, draft)
    },
    remove: (resource, namespace, name) => {
      const previous = get(resource, namespace, name)
      if (previous === null) return null
      resources.get(resource)?.delete(keyOf(namespace, name))
      const last = stamped(cloneObject(previous))
      publish('DELETED', resource, last, previous)
      return last
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    since: (resourceVersion) => {
      if (resourceVersion < horizon) return null
      return history.filter((event) => event.resourceVersion > resourceVersion)
    },
    get resourceVersion() {
      return version
    },
  }
}
