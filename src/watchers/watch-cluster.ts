import type { Clock } from '../kernel/clock.ts'
import { type HarnessError, messageOf } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { Random } from '../kernel/random.ts'
import { epochMs, runMs } from '../kernel/units.ts'
import type {
  ClusterReader,
  ClusterView,
  ObjectQuery,
  ObjectWatch,
  WatchedObjects,
  WatchedResource,
  WatchNotice,
} from '../kube/ports.ts'
import type { DeploymentSnapshot, EndpointSliceSnapshot, ReplicaSetSnapshot } from '../model/cluster.ts'
import type { ClusterClaim, EventDraft, EventSink } from '../model/events.ts'
import { type Audited, createAuditor } from './auditor.ts'
import { watchClock } from './clock-watch.ts'
import { diffEndpoints } from './diff-endpoints.ts'
import { diffPod } from './diff-pods.ts'
import { diffDeployment, diffReplicaSet, templateKey } from './diff-workload.ts'
import { createObjectStore, type ObjectChange, type ObjectStore } from './object-store.ts'
import { watchEvents } from './watch-events.ts'

export interface WatchClusterOptions {
  readonly reader: ClusterReader
  /** As preflight read it. Another Deployment of this name is not followed. */
  readonly deployment: DeploymentSnapshot
  /** Services whose endpoints count; `null` = not known (listing services is forbidden): all that have our pods. */
  readonly services: readonly string[] | null
  readonly sink: EventSink
  readonly clock: Clock
  /** `clock.nowMs()` at the start of the run: the origin of all RunMs. */
  readonly originMs: number
  readonly random: Random
  readonly log: Logger
  /** Ends all watches at once, without the last audit. */
  readonly signal: AbortSignal
  /** Without the right to watch events the run only lacks their words. Default true. */
  readonly watchEvents?: boolean
}

export interface ClusterWatch extends ClusterView {
  /** Resolves with the error when a watch that the verdict needs has given up; never otherwise. */
  readonly failed: Promise<HarnessError>
  /** The last audits (watch.audited, final), then the end of all watches. */
  finish(): Promise<void>
  /** Ends all watches at once. Safe to call twice. */
  close(): Promise<void>
}

const AUDIT_EVERY_MS = 2000

/**
 * Follows the pods, endpoints, ReplicaSets and events of a Deployment, and itself, and hands every transition to `sink`.
 * Resolves once all watches are open and what there is has been told. Rejects with the error of the first that cannot
 * be opened.
 */
