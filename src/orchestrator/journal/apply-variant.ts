import { canonicalJson } from '../../kernel/canonical-json.ts'
import { HarnessError, messageOf } from '../../kernel/errors.ts'
import { valueAt } from '../../kernel/json-pointer.ts'
import type { JsonPatchOperation } from '../../kube/ports.ts'
import { type JournalChange, type JournalRecord, journalText, type ObjectRef } from '../../model/journal.ts'
import type { Variant, VariantObject, VariantPatch } from '../../model/variant.ts'
import { buildRecord, checkSize } from './build-record.ts'
import { PATIENCE_MS, type VariantContext } from './context.ts'
import { guardedPatch } from './operations.ts'
import { notRestored } from './outcome.ts'
import { planRestore } from './plan-restore.ts'
import { restoreOrSay } from './restore-variant.ts'
import { patiently, readPatiently, sendGuarded } from './send-guarded.ts'
import { specHash } from './spec-hash.ts'
import { journalOf, refOf, versionOf } from './subject.ts'
import { currentTemplateHash } from './template-hash.ts'

/** One object with what a variant makes of it. */
interface Change {
  readonly object: unknown
  readonly record: JournalRecord
}

export interface AppliedVariant {
  readonly variant: string
  /** The Deployment's first. */
  readonly records: readonly JournalRecord[]
  /** Whether the pod template changed, so that a rollout has begun. */
  readonly rolls: boolean
}

const ATTEMPTS = 8

const refused = (message: string, hint: string, cause?: unknown): HarnessError =>
  new HarnessError('DEPLOYMENT_REFUSED', message, { hint, ...(cause === undefined ? {} : { cause }) })

const sendOptions = ({ objects, clock, log, patienceMs = PATIENCE_MS }: VariantContext) => ({
  objects,
  clock,
  log,
  patienceMs,
})

const nameOf = ({ kind, namespace, name }: ObjectRef): string => `${kind} ${namespace}/${name}`

/** Reads one object that a variant changes. Throws when it is not there, is another one by now, or bears a journal. */
const readFree = async (named: VariantObject, context: VariantContext) => {
  const { namespace } = context.deployment
  const object = await readPatiently({ ...named, namespace }, sendOptions(context))
  const ref = refOf(object)
  if (ref === null) {
    throw new HarnessError(
      'KUBE_NOT_FOUND',
      `there is no ${named.kind} ${named.name} in namespace ${namespace}`,
      {
        hint: 'check the name in the variant; nothing was changed',
      },
    )
  }
  if (named.kind === 'Deployment' && ref.uid !== context.deployment.uid) {
    throw refused(`${nameOf(ref)} was deleted and created again; nothing was changed`, 'start anew')
  }
  if (journalOf(object) !== null) {
    throw refused(
      `${nameOf(ref)} bears the journal of a variant that was not taken back; nothing was changed`,
      `put it back first: rollproof restore --deployment ${namespace}/${context.deployment.name}`,
    )
  }
  return { object, ref }
}

