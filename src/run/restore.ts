import { createRunId } from '../eventlog/run-id.ts'
import type { Clock } from '../kernel/clock.ts'
import { HarnessError, hasCode } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import { epochMs } from '../kernel/units.ts'
import { type ConnectOptions, connectKube, type KubeConnection } from '../kube/client.ts'
import { isLocalContext } from '../kube/context-policy.ts'
import { type JournalLog, type LocalJournal, readJournalText } from '../model/journal.ts'
import { fieldLine } from '../orchestrator/journal/by-hand.ts'
import { PATIENCE_MS, type VariantContext } from '../orchestrator/journal/context.ts'
import type { Finding, LocalKnowledge } from '../orchestrator/journal/look.ts'
import { findOrphans, NO_ORPHANS, type Orphans } from '../orchestrator/journal/orphans.ts'
import { notRestored, type ObjectOutcome, type RestoreProof } from '../orchestrator/journal/outcome.ts'
import {
  previewRestore,
  type RestoreContext,
  type RestorePreview,
  restoreVariant,
} from '../orchestrator/journal/restore-variant.ts'
import { journalOf, refOf } from '../orchestrator/journal/subject.ts'
import { objectsUnderLease } from '../orchestrator/journal/under-journal.ts'
import { holdLease } from '../orchestrator/lease.ts'
import { askConsent, type Consent } from './consent.ts'