export const watchCluster = async (options: WatchClusterOptions): Promise<ClusterWatch> => {
  const { reader, deployment: target, sink, clock, originMs, random, log } = options
  const { namespace } = target
  const end = new AbortController()
  const signal = AbortSignal.any([options.signal, end.signal])
  const listeners = new Set<() => void>()
  const ownRestarts = new Set<string>()
  const ownReplicas = new Set<number>()
  const ownTemplates = new Set<string>()
  const podUids = new Set<string>()
  const stores = {
    pods: createObjectStore<WatchedObjects['pods']>(),
    deployments: createObjectStore<WatchedObjects['deployments']>(),
    replicasets: createObjectStore<WatchedObjects['replicasets']>(),
    endpointslices: createObjectStore<WatchedObjects['endpointslices']>(),
  }

  const toEpoch = (nowMs: number) => epochMs(clock.epochMs() - (clock.nowMs() - nowMs))
  const isOurs = (set: ReplicaSetSnapshot): boolean => set.ownerUid === target.uid
  const revisionOf = (name: string): number | null => {
    for (const { value } of stores.replicasets.held.values()) if (value.name === name) return value.revision
    return null
  }

  /** Only endpoints of our pods, where services are not known. */
  const ourPart = (slice: EndpointSliceSnapshot | null): EndpointSliceSnapshot | null =>
    slice === null || options.services !== null
      ? slice
      : {
          ...slice,
          endpoints: slice.endpoints.filter(({ podUid }) => podUid !== null && podUids.has(podUid)),
        }

  const isAbout = ({ kind, name, uid }: { kind: string; name: string; uid: string | null }): boolean =>
    uid === target.uid ||
    (uid !== null && podUids.has(uid)) ||
    (kind === 'ReplicaSet' &&
      [...stores.replicasets.held.values()].some(({ value }) => value.name === name && isOurs(value))) ||
    (kind === 'HorizontalPodAutoscaler' && name === target.name)

  type Translate<R extends WatchedResource> = (
    change: ObjectChange<WatchedObjects[R]>,
    between: ClusterClaim,
  ) => EventDraft[]

  /** Facts of how a watch itself fares. */
  const tellSight = (resource: string, notice: WatchNotice<unknown>): void => {
    if (notice.type === 'opened') {
      sink({ type: 'watch.opened', resource, resourceVersion: notice.resourceVersion })
    } else if (notice.type === 'listed' && notice.why !== null) {
      sink({ type: 'watch.relisted', resource, why: notice.why })
    } else if (notice.type === 'gap') {
      sink({
        type: 'watch.gap',
        resource,
        lostAtMs: runMs(notice.lostAtMs - originMs),
        resumedAtMs: notice.resumedAtMs === null ? null : runMs(notice.resumedAtMs - originMs),
        why: notice.why,
      })
    }
  }

  const follow = <R extends Exclude<WatchedResource, 'events'>>(
    resource: R,
    store: ObjectStore<WatchedObjects[R]>,
    query: ObjectQuery,
    translate: Translate<R>,
  ): Audited => {
    const watch = reader.watch(resource, query, {
      clock,
      random: random.fork(resource),
      log,
      signal,
      onNotice: (notice) => {
        tellSight(resource, notice)
        const blindSinceMs = notice.type === 'listed' ? notice.blindSinceMs : null
        const between: ClusterClaim =
          blindSinceMs === null
            ? null
            : { earliestAtMs: toEpoch(blindSinceMs), latestAtMs: epochMs(clock.epochMs()) }
        for (const change of store.apply(notice)) {
          for (const draft of translate(change, change.synthesised ? between : null)) sink(draft)
        }
        for (const listener of [...listeners]) listener()
      },
    })
    return { resource, query, watch, store, until }
  }

  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  const until = (holds: () => boolean, timeoutMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      const settle = (held: boolean): void => {
        cancel()
        unsubscribe()
        signal.removeEventListener('abort', onAbort)
        resolve(held)
      }
      const onAbort = (): void => settle(false)
      const cancel = clock.after(timeoutMs, () => settle(holds()))
      const unsubscribe = subscribe(() => {
        if (holds()) settle(true)
      })
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) settle(false)
      else if (holds()) settle(true)
    })

  const byLabel = { namespace, labelSelector: target.labelSelector }
  const audited: Audited[] = [
    follow(
      'deployments',
      stores.deployments,
      { namespace, fieldSelector: `metadata.name=${target.name}` },
      ({ before, after }) => diffDeployment(before, after, ownRestarts, ownReplicas, ownTemplates),
    ),
  ]
  const watches = (): readonly ObjectWatch[] => audited.map(({ watch }) => watch)

  try {
    audited.push(
      follow('replicasets', stores.replicasets, byLabel, ({ before, after }) => {
        const shown = after ?? before
        return shown !== null && isOurs(shown) ? diffReplicaSet(before, after) : []
      }),
    )
    // Pods are told after their ReplicaSets, so that their revision is known.
    await Promise.all(watches().map(({ opened }) => opened))
    audited.push(
      follow('pods', stores.pods, byLabel, ({ before, after }, between) => {
        if (after !== null) podUids.add(after.ref.uid)
        return diffPod(before, after, { revisionOf, between })
      }),
    )
    await Promise.all(watches().map(({ opened }) => opened))
    if (options.services === null || options.services.length > 0) {
      const services = options.services ?? []
      const labelSelector =
        services.length === 0
          ? ''
          : services.length === 1
            ? `kubernetes.io/service-name=${services[0]}`
            : `kubernetes.io/service-name in (${services.join(',')})`
      audited.push(
        follow('endpointslices', stores.endpointslices, { namespace, labelSelector }, ({ before, after }) =>
          diffEndpoints(ourPart(before), ourPart(after), namespace),
        ),
      )
    }
    await Promise.all(watches().map(({ opened }) => opened))
  } catch (error) {
    end.abort()
    await Promise.all(watches().map(({ ended }) => ended))
    throw error
  }

  const events =
    options.watchEvents === false
      ? null
      : watchEvents({
          reader,
          namespace,
          sink,
          isAbout,
          clock,
          random: random.fork('events'),
          log,
          signal,
          onNotice: (notice) => tellSight('events', notice),
        })
  // Words only: a run does without them where they may not be watched.
  await events?.opened.catch((error: unknown) =>
    log.warn({ error: messageOf(error) }, 'events are not watched'),
  )
  const auditor = createAuditor({ reader, clock, sink, signal })
  const clockWatch = watchClock({ reader, clock, sink, signal })
  let auditing: Promise<unknown> = Promise.resolve()
  let isRolling = false
  let isBusy = false
  const stopAudits = clock.every(AUDIT_EVERY_MS, () => {
    if (!isRolling || isBusy) return
    isBusy = true
    auditing = Promise.all(audited.map(auditor.audit)).finally(() => {
      isBusy = false
    })
  })

  const failed = new Promise<HarnessError>((resolve) => {
    for (const watch of watches()) {
      watch.ended.then(
        (error) => {
          if (error !== null) resolve(error)
        },
        () => {},
      )
    }
  })

  const close = async (): Promise<void> => {
    stopAudits()
    end.abort()
    await Promise.all([...watches().map(({ ended }) => ended), events?.ended, auditing, clockWatch])
  }

  return {
    get deployment() {
      return stores.deployments.held.get(target.uid)?.value ?? null
    },
    get pods() {
      return new Map([...stores.pods.held].map(([uid, { value }]) => [uid, value]))
    },
    get replicaSets() {
      const ours = [...stores.replicasets.held].filter(([, { value }]) => isOurs(value))
      return new Map(ours.map(([uid, { value }]) => [uid, value]))
    },
    get endpoints() {
      return [...stores.endpointslices.held.values()].flatMap(({ value }) => ourPart(value)?.endpoints ?? [])
    },
    subscribe,
    expectRestart: (restartedAt) => {
      ownRestarts.add(restartedAt)
    },
    expectReplicas: (replicas) => {
      ownReplicas.add(replicas)
    },
    expectTemplate: (template) => {
      ownTemplates.add(templateKey(template))
    },
    rolling: (active) => {
      isRolling = active
    },
    failed,
    finish: async () => {
      stopAudits()
      await auditing
      if (!signal.aborted) await Promise.all(audited.map(auditor.auditFinally))
      await close()
    },
    close,
  }
}
