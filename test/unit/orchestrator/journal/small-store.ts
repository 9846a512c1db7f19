import type { Clock } from '../../../../src/kernel/clock.ts'
import { HarnessError } from '../../../../src/kernel/errors.ts'
import { silentLogger } from '../../../../src/kernel/logger.ts'
import type {
  ClusterReader,
  JsonPatchOperation,
  ObjectName,
  ObjectStore,
} from '../../../../src/kube/ports.ts'
import { jsonPatch } from '../../../../src/lab/server/json-patch.ts'
import { strategicMergePatch } from '../../../../src/lab/server/strategic-merge-patch.ts'
import type { ReplicaSetSnapshot } from '../../../../src/model/cluster.ts'
import type { JournalEntry, JournalLog } from '../../../../src/model/journal.ts'
import { specHash } from '../../../../src/orchestrator/journal/spec-hash.ts'
import { type ApiObject, asApiObject } from '../../../support/api-object.ts'
import { deployment, replicaSet } from '../../watchers/snapshots.ts'

/** What becomes of one call: as it should be, or an error, before or after it was applied; or the caller dies. */
export type Fate =
  | 'ok'
  | 'lost'
  | 'lost after'
  | 'error 500'
  | 'error 500 after'
  | 'conflict'
  | 'missing'
  | 'crash'
  | 'crash after'

export const FATES: readonly Fate[] = [
  'lost',
  'lost after',
  'error 500',
  'error 500 after',
  'conflict',
  'missing',
  'crash',
  'crash after',
]

/** The caller is dead: nothing catches this but the test. */
export class Crash extends Error {}

const fail = (fate: Fate): void => {
  switch (fate) {
    case 'crash':
    case 'crash after':
      throw new Crash()
    case 'lost':
    case 'lost after':
      throw new HarnessError('KUBE_UNREACHABLE', 'no answer')
    case 'error 500':
    case 'error 500 after':
      throw new HarnessError('KUBE_SERVER', 'HTTP 500')
    case 'conflict':
      throw new HarnessError('KUBE_CONFLICT', 'HTTP 409')
    case 'missing':
      throw new HarnessError('KUBE_NOT_FOUND', 'HTTP 404')
    case 'ok':
  }
}

export interface SmallStore {
  readonly objects: ObjectStore
  readonly reader: ClusterReader
  readonly journal: JournalLog
  /** What is on disk. */
  readonly lines: readonly JournalEntry[]
  /** Throws when there is none. */
  get(object: ObjectName): ApiObject
  find(object: ObjectName): ApiObject | null
  /** Puts an object there as anybody else would. */
  put(object: object): void
  remove(object: ObjectName): void
  /** Calls so far, of all kinds. */
  calls(): number
  /** From now on the n-th call (from 1) has this fate; a dead caller's later calls die too. */
  doom(at: number, fate: Fate): void
  /** Called before each write, with its number among the writes. */
  beforeWrite: (count: number) => void
}

const keyOf = ({ kind, namespace, name }: Readonly<Record<keyof ObjectName, string>>): string =>
  `${kind}/${namespace}/${name}`

/** A few objects in memory behind the ports, with versions, JSON patches all or nothing, and calls that can fail. */
export const createSmallStore = (initial: readonly object[]): SmallStore => {
  const stored = new Map<string, ApiObject>()
  const lines: JournalEntry[] = []
  let version = 0
  let count = 0
  let writes = 0
  let doomed: { at: number; fate: Fate } | null = null
  let dead = false

  const put = (object: object): void => {
    version += 1
    const next = asApiObject(structuredClone(object))
    const { kind, metadata } = next
    metadata.resourceVersion = String(version)
    stored.set(keyOf({ kind, namespace: metadata.namespace, name: metadata.name }), next)
  }
  for (const object of initial) put(object)

  const call = <T>(work: () => T): Promise<T> => {
    count += 1
    if (dead) return Promise.reject(new Crash())
    const fate = doomed?.at === count ? doomed.fate : 'ok'
    const isAfter = fate.endsWith('after')
    return new Promise((resolve, reject) => {
      try {
        if (fate === 'crash' || fate === 'crash after') dead = true
        if (!isAfter) fail(fate)
        const result = work()
        if (isAfter) fail(fate)
        resolve(result)
      } catch (error) {
        reject(error)
      }
    })
  }

  const get = (name: ObjectName): ApiObject => {
    const object = stored.get(keyOf(name))
    if (object === undefined) throw new HarnessError('KUBE_NOT_FOUND', 'HTTP 404')
    return object
  }
  const apply = (name: ObjectName, change: (object: ApiObject) => unknown, dryRun: boolean): ApiObject => {
    const next = asApiObject(change(structuredClone(get(name))))
    if (dryRun) return next
    writes += 1
    put(next)
    return structuredClone(get(name))
  }

  const store: SmallStore = {
    objects: {
      read: (name) => call(() => structuredClone(stored.get(keyOf(name)) ?? null)),
      list: (kind, namespace) =>
        call(() =>
          structuredClone(
            [...stored.values()].filter((one) => one.kind === kind && one.metadata.namespace === namespace),
          ),
        ),
      tryPatch: (name, patch) =>
        call(() =>
          apply(
            name,
            (object) =>
              patch.type === 'json'
                ? jsonPatch(object, patch.body)
                : strategicMergePatch(name.kind, { ...object }, patch.body),
            true,
          ),
        ),
      patch: (name, operations: readonly JsonPatchOperation[], options = {}) =>
        call(() => {
          if (options.dryRun !== true) store.beforeWrite(writes + 1)
          return apply(
            name,
            (object) => {
              try {
                return jsonPatch(object, operations)
              } catch (cause) {
                throw new HarnessError('KUBE_REJECTED', 'HTTP 422', { cause })
              }
            },
            options.dryRun === true,
          )
        }),
    },
    reader: {
      readDeployment: (namespace: string, name: string) =>
        call(() => {
          const { metadata } = get({ kind: 'Deployment', namespace, name })
          return deployment({ uid: metadata.uid, revision: 1 })
        }),
      list: () =>
        call(() => {
          const [object] = [...stored.values()].filter(({ kind }) => kind === 'Deployment')
          // As the controller names ReplicaSets: by their template.
          const templateHash = specHash({ spec: { template: object?.spec.template } })
          const value: ReplicaSetSnapshot = replicaSet(1, {
            ownerUid: object?.metadata.uid ?? null,
            templateHash,
          })
          return { items: [{ uid: 'rs', name: 'rs', resourceVersion: '1', value }], resourceVersion: '1' }
        }),
    } as unknown as ClusterReader,
    journal: {
      path: 'journal.jsonl',
      append: (entry) =>
        call(() => {
          lines.push(entry)
        }),
    },
    lines,
    get,
    find: (name) => stored.get(keyOf(name)) ?? null,
    put,
    remove: (name) => {
      stored.delete(keyOf(name))
    },
    calls: () => count,
    doom: (at, fate) => {
      count = 0
      dead = false
      doomed = fate === 'ok' ? null : { at, fate }
    },
    beforeWrite: () => {},
  }
  return store
}

/** What a run on `shop/web` (uid d1) of this store hands to those that apply and restore. */
export const contextOf = ({ store, clock }: { readonly store: SmallStore; readonly clock: Clock }) => ({
  objects: store.objects,
  reader: store.reader,
  deployment: { namespace: 'shop', name: 'web', uid: 'd1' },
  runId: 'run-1',
  version: '0',
  journal: store.journal,
  clock,
  log: silentLogger,
  patienceMs: 2_000,
})