export interface RestoreRunOptions {
  readonly kube: Omit<ConnectOptions, 'clock' | 'writes'>
  readonly consent: Consent
  readonly target: { readonly namespace: string; readonly name: string }
  /** The journal of the run's own folder; `null` = the journals in the cluster alone tell. */
  readonly local: LocalJournal | null
  /** Only says what would be done. */
  readonly dryRun: boolean
  /** Where it is noted that all is restored; `null` = nowhere. */
  readonly journal: JournalLog | null
  /** Of rollproof. */
  readonly version: string
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

/** One object, told for people and programs. */
export interface RestoredObject {
  readonly kind: string
  readonly name: string
  /** Of `ObjectOutcome`; `to-restore` in a dry run. */
  readonly state: ObjectOutcome['state'] | 'to-restore'
  readonly detail: string
  /** One line for each field that was changed. */
  readonly fields: readonly string[]
  /** The kubectl command that does by hand what was left; `null` = nothing was. */
  readonly command: string | null
}

export interface RestoreAnswer {
  readonly deployment: { readonly namespace: string; readonly name: string }
  readonly context: string
  readonly server: string
  readonly dryRun: boolean
  /** The Deployment first. */
  readonly objects: readonly RestoredObject[]
  /** `null` when there was nothing to prove. */
  readonly proof: RestoreProof | null
  /** Why the local journal was not used, and what else should be known. */
  readonly notes: readonly string[]
  /** NOT_RESTORED when something is left; `null` else. */
  readonly error: HarnessError | null
}

const told = ({ object, state, detail, fields, command }: ObjectOutcome): RestoredObject => ({
  kind: object.kind,
  name: object.name,
  state,
  detail,
  fields: fields.map(fieldLine),
  command,
})

const foreseen = (finding: Finding): RestoredObject => {
  if (finding.kind !== 'bears') return told(finding.outcome)
  const { ref, record, plan } = finding.bearing
  const open = plan.fields.filter(({ state }) => state === 'conflict').length
  return {
    kind: ref.kind,
    name: ref.name,
    state: open > 0 ? 'conflict' : 'to-restore',
    detail: `bears variant ${record.variant} of run ${record.runId}${open > 0 ? `; ${open} of its fields were changed by others and would be left alone` : ''}`,
    fields: plan.fields.map(fieldLine),
    command: null,
  }
}

/** What the local journal may be used for in this cluster, or why not. */
const usable = async (
  { reader }: KubeConnection,
  local: LocalJournal,
): Promise<{ readonly knowledge: LocalKnowledge | null; readonly note: string | null }> => {
  const clusterUid = await reader.clusterUid().catch((error: unknown) => {
    if (hasCode(error, 'KUBE_FORBIDDEN') || hasCode(error, 'KUBE_NOT_FOUND')) return null
    throw error
  })
  const { opened, open, restarts, isTorn } = local
  if (clusterUid !== null && opened.clusterUid !== null && clusterUid !== opened.clusterUid) {
    return {
      knowledge: null,
      note: `the local journal is of another cluster (${opened.server}, uid ${opened.clusterUid}): not used; the journal in this cluster tells`,
    }
  }
  return {
    knowledge: { records: open ?? [], restarts },
    note: isTorn
      ? 'the local journal was cut off in its last line; what that line announced was never sent'
      : null,
  }
}

/** What else a variant of this Deployment changed, when the Deployment itself does not tell; and what could not be looked at. */
const orphansOf = async (
  deployment: unknown,
  { objects, clock }: Omit<VariantContext, 'deployment'>,
  { target }: RestoreRunOptions,
): Promise<{ readonly orphans: Orphans; readonly notes: readonly string[] }> => {
  const text = journalOf(deployment)
  const read = text === null ? null : readJournalText(text)
  if (read?.ok === true && read.record.object.uid === refOf(deployment)?.uid) {
    return { orphans: NO_ORPHANS, notes: [] }
  }
  const orphans = await findOrphans(target, { objects, clock, patienceMs: PATIENCE_MS })
  const notes = orphans.unread.map(
    (kind) =>
      `${kind} objects may not be listed: one that a variant of ${target.name} changed is not found here; the folder of the run names it`,
  )
  return { orphans, notes }
}

const bears = ({ deployment, others }: RestorePreview): boolean =>
  [deployment, ...others.map(({ finding }) => finding)].some(({ kind }) => kind === 'bears')

/**
 * Finishes what a killed run or study could not: puts back what the journals of a Deployment, and of the other objects that they
 * name, tell, under the Lease, and proves it. Without anything to restore it writes nothing and takes no Lease. Throws the
 * KUBE_ codes, CONTEXT_NOT_ALLOWED, LEASE_HELD (the run that holds it lives), LEASE_LOST.
 */
export const restoreDeployment = async (options: RestoreRunOptions): Promise<RestoreAnswer> => {
  const { kube, clock, target, local, signal } = options
  const reading = await connectKube({ ...kube, clock })
  try {
    const object = await reading.objects.read({ kind: 'Deployment', ...target }, { signal })
    const found = refOf(object)
    const own = contextOf(reading, options)
    const { orphans, notes: unseen } = await orphansOf(object, own, options)
    if (found === null && local === null && orphans.refs.length === 0) {
      throw new HarnessError(
        'KUBE_NOT_FOUND',
        `there is no deployment ${target.name} in namespace ${target.namespace}`,
        {
          hint: [
            'a Deployment that was deleted needs no restore; else check --deployment [NAMESPACE/]NAME and --context',
            ...unseen,
          ].join('; '),
        },
      )
    }
    const { knowledge, note } =
      local === null ? { knowledge: null, note: null } : await usable(reading, local)
    const uid = knowledge === null ? (found?.uid ?? '') : (local?.opened.deployment.uid ?? '')
    const context: RestoreContext = {
      ...own,
      deployment: { ...target, uid },
      local: knowledge,
      orphans,
    }
    const preview = await previewRestore(context)
    const shared = {
      deployment: target,
      context: reading.context,
      server: reading.server,
      dryRun: options.dryRun,
      notes: [...(note === null ? [] : [note]), ...(knowledge === null ? unseen : [])],
    }
    if (options.dryRun) {
      const findings = [preview.deployment, ...preview.others.map(({ finding }) => finding)]
      return { ...shared, objects: findings.map(foreseen), proof: null, error: null }
    }
    const report = bears(preview)
      ? await restoreUnderLease(reading, preview, context, options)
      : await restoreVariant(context)
    return {
      ...shared,
      objects: report.objects.map(told),
      proof: report.proof,
      error: notRestored(report, target),
    }
  } finally {
    await reading.close()
  }
}

const contextOf = (
  { objects, reader }: KubeConnection,
  { version, journal, clock, log }: RestoreRunOptions,
): Omit<VariantContext, 'deployment'> => ({
  objects,
  reader,
  runId: `restore-${createRunId(epochMs(clock.epochMs()))}`,
  version,
  journal,
  clock,
  log,
})

const restoreUnderLease = async (
  reading: KubeConnection,
  preview: RestorePreview,
  context: RestoreContext,
  options: RestoreRunOptions,
) => {
  const { kube, consent, target, clock, log, signal } = options
  const isLocal = isLocalContext(reading.context, reading.server)
  // Only what a journal on the object itself tells is written: on a known local cluster that needs no further word.
  await askConsent(
    reading,
    '',
    { ...consent, yes: consent.yes || isLocal },
    `Put back ${target.namespace}/${target.name}`,
  )
  const variants = preview.others.map(({ ref: { kind, name } }) => ({ kind, name }))
  const writing = await connectKube({ ...kube, clock, writes: { ...target, variants, mayScale: true } })
  try {
    const own = { ...context, objects: writing.objects, reader: writing.reader }
    // Without the Deployment no run can be: its Lease went with it.
    if (preview.deployment.kind === 'closed' && preview.deployment.outcome.state === 'deleted') {
      return await restoreVariant(own)
    }
    const uid =
      refOf(await writing.objects.read({ kind: 'Deployment', ...target }))?.uid ?? context.deployment.uid
    const lease = await holdLease({
      leases: writing.leases,
      target: { ...target, uid },
      holder: context.runId,
      clock,
      log,
      signal,
    })
    try {
      return await restoreVariant({ ...own, objects: objectsUnderLease(writing.objects, lease) })
    } finally {
      await lease.release().catch(() => {})
    }
  } finally {
    await writing.close()
  }
}
