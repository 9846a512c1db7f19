import { HarnessError } from '../../kernel/errors.ts'
import { valueAt } from '../../kernel/json-pointer.ts'
import {
  JOURNAL_MAX_BYTES,
  JOURNAL_VERSION,
  type JournalChange,
  type JournalRecord,
  journalText,
  type ObjectRef,
} from '../../model/journal.ts'
import { RESTART_PATH } from '../../model/rollout.ts'
import { REPLICAS_PATH, refusedPath } from '../../model/variant-paths.ts'
import { diffObjects } from './diff.ts'
import { specHash } from './spec-hash.ts'
import { subjectOf } from './subject.ts'

export interface RecordSource {
  /** The object as it is, raw. */
  readonly before: unknown
  /** As the API server says that it would be. */
  readonly after: unknown
  readonly object: ObjectRef
  readonly variant: string
  readonly runId: string
  readonly version: string
  readonly writtenAtMs: number
  readonly templateHash: string | null
  readonly mayScale?: boolean
  /** Of a Deployment: to how many replicas an autoscaler will bring it; absent = none will. */
  readonly scaledTo?: number
  /** The Deployment whose variant this is. */
  readonly deployment?: { readonly name: string; readonly uid: string }
}

const refuse = ({ variant, object }: RecordSource, why: string, hint: string): HarnessError =>
  new HarnessError(
    'SCENARIO_INVALID',
    `variant ${variant} may not change ${object.kind} ${object.namespace}/${object.name}: ${why}; nothing was changed`,
    { hint },
  )

/** What an autoscaler will do to the Deployment because of the other objects' changes. */
const followed = ({ before, object, scaledTo }: RecordSource): readonly JournalChange[] =>
  object.kind === 'Deployment' && scaledTo !== undefined
    ? [
        {
          path: REPLICAS_PATH,
          before: valueAt(before, REPLICAS_PATH),
          after: { value: scaledTo },
          by: 'autoscaler',
        },
      ]
    : []

/**
 * What must be known to undo a change of one object. Pure. Throws SCENARIO_INVALID when the change touches what no variant
 * may, or is too large for an annotation.
 */
export const buildRecord = (source: RecordSource): JournalRecord => {
  const { before, after, object, variant, runId, version, writtenAtMs, templateHash } = source
  const { changes, anchors } = diffObjects(subjectOf(before), subjectOf(after))
  for (const { path } of changes) {
    const why = refusedPath(object.kind, path, source.mayScale === true)
    if (why !== null)
      throw refuse(source, `${path}: ${why}`, 'take this path out of the patch of the variant')
  }
  const isDeployment = object.kind === 'Deployment'
  const record: JournalRecord = {
    schemaVersion: JOURNAL_VERSION,
    runId,
    version,
    variant,
    writtenAtMs,
    object,
    changes: [...changes, ...followed(source)],
    anchors: [...new Map(anchors.map((anchor) => [anchor.path, anchor])).values()],
    restart: isDeployment ? { before: valueAt(subjectOf(before), RESTART_PATH) } : null,
    specHash: specHash(before),
    templateHash: isDeployment ? templateHash : null,
    others: [],
    ...(isDeployment || source.deployment === undefined ? {} : { deployment: source.deployment }),
  }
  checkSize(record)
  return record
}

/** Throws SCENARIO_INVALID when the record does not fit into an annotation. */
export const checkSize = (record: JournalRecord): void => {
  const bytes = Buffer.byteLength(journalText(record))
  if (bytes <= JOURNAL_MAX_BYTES) return
  const { kind, namespace, name } = record.object
  throw new HarnessError(
    'SCENARIO_INVALID',
    `variant ${record.variant} changes too much of ${kind} ${namespace}/${name}: its journal would have ${bytes} bytes, and ${JOURNAL_MAX_BYTES} is the most; nothing was changed`,
    { hint: 'change fewer or smaller fields; lists whose elements have no names are journaled whole' },
  )
}
