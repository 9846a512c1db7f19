import { HarnessError, messageOf } from '../../kernel/errors.ts'
import type { ObjectName } from '../../kube/ports.ts'
import type { JournalRecord, ObjectRef } from '../../model/journal.ts'
import { PATIENCE_MS, type VariantContext } from './context.ts'
import { type Finding, type LocalKnowledge, look } from './look.ts'
import { NO_ORPHANS, type Orphans } from './orphans.ts'
import type { ObjectOutcome, RestoreProof, RestoreReport } from './outcome.ts'
import { proveOriginal } from './prove.ts'
import { type RestoreOptions, restoreObject } from './restore-object.ts'
import { readPatiently } from './send-guarded.ts'
import { refOf } from './subject.ts'

export interface RestoreContext extends VariantContext {
  /** What the local journal tells; `null` = there is none, the journals in the cluster alone tell. */
  readonly local: LocalKnowledge | null
  /** Other objects that bear a journal of a variant of this Deployment, found without its help. */
  readonly orphans?: Orphans
}

/** What was found before anything was put back. */
export interface RestorePreview {
  readonly deployment: Finding
  readonly others: readonly { readonly ref: ObjectRef; readonly finding: Finding }[]
}

const optionsOf = ({
  objects,
  clock,
  log,
  patienceMs = PATIENCE_MS,
  local,
}: RestoreContext): RestoreOptions => ({
  objects,
  clock,
  log,
  patienceMs,
  local,
  open: [],
})

const recordOf = (finding: Finding): JournalRecord | null =>
  finding.kind === 'bears' ? finding.bearing.record : finding.kind === 'bare' ? finding.record : null

/** The other objects of the variant, as the Deployment's journal, the local one and their own name them. */
const othersOf = (
  finding: Finding,
  { local, orphans = NO_ORPHANS }: RestoreContext,
): readonly ObjectRef[] => {
  const named = [
    ...(recordOf(finding)?.others ?? []),
    ...(local?.records ?? []).map(({ object }) => object).filter(({ kind }) => kind !== 'Deployment'),
    ...orphans.refs,
  ]
  return [...new Map(named.map((ref) => [ref.uid, ref])).values()]
}

/** A Deployment loses its journal last: when another object of its variant bears one still, somebody took it away. */
const robbed = (finding: Finding, { orphans = NO_ORPHANS, local }: RestoreContext): Finding => {
  if (finding.kind !== 'bare' || finding.outcome.state !== 'nothing') return finding
  const uid = refOf(finding.object)?.uid ?? ''
  const isKnown = local?.records.some(({ object }) => object.uid === uid) === true
  if (isKnown || !orphans.deploymentUids.includes(uid)) return finding
  const named = orphans.refs.map(({ kind, name }) => `${kind} ${name}`).join(', ')
  const detail = `its journal was taken away by somebody else: ${named} still bears the one of its variant; what that changed here only the folder of the run knows`
  return { kind: 'closed', outcome: { ...finding.outcome, state: 'unreadable', isOpen: true, detail } }
}

/** Looks at all objects of the variant and changes nothing: what {@link restoreVariant} would begin with. */
export const previewRestore = async (context: RestoreContext): Promise<RestorePreview> => {
  const options = optionsOf(context)
  const { deployment, local } = context
  const read = async (named: ObjectName, uid: string | null): Promise<Finding> =>
    look(named, await readPatiently(named, options), uid, local)
  const own = robbed(await read({ kind: 'Deployment', ...deployment }, deployment.uid), context)
  const others: { ref: ObjectRef; finding: Finding }[] = []
  for (const ref of othersOf(own, context)) others.push({ ref, finding: await read(ref, ref.uid) })
  return { deployment: own, others }
}

/** So long an autoscaler may still go by the bounds of before: it reads them from a cache that follows a watch. */
const CACHE_LAG_MS = 1_000

const putBack = async (finding: Finding, options: RestoreOptions): Promise<ObjectOutcome> =>
  finding.kind === 'bears' ? (await restoreObject(finding.bearing, options)).outcome : finding.outcome

const proofFor = async (
  finding: Finding,
  outcome: ObjectOutcome,
  context: RestoreContext,
): Promise<RestoreProof | null> => {
  const record = recordOf(finding)
  if (record === null || (outcome.state !== 'restored' && outcome.state !== 'nothing')) return null
  return proveOriginal(record, context)
}

/** That it is done is also in the cluster: a disk that is full by now takes nothing back. */
const note = async (detail: string, { journal, log }: RestoreContext): Promise<void> => {
  try {
    await journal?.append({ type: 'restored', detail })
  } catch (error) {
    log.warn({ error: messageOf(error) }, 'all is restored, which could not be written to the local journal')
  }
}

/**
 * Puts back all that a variant changed: the other objects first, the Deployment last, since its journal names them all; then
 * waits for its rollout and proves that it is the original. Fields that others changed are left alone and reported. Safe to
 * repeat, and after any crash. Throws the KUBE_ codes when the API server cannot be asked, LEASE_LOST.
 */
export const restoreVariant = async (context: RestoreContext): Promise<RestoreReport> => {
  const preview = await previewRestore(context)
  const options = optionsOf(context)
  const outcomes: ObjectOutcome[] = []
  const open: ObjectRef[] = []
  for (const { ref, finding } of preview.others) {
    const outcome = await putBack(finding, options)
    outcomes.push(outcome)
    if (outcome.isOpen && outcome.state !== 'foreign') open.push(ref)
  }
  const isAutoscaled = outcomes.some(
    ({ object, state }) => object.kind === 'HorizontalPodAutoscaler' && state === 'restored',
  )
  if (isAutoscaled) await context.clock.sleepMs(CACHE_LAG_MS)
  const own = await putBack(preview.deployment, { ...options, open })
  const objects = [own, ...outcomes]
  const proof = await proofFor(preview.deployment, own, context)
  const isRestored = objects.every(({ isOpen }) => !isOpen) && (proof?.holds ?? true)
  const detail = objects
    .map(({ object, detail: said }) => `${object.kind} ${object.name}: ${said}`)
    .join('; ')
  if (isRestored) await note(detail, context)
  context.sink?.({ type: 'journal.restored', detail })
  return { objects, proof, isRestored }
}

/** {@link restoreVariant} for the end of a run: what keeps it from restoring is NOT_RESTORED, with what to do. */
export const restoreOrSay = async (context: RestoreContext): Promise<RestoreReport> => {
  try {
    return await restoreVariant(context)
  } catch (cause) {
    const { namespace, name } = context.deployment
    throw new HarnessError(
      'NOT_RESTORED',
      `deployment ${namespace}/${name} could not be put back: ${messageOf(cause)}`,
      { hint: `when the API server answers: rollproof restore --deployment ${namespace}/${name}`, cause },
    )
  }
}
