import { createRunId } from '../../eventlog/run-id.ts'
import { HarnessError, hasCode, messageOf } from '../../kernel/errors.ts'
import { epochMs } from '../../kernel/units.ts'
import { connectKube, type KubeConnection } from '../../kube/client.ts'
import type { DeploymentTarget } from '../../kube/ports.ts'
import type { DeploymentSnapshot } from '../../model/cluster.ts'
import type { RunReport } from '../../model/finding.ts'
import { readJournalText } from '../../model/journal.ts'
import type { Scenario } from '../../model/scenario.ts'
import type { PlannedBlock, StudyPlan, StudyVariant } from '../../model/study.ts'
import type { VariantObject } from '../../model/variant.ts'
import type { VariantContext } from '../../orchestrator/journal/context.ts'
import { notRestored } from '../../orchestrator/journal/outcome.ts'
import { restoreOrSay } from '../../orchestrator/journal/restore-variant.ts'
import { objectsUnderLease } from '../../orchestrator/journal/under-journal.ts'
import { type HeldLease, holdLease } from '../../orchestrator/lease.ts'
import { type PreflightReport, preflight } from '../../orchestrator/preflight.ts'
import { waitSettled } from '../../orchestrator/wait-settled.ts'
import { stateOf } from '../../scenario/study/block-state.ts'
import { restMsOf } from '../../scenario/study/study-cost.ts'
import { writesOf } from '../choreography-writes.ts'
import { askConsent } from '../consent.ts'
import { abortReason, type OpenRunOptions } from '../open-run.ts'
import { predictBeforeRun } from '../predict-rollout.ts'
import type { RunScenarioOptions } from '../run-scenario.ts'
import { checkTarget } from '../target-check.ts'
import { createTeardown, type Teardown } from '../teardown.ts'
import { rememberRestarts } from '../with-variant.ts'
import { checkVariants } from './check-variants.ts'
import { type BlockEnd, type BlockOptions, runBlock } from './run-block.ts'
import {
  clusterIdentity,
  createStudyFolder,
  openStudyFiles,
  resumeStudyFolder,
  type StudyFiles,
} from './study-session.ts'

export interface RunStudyOptions
  extends Pick<
    RunScenarioOptions,
    'scenario' | 'kube' | 'consent' | 'versions' | 'outDir' | 'clock' | 'log' | 'onPredictions' | 'signal'
  > {
  /** The scenario as it was read, before it was led to a lab. */
  readonly source: Scenario
  /** The lab was started for this study. */
  readonly isOwnLab: boolean
  /** Folder of a study to go on with. */
  readonly resume: string | null
  /** Told what is going to be done, before the first write. */
  readonly onPlan?: (known: { readonly replicas: number; readonly left: readonly PlannedBlock[] }) => void
  /** Told of each block that begins; shows its progress. */
  readonly onBlock?: (
    block: PlannedBlock,
    of: number,
  ) => Pick<OpenRunOptions, 'onWindow' | 'onOpen'> & { ended(end: BlockEnd | null): void }
  readonly judge: (dir: string) => Promise<RunReport>
}

export interface RunStudyResult {
  readonly dir: string
  /** What stopped it before its plan was done; `null` when it was done, or interrupted. */
  readonly error: HarnessError | null
}

/** So often a block that was broken off by no fault of its variant is begun in one session. */
const ATTEMPTS = 2

/**
 * A whole study: connection, consent, checks and Lease once, then block after block, each applied, measured and restored. Goes on
 * with one that was stopped when `resume` names its folder. Throws before the first write (as runScenario, and USAGE when the
 * folder is of something else); from then on what happens ends in the folder, and what stopped it is in the result.
 */
