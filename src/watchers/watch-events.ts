import type { ClusterReader, ObjectWatch, WatchNotice, WatchOptions } from '../kube/ports.ts'
import type { ClusterEventSnapshot } from '../model/cluster.ts'
import type { EventSink } from '../model/events.ts'
import { stampClaim } from './claims.ts'

export interface WatchEventsOptions extends Omit<WatchOptions<ClusterEventSnapshot>, 'onNotice'> {
  readonly reader: ClusterReader
  readonly namespace: string
  readonly sink: EventSink
  /** Whether it is about an object that this run follows. */
  readonly isAbout: (regarding: ClusterEventSnapshot['regarding']) => boolean
  /** Told each notice first: how the watch itself fares. */
  readonly onNotice: (notice: WatchNotice<unknown>) => void
}

/** Events (core/v1) of a namespace as `event.seen`: words for the evidence, never a proof; dropped and merged as they are. */
export const watchEvents = ({
  reader,
  namespace,
  sink,
  isAbout,
  onNotice,
  ...options
}: WatchEventsOptions): ObjectWatch => {
  const known = new Map<string, string>()
  return reader.watch(
    'events',
    { namespace },
    {
      ...options,
      onNotice: (notice) => {
        onNotice(notice)
        const objects =
          notice.type === 'listed' ? notice.items : notice.type === 'changed' ? [notice.object] : []
        const isFirst = notice.type === 'listed' && notice.why === null
        for (const { uid, resourceVersion, value } of objects) {
          const isKnown = known.get(uid) === resourceVersion
          known.set(uid, resourceVersion)
          // What the first list shows happened before the run; what a later one shows may have been told.
          if (isFirst || isKnown || !isAbout(value.regarding)) continue
          const { reason, message, regarding, count, lastAtMs } = value
          sink({ type: 'event.seen', reason, message, regarding, count, cluster: stampClaim(lastAtMs) })
        }
      },
    },
  )
}
