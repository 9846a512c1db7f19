import { canonicalJson } from '../../kernel/canonical-json.ts'
import { HarnessError, hasCode, messageOf } from '../../kernel/errors.ts'
import { valueAt } from '../../kernel/json-pointer.ts'
import { type JournalRecord, journalText, type ObjectRef } from '../../model/journal.ts'
import { commandByHand } from './by-hand.ts'
import { type BearingObject, type Finding, type LocalKnowledge, look } from './look.ts'
import { guardedPatch, type WantedField } from './operations.ts'
import type { ObjectOutcome } from './outcome.ts'
import { remainderOf } from './plan-restore.ts'
import { readPatiently, type SendOptions, sendGuarded } from './send-guarded.ts'
import { specHash } from './spec-hash.ts'
import { journalOf } from './subject.ts'

/** A Deployment's status changes often while it rolls, and each change spoils the version that was tested. */
const ATTEMPTS = 40
const AGAIN_MS = 50

interface Step {
  readonly fields: readonly WantedField[]
  /** The journal that stays. */
  readonly rest: string | null
}

/** What an autoscaler would undo at once, as long as its own bounds are not put back. */
const waitingFor = ({ changes }: JournalRecord, open: readonly ObjectRef[]): readonly string[] =>
  open.some(({ kind }) => kind === 'HorizontalPodAutoscaler')
    ? changes.filter(({ by }) => by === 'autoscaler').map(({ path }) => path)
    : []

/** What is written now: the fields that are ours, and the journal of what must stay. */
const stepOf = ({ record, plan }: BearingObject, open: readonly ObjectRef[]): Step => {
  const waiting = waitingFor(record, open)
  const remainder = remainderOf(record, plan, waiting)
  const kept: JournalRecord | null =
    remainder === null && open.length > 0 ? { ...record, changes: [], restart: null } : remainder
  return {
    fields: plan.fields
      .filter(({ path, state }) => state === 'put-back' && !waiting.includes(path))
      .map(({ path, before }) => ({ path, value: before })),
    rest: kept === null ? null : journalText({ ...kept, others: open }),
  }
}

const isAsWanted = (object: unknown, { fields }: Step): boolean =>
  fields.every(({ path, value }) => canonicalJson(valueAt(object, path)) === canonicalJson(value))

const restored = (object: unknown, bearing: BearingObject, step: Step): ObjectOutcome => {
  const { ref, record, plan } = bearing
  const conflicts = plan.fields.filter(({ state }) => state === 'conflict')
  const shared = { object: ref, fields: plan.fields }
  if (conflicts.length > 0) {
    return {
      ...shared,
      state: 'conflict',
      isOpen: true,
      detail: `${conflicts.map(({ path }) => path).join(', ')} ${conflicts.length === 1 ? 'was' : 'were'} changed by somebody else since variant ${record.variant}: left alone`,
      command: commandByHand(object, ref, conflicts),
    }
  }
  if (!isAsWanted(object, step)) {
    return {
      ...shared,
      state: 'refused',
      isOpen: true,
      detail: 'something (an admission webhook?) changes the original values at once',
      command: commandByHand(object, ref, plan.fields),
    }
  }
  const count = step.fields.length
  const fields = `${count} field${count === 1 ? '' : 's'} put back`
  if (specHash(object) === record.specHash) {
    return {
      ...shared,
      state: 'restored',
      isOpen: false,
      detail: `${fields}; the spec is the original one`,
      command: null,
    }
  }
  return {
    ...shared,
    state: 'foreign',
    isOpen: true,
    detail: `${fields}, nothing of ours is left; but others changed other parts of its spec meanwhile, so that it is not the one from before`,
    command: null,
  }
}

const refused = ({ object, ref, plan }: BearingObject, cause: unknown): ObjectOutcome => ({
  object: ref,
  state: 'refused',
  isOpen: true,
  detail: `the original is not accepted: ${messageOf(cause)}`,
  fields: plan.fields,
  command: commandByHand(object, ref, plan.fields),
})

export interface RestoreOptions extends SendOptions {
  /** Objects of the same variant that could not be put back: the journal stays, so that they are not forgotten. */
  readonly open: readonly ObjectRef[]
  readonly local: LocalKnowledge | null
}

/**
 * Puts one object back by one guarded patch, planned anew from what is there whenever somebody else was quicker. Fields that
 * others changed are left alone, and stay in the journal. Safe to repeat. Throws the KUBE_ codes.
 */
export const restoreObject = async (
  first: BearingObject,
  options: RestoreOptions,
): Promise<{ readonly outcome: ObjectOutcome; readonly object: unknown }> => {
  let bearing = first
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { object, ref } = bearing
    const step = stepOf(bearing, options.open)
    if (step.fields.length === 0 && step.rest === journalOf(object)) {
      return { outcome: restored(object, bearing, step), object }
    }
    const operations = guardedPatch(object, step.fields, step.rest, bearing.plan.anchors)
    const isDone = (found: unknown): boolean => journalOf(found) === step.rest && isAsWanted(found, step)
    try {
      const sent = await sendGuarded(ref, object, operations, isDone, options)
      if (sent.kind === 'applied')
        return { outcome: restored(sent.object, bearing, step), object: sent.object }
    } catch (error) {
      if (!hasCode(error, 'KUBE_REJECTED') && !hasCode(error, 'KUBE_CONFLICT')) throw error
      return { outcome: refused(bearing, error), object }
    }
    await options.clock.sleepMs(AGAIN_MS)
    const found: Finding = look(ref, await readPatiently(ref, options), ref.uid, options.local)
    if (found.kind !== 'bears')
      return { outcome: found.outcome, object: found.kind === 'bare' ? found.object : null }
    bearing = found.bearing
  }
  throw new HarnessError(
    'KUBE_CONFLICT',
    `${first.ref.namespace}/${first.ref.name} changes all the time: it could not be put back`,
    {
      hint: 'stop what changes it, then run rollproof restore',
    },
  )
}
