import { canonicalJson } from '../kernel/canonical-json.ts'
import { type Found, pointerOf } from '../kernel/json-pointer.ts'
import { VARIANT_KINDS, type VariantKind } from './variant.ts'
import { refusedPath } from './variant-paths.ts'

/** The annotation that goes with a change, in the same PATCH: a change without its undo cannot exist. */
export const JOURNAL_ANNOTATION = 'rollproof.dev/journal'
/** Where it stands in an object (JSON pointer). */
export const JOURNAL_PATH = pointerOf(['metadata', 'annotations', JOURNAL_ANNOTATION])
/** Raised when an older program could no longer restore from it. */
export const JOURNAL_VERSION = 1
/** Of the annotation. All annotations of an object may have 256 KiB together. */
export const JOURNAL_MAX_BYTES = 32 * 1024

/** One object, and that very one. */
export interface ObjectRef {
  readonly kind: VariantKind
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** One field that was changed. `null` = it was, or is, not there. */
export interface JournalChange {
  /** JSON pointer into the object. */
  readonly path: string
  readonly before: Found | null
  readonly after: Found | null
  /**
   * `autoscaler`: our change makes an autoscaler write `after`, we do not. A number that is higher than `before`, or lower than
   * `after`, is not ours, and left.
   */
  readonly by?: 'autoscaler'
}

/** The name of a list's element that changes go through, so that an index still means the same one. */
export interface JournalAnchor {
  readonly path: string
  readonly value: string
}

/** All that is needed to put one object back. */
export interface JournalRecord {
  readonly schemaVersion: number
  /** Whose change it is. */
  readonly runId: string
  /** Of rollproof. */
  readonly version: string
  /** Name of the variant. */
  readonly variant: string
  /** Unix ms of the writer's clock. */
  readonly writtenAtMs: number
  readonly object: ObjectRef
  readonly changes: readonly JournalChange[]
  readonly anchors: readonly JournalAnchor[]
  /** The restart annotation of a Deployment's template as it was; `null` for other kinds, or when it is back already. */
  readonly restart: { readonly before: Found | null } | null
  /** SHA-256 of the original spec without `replicas`, in canonical JSON. */
  readonly specHash: string
  /** pod-template-hash of the original ReplicaSet; `null` when unknown, and for other kinds. */
  readonly templateHash: string | null
  /** On the Deployment's record: the other objects that this variant changes. */
  readonly others: readonly ObjectRef[]
  /** On the records of other kinds: the Deployment whose variant this is, for when that one can tell no more. */
  readonly deployment?: { readonly name: string; readonly uid: string }
}

export type JournalEntry =
  | {
      readonly type: 'opened'
      readonly schemaVersion: number
      readonly runId: string
      readonly version: string
      readonly server: string
      /** uid of the namespace kube-system; `null` when it could not be read. */
      readonly clusterUid: string | null
      readonly deployment: { readonly namespace: string; readonly name: string; readonly uid: string }
    }
  /** On disk before the first PATCH; the Deployment's record is the first. */
  | { readonly type: 'applying'; readonly variant: string; readonly records: readonly JournalRecord[] }
  | { readonly type: 'applied'; readonly variant: string }
  /** On disk before the PATCH of a restart. */
  | { readonly type: 'restarting'; readonly restartedAt: string }
  /** All objects of the last `applying` are as they were, or gone. */
  | { readonly type: 'restored'; readonly detail: string }

/** The local journal: each entry is on disk when `append` resolves. */
export interface JournalLog {
  readonly path: string
  append(entry: JournalEntry): Promise<void>
}

/** What a local journal tells a restore. */
export interface LocalJournal {
  readonly opened: Extract<JournalEntry, { readonly type: 'opened' }>
  /** Of the last variant that was not restored; `null` = none is open. */
  readonly open: readonly JournalRecord[] | null
  /** Every restart that was, or was about to be, sent. */
  readonly restarts: readonly string[]
  /** The last line was cut off by a crash: what it was to precede never happened. */
  readonly isTorn: boolean
}

export const journalText = (record: JournalRecord): string => canonicalJson(record)

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isFound = (value: unknown): boolean => value === null || (isRecord(value) && 'value' in value)
const isPointer = (value: unknown): boolean => isText(value) && value.startsWith('/')
const isRef = (value: unknown): boolean =>
  isRecord(value) &&
  VARIANT_KINDS.some((kind) => kind === value.kind) &&
  [value.namespace, value.name, value.uid].every(isText)

const isOwner = (value: unknown): boolean => isRecord(value) && [value.name, value.uid].every(isText)

const isChange = (value: unknown): boolean =>
  isRecord(value) &&
  isPointer(value.path) &&
  isFound(value.before) &&
  isFound(value.after) &&
  (value.by === undefined || value.by === 'autoscaler')
const isAnchor = (value: unknown): boolean =>
  isRecord(value) && isPointer(value.path) && typeof value.value === 'string'

const SHAPE: Readonly<Record<Exclude<keyof JournalRecord, 'deployment'>, (value: unknown) => boolean>> = {
  schemaVersion: (value) => value === JOURNAL_VERSION,
  runId: isText,
  version: isText,
  variant: (value) => typeof value === 'string',
  writtenAtMs: (value) => typeof value === 'number' && Number.isFinite(value),
  object: isRef,
  changes: (value) => Array.isArray(value) && value.every(isChange),
  anchors: (value) => Array.isArray(value) && value.every(isAnchor),
  restart: (value) => value === null || (isRecord(value) && isFound(value.before)),
  specHash: isText,
  templateHash: (value) => value === null || isText(value),
  others: (value) => Array.isArray(value) && value.every(isRef),
}

export type ReadJournal =
  | { readonly ok: true; readonly record: JournalRecord }
  | { readonly ok: false; readonly why: string }

/** A record that came from outside: whole, of this version, or why not. */
export const readRecord = (value: unknown): ReadJournal => {
  if (!isRecord(value)) return { ok: false, why: 'it is no record' }
  const { schemaVersion } = value
  if (typeof schemaVersion === 'number' && schemaVersion > JOURNAL_VERSION) {
    return {
      ok: false,
      why: `it is of version ${schemaVersion}, and this rollproof reads ${JOURNAL_VERSION}`,
    }
  }
  const shape = value.deployment === undefined ? SHAPE : { ...SHAPE, deployment: isOwner }
  const wrong = Object.entries(shape).find(([key, fits]) => !fits(value[key]))
  if (wrong !== undefined) return { ok: false, why: `its ${wrong[0]} is not usable` }
  const record = value as unknown as JournalRecord
  // An annotation can be written by others: it must not make a restore touch what no variant may.
  const refused = record.changes
    .map(({ path }) => refusedPath(record.object.kind, path, true))
    .find((why) => why !== null)
  return refused === undefined
    ? { ok: true, record }
    : { ok: false, why: `it names a path that is not ours: ${refused}` }
}

/** The text of the annotation, read. */
export const readJournalText = (text: string): ReadJournal => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, why: 'it is not JSON' }
  }
  return readRecord(value)
}