/** What the variant would do to each object, by server-side dry runs. The Deployment is always there, and first. */
const planChanges = async (variant: Variant, context: VariantContext): Promise<readonly Change[]> => {
  const { deployment, reader, objects, clock, runId, version } = context
  const own = { kind: 'Deployment' as const, name: deployment.name }
  const patches = new Map<string, VariantPatch>(
    variant.patches.map((patch) => [`${patch.object.kind}/${patch.object.name}`, patch]),
  )
  const foreign = variant.patches.find(
    ({ object }) => object.kind === 'Deployment' && object.name !== own.name,
  )
  if (foreign !== undefined || patches.size < variant.patches.length) {
    throw new HarnessError(
      'SCENARIO_INVALID',
      foreign === undefined
        ? `variant ${variant.name} has two patches of one object`
        : `variant ${variant.name} changes Deployment ${foreign.object.name}, and this run is of ${own.name}`,
      { hint: 'a variant changes the Deployment of the scenario, and each object by one patch' },
    )
  }
  const others = variant.patches.map(({ object }) => object).filter(({ kind }) => kind !== 'Deployment')
  const snapshot = await patiently(
    () => reader.readDeployment(deployment.namespace, deployment.name),
    sendOptions(context),
  )
  const templateHash = await patiently(() => currentTemplateHash(reader, snapshot), sendOptions(context))
  const writtenAtMs = clock.epochMs()
  const changes: Change[] = []
  for (const named of [own, ...others]) {
    const { object, ref } = await readFree(named, context)
    const patch = patches.get(`${named.kind}/${named.name}`)
    const after =
      patch === undefined ? object : await patiently(() => objects.tryPatch(ref, patch), sendOptions(context))
    const mayScale = variant.mayScale === true
    const source = { before: object, after, object: ref, variant: variant.name, runId, version, mayScale }
    const owner = { name: deployment.name, uid: deployment.uid }
    const { scaledTo } = variant
    const follows = scaledTo === undefined ? {} : { scaledTo }
    const record = buildRecord({ ...source, ...follows, writtenAtMs, templateHash, deployment: owner })
    if (named === own || record.changes.length > 0) changes.push({ object, record })
  }
  const [first, ...rest] = changes
  if (first === undefined) return []
  const whole = { ...first, record: { ...first.record, others: rest.map(({ record }) => record.object) } }
  checkSize(whole.record)
  return [whole, ...rest]
}

/** What we write ourselves. */
const written = ({ changes }: JournalRecord): readonly JournalChange[] =>
  changes.filter(({ by }) => by === undefined)

const operationsOf = ({ object, record }: Change) =>
  guardedPatch(
    object,
    written(record).map(({ path, after }) => ({ path, value: after })),
    journalText(record),
    record.anchors,
  )

/** Whether an object shows just what was written: the journal, and each field. */
const shows = (object: unknown, record: JournalRecord): boolean =>
  journalOf(object) === journalText(record) &&
  written(record).every(({ path, after }) => canonicalJson(valueAt(object, path)) === canonicalJson(after))

/**
 * Both ways as dry runs: the change as it will be sent, and the original spec once more, as the restore will leave it. A
 * policy that lets the original stand but would not let it back in shows here.
 */
const tryBothWays = async (change: Change, context: VariantContext): Promise<string> => {
  const { object, record } = change
  const dryRun = (operations: readonly JsonPatchOperation[]): Promise<unknown> =>
    patiently(() => context.objects.patch(record.object, operations, { dryRun: true }), sendOptions(context))
  const changed = await dryRun(operationsOf(change))
  if (!shows(changed, record)) {
    throw refused(
      `variant ${record.variant} would not be applied to ${nameOf(record.object)} as it is written: something changes it on the way; nothing was changed`,
      'look for an admission webhook or policy that edits this object',
    )
  }
  const original = guardedPatch(object, [], journalText(record))
  try {
    const kept = await dryRun(original)
    if (specHash(kept) === record.specHash) return specHash(changed)
  } catch (cause) {
    throw refused(
      `${nameOf(record.object)} could not be put back after variant ${record.variant}: ${messageOf(cause)}; nothing was changed`,
      'a policy refuses the object as it is now',
      cause,
    )
  }
  throw refused(
    `${nameOf(record.object)} could not be put back after variant ${record.variant}: something changes its spec at each write; nothing was changed`,
    'look for an admission webhook or policy that edits this object',
  )
}

/** Sends one change; what is there decides whether a lost one came. Throws when another was quicker. */
const send = async (change: Change, expectedHash: string, context: VariantContext): Promise<void> => {
  const { record } = change
  let { object } = change
  const mine = journalText(record)
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const operations = operationsOf({ object, record })
    const isDone = (found: unknown): boolean => journalOf(found) === mine
    const sent = await sendGuarded(record.object, object, operations, isDone, sendOptions(context))
    if (sent.kind === 'applied') {
      if (shows(sent.object, record) && specHash(sent.object) === expectedHash) return
      throw refused(
        `${nameOf(record.object)} is not what variant ${record.variant} was to make of it: something changed it on the way`,
        'look for an admission webhook or another program that edits this object',
      )
    }
    // A controller may have written its status meanwhile; anything else is somebody else's change.
    const now = sent.kind === 'gone' ? null : await readPatiently(record.object, sendOptions(context))
    const isSame =
      refOf(now)?.uid === record.object.uid &&
      journalOf(now) === null &&
      specHash(now) === record.specHash &&
      planRestore(now, record, []).fields.every(({ state }) => state === 'already')
    if (!isSame) {
      throw refused(
        `${nameOf(record.object)} was changed by somebody else in the moment in which variant ${record.variant} was to be applied`,
        'run again when nobody else works on it',
      )
    }
    object = now
  }
  throw refused(
    `variant ${record.variant} could not be applied to ${nameOf(record.object)}: it changes all the time, or the API server is not well`,
    'run again when the API server is well and nobody else works on it',
  )
}

