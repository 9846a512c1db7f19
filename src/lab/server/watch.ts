import type { Clock } from '../../kernel/clock.ts'
import type { KubeObject, Store, StoreEvent } from '../sim/store.ts'
import { expired, statusOf } from './api-error.ts'
import type { ListOptions } from './list-options.ts'
import { apiVersionOf, type ResourceType } from './resource-types.ts'

export type WatchType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

/** Where a watch writes to: one HTTP response. */
export interface WatchSink {
  send(type: WatchType, object: unknown): void
  /** Ends the response in order. */
  end(): void
}

export interface WatchRequest {
  readonly type: ResourceType
  readonly namespace: string | null
  readonly options: ListOptions
  /** Objects in the form that the client asked for. */
  readonly represent: (object: KubeObject) => unknown
  readonly timeoutSeconds: number
  readonly bookmarkIntervalMs: number
}

const change = (
  { type, object, previous }: StoreEvent,
  selects: (object: KubeObject) => boolean,
): WatchType | null => {
  const before = type !== 'ADDED' && previous !== null && selects(previous)
  if (type === 'DELETED') return before ? 'DELETED' : null
  const after = selects(object)
  if (before && !after) return 'DELETED'
  if (!after) return null
  return before ? 'MODIFIED' : 'ADDED'
}

const bookmark = (type: ResourceType, version: number, initialEventsEnd: boolean): KubeObject => ({
  kind: type.kind,
  apiVersion: apiVersionOf(type),
  metadata: {
    name: '',
    resourceVersion: String(version),
    ...(initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
  },
})

/**
 * Sends what happens to the selected objects until the time is over; the returned function ends it early, without
 * closing the sink. A start version that the history no longer holds is an ERROR event with 410, as the watch cache
 * answers. Events go out in the turn in which the store changes.
 */
export const startWatch = (
  store: Store,
  clock: Clock,
  request: WatchRequest,
  sink: WatchSink,
): (() => void) => {
  const { type, namespace, options, represent } = request
  const selects = (object: KubeObject): boolean =>
    (namespace === null || object.metadata.namespace === namespace) && options.selects(object)
  let seen = store.resourceVersion

  const deliver = (event: StoreEvent): void => {
    if (event.resourceVersion <= sentUpTo) return
    seen = event.resourceVersion
    if (event.resource !== type.storeName) return
    const kind = change(event, selects)
    if (kind !== null) sink.send(kind, represent(event.object))
  }

  const { resourceVersion } = options
  const fromStart = resourceVersion === null || resourceVersion === 0 || options.sendInitialEvents
  let sentUpTo = fromStart ? store.resourceVersion : (resourceVersion ?? 0)
  if (fromStart) {
    for (const object of store.list(type.storeName, namespace).items)
      if (selects(object)) sink.send('ADDED', represent(object))
    if (options.sendInitialEvents && options.bookmarks)
      sink.send('BOOKMARK', represent(bookmark(type, sentUpTo, true)))
  } else {
    const missed = store.since(sentUpTo)
    if (missed === null) {
      const message = `too old resource version: ${sentUpTo} (${store.resourceVersion})`
      sink.send('ERROR', statusOf(expired(message)))
      sink.end()
      return () => {}
    }
    for (const event of missed) deliver(event)
    sentUpTo = Math.max(sentUpTo, store.resourceVersion)
  }

  const mark = (): void => sink.send('BOOKMARK', represent(bookmark(type, Math.max(seen, sentUpTo), false)))
  const stops = [
    store.subscribe(deliver),
    ...(options.bookmarks ? [clock.every(request.bookmarkIntervalMs, mark)] : []),
    clock.after(request.timeoutSeconds * 1000, () => {
      if (options.bookmarks) mark()
      stop()
      sink.end()
    }),
  ]
  const stop = (): void => {
    for (const end of stops) end()
  }
  return stop
}
