import type { ObjectName } from '../../kube/ports.ts'
import { type JournalRecord, type ObjectRef, readJournalText } from '../../model/journal.ts'
import { commandByHand } from './by-hand.ts'
import type { ObjectOutcome } from './outcome.ts'
import { type OwnRestarts, planRestore, type RestorePlan } from './plan-restore.ts'
import { journalOf, refOf } from './subject.ts'

/** What a local journal knows of the variant that is open. */
export interface LocalKnowledge {
  readonly records: readonly JournalRecord[]
  readonly restarts: readonly string[]
}

/** An object that bears a journal of ours, with what a restore of it would do. */
export interface BearingObject {
  readonly object: unknown
  readonly ref: ObjectRef
  readonly record: JournalRecord
  readonly plan: RestorePlan
}

/** What was found: to be restored, or already known to need nothing, or not restorable by us. */
export type Finding =
  | { readonly kind: 'bears'; readonly bearing: BearingObject }
  /** No journal is on it, and nothing of ours. With a `record` of ours it is as it was, which can be proved. */
  | {
      readonly kind: 'bare'
      readonly object: unknown
      readonly record: JournalRecord | null
      readonly outcome: ObjectOutcome
    }
  | { readonly kind: 'closed'; readonly outcome: ObjectOutcome }

const outcome = (
  object: ObjectName,
  state: ObjectOutcome['state'],
  detail: string,
  more: Partial<ObjectOutcome> = {},
): ObjectOutcome => ({
  object: { kind: object.kind, namespace: object.namespace, name: object.name },
  state,
  detail,
  isOpen: false,
  fields: [],
  command: null,
  ...more,
})

const takeAway = ({ kind, namespace, name }: ObjectName): string =>
  `kubectl -n ${namespace} annotate ${kind.toLowerCase()} ${name} rollproof.dev/journal-`

/** A local journal of ours and no annotation: nothing was changed, or all is put back, or somebody took the journal away. */
const lookAtBare = (
  object: unknown,
  ref: ObjectRef,
  known: JournalRecord | null,
  own: OwnRestarts,
): Finding => {
  if (known === null) {
    return {
      kind: 'bare',
      object,
      record: null,
      outcome: outcome(ref, 'nothing', 'bears no journal: nothing to restore'),
    }
  }
  const { fields, isOriginal } = planRestore(object, { ...known, restart: null }, own)
  const left = fields.filter(({ state }) => state === 'put-back')
  if (left.length === 0) {
    const detail = isOriginal ? 'is as it was' : 'has nothing of ours; others changed it since'
    return {
      kind: 'bare',
      object,
      record: isOriginal ? known : null,
      outcome: outcome(ref, 'nothing', `${detail}: nothing to restore`, { fields }),
    }
  }
  return {
    kind: 'closed',
    outcome: outcome(
      ref,
      'conflict',
      `its journal was taken away by somebody else, and ${left.map(({ path }) => path).join(', ')} still ${left.length === 1 ? 'has' : 'have'} the value of variant ${known.variant}: left alone`,
      { isOpen: true, fields, command: commandByHand(object, ref, left) },
    ),
  }
}

/** The record that tells how the object was: its own journal, else the local one of the same object. */
const recordFor = (
  text: string,
  known: JournalRecord | null,
): { readonly record: JournalRecord } | { readonly why: string } => {
  const read = readJournalText(text)
  if (read.ok) return { record: read.record }
  return known === null ? { why: read.why } : { record: known }
}

/**
 * Judges one object as it was read (`null` = there is none). Pure. `expectedUid` is that of the object that was changed,
 * where it is known.
 */
export const look = (
  named: ObjectName,
  object: unknown,
  expectedUid: string | null,
  local: LocalKnowledge | null,
): Finding => {
  const ref = refOf(object)
  if (ref === null) {
    return {
      kind: 'closed',
      outcome: outcome(named, 'deleted', 'was deleted meanwhile; it is not made again'),
    }
  }
  const text = journalOf(object)
  const known = local?.records.find((record) => record.object.uid === ref.uid) ?? null
  const own = local === null ? null : local.restarts
  if (expectedUid !== null && ref.uid !== expectedUid) {
    const detail = 'was deleted and created again meanwhile: another object, which is not touched'
    const bears = text === null ? {} : { isOpen: true, command: takeAway(named) }
    return {
      kind: 'closed',
      outcome: outcome(
        named,
        'recreated',
        text === null ? detail : `${detail}, though it bears a journal`,
        bears,
      ),
    }
  }
  if (text === null) return lookAtBare(object, ref, known, own)
  const found = recordFor(text, known)
  if ('why' in found) {
    const detail = `its journal cannot be used: ${found.why}; left alone`
    return {
      kind: 'closed',
      outcome: outcome(named, 'unreadable', detail, { isOpen: true, command: takeAway(named) }),
    }
  }
  const { record } = found
  if (record.object.uid !== ref.uid) {
    const detail = 'bears the journal of another object (it was created again from a copy): not touched'
    return {
      kind: 'closed',
      outcome: outcome(named, 'recreated', detail, { isOpen: true, command: takeAway(named) }),
    }
  }
  // What the local journal knows of restarts counts for its own run only.
  const ofThisRun = known?.runId === record.runId ? own : null
  return { kind: 'bears', bearing: { object, ref, record, plan: planRestore(object, record, ofThisRun) } }
}