/** That the way back is open now that the change is there: as a dry run, before any load. */
const tryRestore = async (record: JournalRecord, context: VariantContext): Promise<void> => {
  const { object } = record
  for (let attempt = 1; ; attempt++) {
    const now = await readPatiently(object, sendOptions(context))
    const plan = planRestore(now, record, [])
    const fields = plan.fields
      .filter(({ state }) => state === 'put-back')
      .map(({ path, before }) => ({ path, value: before }))
    try {
      const operations = guardedPatch(now, fields, null, plan.anchors)
      await patiently(() => context.objects.patch(object, operations, { dryRun: true }), sendOptions(context))
      return
    } catch (error) {
      // A controller that writes the status in this moment is no refusal.
      const isMoved = versionOf(await readPatiently(object, sendOptions(context))) !== versionOf(now)
      if (!isMoved || attempt === ATTEMPTS) throw error
    }
  }
}

/** Plan and dry runs; again, when a controller wrote a status in between. */
const prepare = async (
  variant: Variant,
  context: VariantContext,
): Promise<{ readonly changes: readonly Change[]; readonly hashes: readonly string[] }> => {
  for (let attempt = 1; ; attempt++) {
    const changes = await planChanges(variant, context)
    try {
      const hashes: string[] = []
      for (const change of changes) hashes.push(await tryBothWays(change, context))
      return { changes, hashes }
    } catch (error) {
      if (attempt === ATTEMPTS || !(await hasMoved(changes, context))) throw error
    }
  }
}

/** Whether one of the objects is no longer as it was read. */
const hasMoved = async (changes: readonly Change[], context: VariantContext): Promise<boolean> => {
  for (const { object, record } of changes) {
    const now = await readPatiently(record.object, sendOptions(context))
    if (versionOf(now) !== versionOf(object)) return true
  }
  return false
}

/**
 * Applies a variant: dry runs both ways, the journal on disk, then one guarded PATCH per object, the Deployment first, each
 * with its journal in it. When anything is not as it should be after the first PATCH, or the context's signal aborts, all is
 * put back before it throws. Throws the signal's reason, SCENARIO_INVALID and DEPLOYMENT_REFUSED (nothing is changed), NOT_RESTORED, and the KUBE_ codes.
 */
export const applyVariant = async (variant: Variant, context: VariantContext): Promise<AppliedVariant> => {
  const { changes, hashes } = await prepare(variant, context)
  // Whoever wants to stop by now wants no change that is to be taken back at once.
  const goOn = (): void => context.signal?.throwIfAborted()
  goOn()
  const records = changes.map(({ record }) => record)
  await context.journal?.append({ type: 'applying', variant: variant.name, records })
  context.sink?.({ type: 'journal.written', path: context.journal?.path ?? '(in the cluster only)' })
  try {
    for (const [at, change] of changes.entries()) {
      goOn()
      await send(change, hashes[at] ?? '', context)
    }
    for (const record of records) {
      goOn()
      await tryRestore(record, context)
    }
    await context.journal?.append({ type: 'applied', variant: variant.name })
  } catch (error) {
    context.log.warn({ error: messageOf(error) }, `variant ${variant.name} was not applied, putting back`)
    const report = await restoreOrSay({ ...context, local: { records, restarts: [] } })
    const left = notRestored(report, context.deployment)
    if (left !== null) throw left
    throw error
  }
  const rolls = records[0]?.changes.some(({ path }) => path.startsWith('/spec/template/')) ?? false
  return { variant: variant.name, records, rolls }
}