export const runStudy = async (options: RunStudyOptions): Promise<RunStudyResult> => {
  const { scenario, clock, log, signal, kube, consent } = options
  const { study, deployment } = scenario
  if (study === undefined || deployment === null) {
    throw new HarnessError('USAGE', 'a study needs variants and a Deployment', { hint: 'see docs/study.md' })
  }
  const cleanup = createTeardown(log)
  try {
    const others = otherObjects(study)
    const writes = { ...deployment, ...writesOf(scenario.rollout), variants: others }
    const connection = await connectKube({ ...kube, clock, writes })
    cleanup.add('cluster connection', () => connection.close())
    await askConsent(connection, `${deployment.namespace}/${deployment.name}`, consent)
    return await onCluster({ ...options, study, connection, deployment, others, cleanup })
  } catch (error) {
    if (signal.aborted && !(error instanceof HarnessError)) throw abortReason(signal)
    throw error
  } finally {
    await cleanup.run()
  }
}

const otherObjects = ({ variants }: StudyPlan): readonly VariantObject[] => {
  const named = variants.flatMap(({ patches }) => patches.map(({ object }) => object))
  const others = named.filter(({ kind }) => kind !== 'Deployment')
  return [...new Map(others.map((object) => [`${object.kind}/${object.name}`, object])).values()]
}

interface Connected extends RunStudyOptions {
  readonly study: StudyPlan
  readonly connection: KubeConnection
  readonly deployment: { readonly namespace: string; readonly name: string }
  readonly others: readonly VariantObject[]
  readonly cleanup: Teardown
}

const onCluster = async (options: Connected): Promise<RunStudyResult> => {
  const { scenario, connection, deployment, clock, log, signal, resume, cleanup } = options
  const { reader, control } = connection
  const check = (): Promise<PreflightReport> =>
    preflight({
      reader,
      control,
      ...deployment,
      clock,
      signal,
      variants: options.others,
      choreography: options.scenario.rollout.choreography ?? 'restart',
    })
  // What an earlier session left is put back before the Deployment is judged.
  const first =
    resume === null
      ? (await check()).deployment
      : await reader.readDeployment(deployment.namespace, deployment.name, { signal })
  const target = { ...deployment, uid: first.uid }
  const identity = {
    source: options.source,
    versions: options.versions,
    cluster: await clusterIdentity(connection, target, options.isOwnLab),
  }
  await checkTarget(scenario, clock, signal)
  const id = createRunId(clock.epochMs())
  const found = resume === null ? null : await resumeStudyFolder(resume, identity)
  const lease = await holdLease({ leases: connection.leases, target, holder: id, clock, log, signal })
  cleanup.add('lease', () => lease.release())
  if (found === null) await checkVariants(options.study, connection, target)
  const folder = found ?? (await createStudyFolder(options.outDir, id, clock.epochMs(), identity))
  const files = await openStudyFiles(folder, identity, clock, cleanup)
  const context = {
    objects: objectsUnderLease(connection.objects, lease),
    reader,
    deployment: target,
    runId: files.info.id,
    version: options.versions.rollproof,
    journal: rememberRestarts(files.journal),
    clock,
    log,
    signal,
  }
  if (found !== null) {
    if (!options.isOwnLab) await putBackAndSettle(first, files, context, options, target)
    await checkVariants(options.study, connection, target)
  }
  const ready = await check()
  for (const warning of ready.warnings) log.warn({}, warning)
  const predictions = await predictBeforeRun(connection, scenario, deployment, log, signal)
  if (predictions !== null) options.onPredictions?.(predictions)
  const { left } = stateOf(files.info.order, files.entries, options.study.repeat)
  options.onPlan?.({ replicas: ready.deployment.replicas, left })
  return runBlocks({ ...options, files, lease, ready, variants: context })
}

