import type { Clock } from '../../kernel/clock.ts'
import type { KubeObject, Store } from './store.ts'
import { kubeTime } from './timestamp.ts'

export interface EventDetails {
  readonly about: KubeObject
  readonly type?: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** Who reports: `deployment-controller`, `kubelet` … */
  readonly component: string
  /** The node, for a kubelet. */
  readonly host?: string
  /** A part of the object: `spec.containers{web}`. */
  readonly fieldPath?: string
}

/** Writes Kubernetes Events (the objects that `kubectl describe` lists). */
export interface EventRecorder {
  record(details: EventDetails): void
}

const hex = (epochMs: number, count: number): string =>
  (BigInt(Math.floor(epochMs)) * 1_000_000n + BigInt(count % 1_000_000)).toString(16)

/** Equal events of one object are counted up in one Event, as client-go's correlator does. */
export const createEventRecorder = (store: Store, clock: Clock): EventRecorder => {
  const names = new Map<string, { namespace: string; name: string }>()
  let recorded = 0

  return {
    record: ({ about, type = 'Normal', reason, message, component, host, fieldPath }) => {
      const nowMs = clock.epochMs()
      const now = kubeTime(nowMs)
      const key = JSON.stringify([about.metadata.uid, type, reason, message, component, host, fieldPath])
      const known = names.get(key)
      const repeated =
        known !== undefined &&
        store.mutate('events', known.namespace, known.name, (draft) => {
          draft.count = Number(draft.count) + 1
          draft.lastTimestamp = now
        })
      if (repeated) return
      const namespace = about.metadata.namespace ?? 'default'
      // The kubelet and the controllers record by themselves: what one has named, another must not.
      const nextName = (): string => `${about.metadata.name}.${hex(nowMs, ++recorded)}`
      let name = nextName()
      while (store.get('events', namespace, name) !== null) name = nextName()
      store.create('events', {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: {
          apiVersion: about.apiVersion,
          kind: about.kind,
          ...(about.metadata.namespace !== undefined && { namespace: about.metadata.namespace }),
          name: about.metadata.name,
          uid: about.metadata.uid,
          resourceVersion: about.metadata.resourceVersion,
          ...(fieldPath !== undefined && { fieldPath }),
        },
        reason,
        message,
        type,
        source: { component, ...(host !== undefined && { host }) },
        firstTimestamp: now,
        lastTimestamp: now,
        eventTime: null,
        count: 1,
        reportingComponent: component,
        reportingInstance: host ?? '',
      })
      names.set(key, { namespace, name })
    },
  }
}
