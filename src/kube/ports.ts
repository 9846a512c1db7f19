import type { Clock } from '../kernel/clock.ts'
import type { HarnessError } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { Random } from '../kernel/random.ts'
import type { EpochMs } from '../kernel/units.ts'
import type { AccessNeed } from '../model/access.ts'
import type {
  ClusterEventSnapshot,
  DeploymentSnapshot,
  EndpointSliceSnapshot,
  EndpointSnapshot,
  PodRef,
  PodSnapshot,
  ReplicaSetSnapshot,
} from '../model/cluster.ts'
import type { Surroundings } from '../model/surroundings.ts'
import type { VariantKind, VariantObject, VariantPatch } from '../model/variant.ts'

/** What can be listed and watched, by the name that facts and permissions use, and what each object is read as. */
export interface WatchedObjects {
  readonly pods: PodSnapshot
  readonly deployments: DeploymentSnapshot
  readonly replicasets: ReplicaSetSnapshot
  readonly endpointslices: EndpointSliceSnapshot
  readonly events: ClusterEventSnapshot
}
export type WatchedResource = keyof WatchedObjects

/** Which objects of a namespace; selectors in their text form, `''` = all. */
export interface ObjectQuery {
  readonly namespace: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/** An object as one list or watch event showed it, with what identifies it and this version of it. */
export interface Versioned<T> {
  readonly uid: string
  readonly name: string
  readonly resourceVersion: string
  readonly value: T
}

export interface ListedObjects<T> {
  readonly items: readonly Versioned<T>[]
  readonly resourceVersion: string
}

/** What a list-watch tells, in order. Times are ms of `Clock.nowMs()`. */
export type WatchNotice<T> =
  /** A LIST: these are all objects there are. `why` is null for the first one. */
  | {
      readonly type: 'listed'
      readonly items: readonly Versioned<T>[]
      readonly resourceVersion: string
      readonly why: string | null
      /** Since when changes may have gone unseen; `null` for the first list. */
      readonly blindSinceMs: number | null
    }
  /** The stream is open; all changes after this version will come. */
  | { readonly type: 'opened'; readonly resourceVersion: string }
  | { readonly type: 'changed'; readonly object: Versioned<T> }
  | { readonly type: 'deleted'; readonly object: Versioned<T> }
  /** Nothing new up to this version. */
  | { readonly type: 'bookmark'; readonly resourceVersion: string }
  /** What happened in between may have been missed or learned late; `resumedAtMs` null = never again. */
  | {
      readonly type: 'gap'
      readonly lostAtMs: number
      readonly resumedAtMs: number | null
      readonly why: string
    }

export interface WatchOptions<T> {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Ends the watch. */
  readonly signal: AbortSignal
  /** Called in order. If it throws, the watch ends as after an object that cannot be read: with a gap and a new list. */
  readonly onNotice: (notice: WatchNotice<T>) => void
}

/** A running list-watch. */
export interface ObjectWatch {
  /** The newest version that the stream has shown; `null` before the first list. */
  readonly resourceVersion: string | null
  /** When the stream was last known to be whole: the last byte, or the last {@link confirm}. Ms of `Clock.nowMs()`. */
  readonly lastByteAtMs: number
  /** Since when it has been blind, ms of `Clock.nowMs()`; `null` when it sees. */
  readonly blindSinceMs: number | null
  /** The stream is no longer believed: cut it, tell a gap from the last byte received, resume. */
  lose(why: string): void
  /** A LIST sent at this moment showed that nothing had been missed. */
  confirm(atMs: number): void
  /** Resolves once the first list is in and the stream is open; rejects when that never came about. */
  readonly opened: Promise<void>
  /** Resolves when the watch has ended: with its error when it gave up, with `null` when it was asked to end. */
  readonly ended: Promise<HarnessError | null>
}

/** One question for the cluster's clock. The answer's Date header has a grain of 1 s. */
export interface ClockSample {
  readonly sentAtMs: EpochMs
  readonly receivedAtMs: EpochMs
  /** The server's clock was in [date, date + 1 s) at some moment between sending and receiving. */
  readonly dateMs: EpochMs
}

/** May these credentials do it, in this namespace? */
export interface AccessQuestion extends Omit<AccessNeed, 'without'> {
  readonly namespace: string
}

export interface CallOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** Reads the cluster. Every method throws HarnessError with a KUBE_ code, naming verb, resource, namespace and server. */
export interface ClusterReader {
  readDeployment(namespace: string, name: string, options?: CallOptions): Promise<DeploymentSnapshot>
  /** Names of Deployments; of all namespaces when `namespace` is null. */
  listDeploymentNames(
    namespace: string | null,
    options?: CallOptions,
  ): Promise<readonly { readonly namespace: string; readonly name: string }[]>
  /** Services whose selector picks pods with these labels. */
  listServicesSelecting(
    namespace: string,
    labels: Readonly<Record<string, string>>,
    options?: CallOptions,
  ): Promise<readonly string[]>
  /** HorizontalPodAutoscalers that scale this Deployment. */
  listAutoscalersOf(namespace: string, deployment: string, options?: CallOptions): Promise<readonly string[]>
  /** A consistent LIST; with `exactVersion`, the state at that very version (KUBE_GONE when it is too old). */
  list<R extends WatchedResource>(
    resource: R,
    query: ObjectQuery,
    options?: CallOptions & { readonly exactVersion?: string },
  ): Promise<ListedObjects<WatchedObjects[R]>>
  watch<R extends WatchedResource>(
    resource: R,
    query: ObjectQuery,
    options: WatchOptions<WatchedObjects[R]>,
  ): ObjectWatch
  /** Whether these credentials may do it (SelfSubjectAccessReview). */
  isAllowed(question: AccessQuestion, options?: CallOptions): Promise<boolean>
  /** uid of the namespace kube-system: the identity of a cluster. */
  clusterUid(options?: CallOptions): Promise<string>
  sampleClock(options?: CallOptions): Promise<ClockSample>
}

/** Reads what predictions are made from: a Deployment and what stands around it. Changes nothing. */
export interface SurroundingsReader {
  /** What may not be read is `null` and listed in `unread`. Throws HarnessError with a KUBE_ code for all else. */
  readSurroundings(namespace: string, name: string, options?: CallOptions): Promise<Surroundings>
}

/** Which Deployment, and that very one: another of the same name is not touched. */
export interface DeploymentTarget {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** Writes to the Deployment. Nothing else in the program does. */
export interface RolloutControl {
  /**
   * Sends one strategic-merge patch and never repeats it. Returns the Deployment as the server answered.
   * With `dryRun` the server checks it (validation, admission, permission) and changes nothing.
   */
  patchDeployment(
    target: DeploymentTarget,
    patch: Readonly<Record<string, unknown>>,
    options?: CallOptions & { readonly dryRun?: boolean },
  ): Promise<DeploymentSnapshot>
}

/** One operation of a JSON patch (RFC 6902). */
export type JsonPatchOperation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/** Which object of a kind that a variant may change. */
export interface ObjectName extends VariantObject {
  readonly namespace: string
}

/** The objects that variants change, as the API server has them. All methods but `read`, `list` and `tryPatch` are writes. */
export interface ObjectStore {
  /** `null` when there is none. */
  read(object: ObjectName, options?: CallOptions): Promise<unknown>
  /** All objects of a kind in a namespace, each with its `kind`. */
  list(kind: VariantKind, namespace: string, options?: CallOptions): Promise<readonly unknown[]>
  /** What the object would be with a variant's patch: a server-side dry run, nothing is changed. */
  tryPatch(object: ObjectName, patch: VariantPatch, options?: CallOptions): Promise<unknown>
  /**
   * Sends a JSON patch once and never repeats it. It must test the object's uid. Returns the object as the server answered.
   * With `dryRun` nothing is changed. KUBE_REJECTED when a test failed, or when it is not acceptable.
   */
  patch(
    object: ObjectName,
    operations: readonly JsonPatchOperation[],
    options?: CallOptions & { readonly dryRun?: boolean },
  ): Promise<unknown>
}

/** Evicts pods of the Deployment, as `kubectl drain` does. */
export interface EvictionControl {
  /**
   * Asks once. `evicted`: it is being deleted; `refused`: a PodDisruptionBudget does not allow it now; `gone`: that very pod
   * is not there any more.
   */
  evict(pod: PodRef, options?: CallOptions): Promise<'evicted' | 'refused' | 'gone'>
}

/** A Lease as one read showed it. Times are text: whoever reads them may only see whether they changed. */
export interface LeaseRecord {
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: string
  /** `null` = nobody holds it. */
  readonly holder: string | null
  readonly durationSeconds: number | null
  readonly acquireTime: string | null
  readonly renewTime: string | null
  readonly transitions: number
}

/** A Lease as it is to be. With a `resourceVersion` it must be unchanged since; with `null` it must not exist. */
export type LeaseDraft = Omit<LeaseRecord, 'resourceVersion'> & {
  readonly resourceVersion: string | null
  /** The Deployment that it stands for: the Lease goes when that one goes. */
  readonly owner: DeploymentTarget
}

/** Leases (coordination.k8s.io/v1). */
export interface LeaseStore {
  /** `null` when there is none. */
  read(namespace: string, name: string, options?: CallOptions): Promise<LeaseRecord | null>
  /** Creates or replaces it. KUBE_CONFLICT when it is there, or was changed; KUBE_NOT_FOUND when it is gone. */
  write(draft: LeaseDraft, options?: CallOptions): Promise<LeaseRecord>
}

/** What the watch knows now. Kept by the watchers, read by the orchestrator. */
export interface ClusterView {
  /** `null` once it was deleted. */
  readonly deployment: DeploymentSnapshot | null
  /** By uid. */
  readonly pods: ReadonlyMap<string, PodSnapshot>
  /** Those of the Deployment, by uid. */
  readonly replicaSets: ReadonlyMap<string, ReplicaSetSnapshot>
  readonly endpoints: readonly EndpointSnapshot[]
  /** Calls back after each change; the returned function ends it. */
  subscribe(listener: () => void): () => void
  /** A change of the number of replicas to this one is ours. */
  expectReplicas(replicas: number): void
  /** A change of the template to these images and this restart annotation is ours. */
  expectTemplate(template: Pick<DeploymentSnapshot, 'images' | 'templateAnnotations'>): void
  /** A restart with this annotation value is ours: its change of the Deployment is not foreign. */
  expectRestart(restartedAt: string): void
  /** While true, what the watch told is audited every 2 s. */
  rolling(active: boolean): void
}