/** What a session that was killed has left: its variant put back and proved, its rollout ended. Throws NOT_RESTORED. */
const putBackAndSettle = async (
  found: DeploymentSnapshot,
  files: StudyFiles,
  context: VariantContext,
  { scenario, connection, clock, log, signal }: Connected,
  target: DeploymentTarget,
): Promise<void> => {
  const local = await files.local()
  const read = found.journal === undefined ? null : readJournalText(found.journal)
  const isOurs = read !== null && (!read.ok || read.record.runId === files.info.id)
  if (isOurs || (read === null && (local?.records.length ?? 0) > 0)) {
    log.warn({}, 'the last session left a variant: putting it back first')
    const left = notRestored(await restoreOrSay({ ...context, local }), target)
    if (left !== null) throw left
  }
  if (read === null || isOurs) {
    const timeoutMs = scenario.rollout.timeoutMs
    await waitSettled({ reader: connection.reader, target, clock, signal, timeoutMs })
  }
}

type Working = Connected & {
  readonly files: StudyFiles
  readonly lease: HeldLease
  readonly ready: PreflightReport
  readonly variants: BlockOptions['variants']
}

const runBlocks = async (options: Working): Promise<RunStudyResult> => {
  const { files, study, signal, clock } = options
  const close = async (
    reason: 'completed' | 'interrupted' | 'stopped',
    detail: string | null,
  ): Promise<void> => files.note({ type: 'session.ended', atMs: epochMs(clock.epochMs()), reason, detail })
  const attempts = new Map<number, number>()
  // Taken after the restore: later than the load ended, never earlier.
  let loadEndedAtMs: number | null = null
  try {
    for (;;) {
      if (signal.aborted) {
        await close('interrupted', messageOf(signal.reason))
        return { dir: files.dir, error: null }
      }
      const state = stateOf(files.info.order, files.entries, study.repeat)
      const next = state.left[0] ?? state.repeats[0]
      if (next === undefined) {
        await close('completed', null)
        return { dir: files.dir, error: null }
      }
      const end = await oneBlock(next, loadEndedAtMs, options)
      loadEndedAtMs = clock.nowMs()
      if (end.kind === 'unfit') {
        const atMs = epochMs(clock.epochMs())
        await files.note({ type: 'variant.dropped', atMs, variant: next.variant, why: end.why })
      } else if (end.kind === 'half' && !signal.aborted) {
        const tried = (attempts.get(next.index) ?? 0) + 1
        attempts.set(next.index, tried)
        if (tried >= ATTEMPTS) {
          throw new HarnessError(
            'ENGINE_FAILED',
            `${next.variant} was broken off ${tried} times: ${end.detail}`,
            {
              hint: 'mend that, and go on with --resume',
            },
          )
        }
      }
    }
  } catch (error) {
    const stopped =
      error instanceof HarnessError ? error : new HarnessError('INTERNAL', messageOf(error), { cause: error })
    await close('stopped', stopped.message).catch(() => {})
    return { dir: files.dir, error: hasCode(stopped, 'INTERRUPTED') ? null : stopped }
  }
}

const oneBlock = async (
  block: PlannedBlock,
  loadEndedAtMs: number | null,
  options: Working,
): Promise<BlockEnd> => {
  const { study, files, onBlock } = options
  const variant = variantOf(study, block)
  const { ended = () => {}, ...shown } = onBlock?.(block, files.info.order.length) ?? {}
  let end: BlockEnd | null = null
  try {
    const { scenario, connection, lease, ready, variants, versions, clock, log, signal, judge } = options
    const one: BlockOptions = {
      scenario,
      connection,
      lease,
      ready,
      variants,
      versions,
      clock,
      log,
      signal,
      judge,
      files,
      loadEndedAtMs,
      restMs: restMsOf(study, options.isOwnLab),
      ...shown,
    }
    end = await runBlock(block, variant, one)
    return end
  } finally {
    ended(end)
  }
}

const variantOf = ({ variants }: StudyPlan, { variant }: PlannedBlock): StudyVariant => {
  const found = variants.find(({ name }) => name === variant)
  if (found === undefined) throw new HarnessError('INTERNAL', `the study has no variant ${variant}`)
  return found
}
