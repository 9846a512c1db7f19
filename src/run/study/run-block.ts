import { join } from 'node:path'
import { STUDY_FILES } from '../../eventlog/study-folder.ts'
import { HarnessError, hasCode, messageOf } from '../../kernel/errors.ts'
import { epochMs } from '../../kernel/units.ts'
import type { RunReport } from '../../model/finding.ts'
import type { Scenario } from '../../model/scenario.ts'
import type { PlannedBlock, StudyVariant } from '../../model/study.ts'
import { underJournal } from '../../orchestrator/journal/under-journal.ts'
import { waitSettled } from '../../orchestrator/wait-settled.ts'
import { blockFolder } from '../../scenario/study/block-state.ts'
import { type MeasuredRun, type MeasureOptions, measureRun } from '../measure-run.ts'
import { checkTarget } from '../target-check.ts'
import { type JournaledContext, withVariant } from '../with-variant.ts'
import type { StudyFiles } from './study-session.ts'

export interface BlockOptions
  extends Pick<
    MeasureOptions,
    'connection' | 'lease' | 'ready' | 'versions' | 'clock' | 'log' | 'onWindow' | 'onOpen' | 'signal'
  > {
  /** Of the study; led to its cluster. */
  readonly scenario: Scenario
  readonly files: StudyFiles
  readonly variants: JournaledContext
  /** When the load of the block before ended, ms of `Clock.nowMs()`; `null` = this is the session's first. */
  readonly loadEndedAtMs: number | null
  /** Least time without load before this one, so that what the block before left in the network is forgotten. */
  readonly restMs: number
  /** Judges the bundle of a block, from its files. */
  readonly judge: (dir: string) => Promise<RunReport>
}

/** The gates that do not hold, failures or not. Those that need not be proven are no doubts. */
export const doubtsOf = ({ reasons }: RunReport, accepted: readonly string[]): readonly string[] =>
  reasons
    .filter(({ id, holds }) => /^H\d+$/.test(id) && holds !== true && !accepted.includes(id))
    .map(({ id }) => id)

/** The scenario of one block: an ordinary run, its load drawn anew. */
const scenarioOf = ({ study: _, ...scenario }: Scenario, { index, variant }: PlannedBlock): Scenario => ({
  ...scenario,
  name: `${scenario.name} [${variant}]`,
  seed: (scenario.seed + index) % 2 ** 32,
})

/** What a block came to. `unfit`: the variant cannot be measured at all. */
export type BlockEnd =
  | { readonly kind: 'measured'; readonly report: RunReport }
  | { readonly kind: 'half'; readonly detail: string }
  | { readonly kind: 'unfit'; readonly why: string }

/** Whether an error says that the variant, not the study, is at fault: its pods do not come up, or answer nothing. */
const isUnfit = (error: unknown): boolean =>
  hasCode(error, 'ROLLOUT_STUCK') || hasCode(error, 'TARGET_UNREACHABLE')

/**
 * One block: apply ─ settle ─ a whole run ─ restore, each step told to the progress. What was applied is put back whatever happens.
 * Throws NOT_RESTORED, and what makes it senseless to go on.
 */
export const runBlock = async (
  block: PlannedBlock & { readonly repeats?: number },
  variant: StudyVariant,
  options: BlockOptions,
): Promise<BlockEnd> => {
  const { files, clock, signal } = options
  const folder = blockFolder(block, files.entries)
  const { index, round, repeats = null } = block
  const now = () => epochMs(clock.epochMs())
  await files.note({
    type: 'block.started',
    atMs: now(),
    index,
    round,
    variant: variant.name,
    repeats,
    folder,
  })
  const end = async (ended: BlockEnd): Promise<BlockEnd> => {
    if (ended.kind === 'measured') {
      const doubts = doubtsOf(ended.report, options.scenario.acceptUnproven)
      const { verdict } = ended.report
      await files.note({
        type: 'block.ended',
        atMs: now(),
        index,
        folder,
        outcome: 'measured',
        doubts,
        verdict,
        detail: null,
      })
    } else {
      const detail = ended.kind === 'half' ? ended.detail : ended.why
      await files.note({
        type: 'block.ended',
        atMs: now(),
        index,
        folder,
        outcome: 'half',
        doubts: [],
        verdict: null,
        detail,
      })
    }
    return ended
  }
  let run: MeasuredRun
  try {
    run =
      variant.patches.length === 0
        ? await measure(block, folder, options)
        : await withVariant(variant, options.variants, (onWritten) =>
            measure(block, folder, { ...options, onWritten, onVariant: true }),
          )
  } catch (error) {
    if (hasCode(error, 'NOT_RESTORED')) throw error
    if (signal.aborted) return end({ kind: 'half', detail: messageOf(error) })
    if (isUnfit(error)) return end({ kind: 'unfit', why: messageOf(error) })
    await end({ kind: 'half', detail: messageOf(error) })
    throw error
  }
  if (run.reason === 'interrupted' || run.reason === 'aborted') {
    await end({ kind: 'half', detail: run.detail ?? run.reason })
    // Without the lease nothing more may be done; the rest (a dead thread, a lost watch) may be better the next time.
    if (hasCode(run.error, 'LEASE_LOST') || hasCode(run.error, 'OUTPUT_NOT_WRITABLE')) throw run.error
    return { kind: 'half', detail: run.detail ?? run.reason }
  }
  return end({ kind: 'measured', report: await options.judge(run.dir) })
}

const measure = async (
  block: PlannedBlock,
  folder: string,
  options: BlockOptions & Pick<MeasureOptions, 'onWritten' | 'onVariant'>,
): Promise<MeasuredRun> => {
  const { files, connection, clock, signal, ready, variants } = options
  const deployment = await waitSettled({
    reader: connection.reader,
    target: variants.deployment,
    clock,
    signal,
    timeoutMs: options.scenario.rollout.timeoutMs,
  })
  // What still leads to the pods that were replaced just now is not of these restarts.
  const settledMs = clock.nowMs() + options.scenario.rollout.settleMs
  const { loadEndedAtMs, restMs } = options
  const restedMs = loadEndedAtMs === null ? 0 : loadEndedAtMs + restMs
  await clock.sleepMs(Math.max(settledMs, restedMs) - clock.nowMs(), signal)
  const scenario = scenarioOf(options.scenario, block)
  const target = await checkTarget(scenario, clock, signal)
  const { index, round, variant } = block
  if (signal.aborted)
    throw new HarnessError('INTERRUPTED', 'the study was interrupted', { cause: signal.reason })
  return measureRun({
    ...options,
    connection: { ...connection, control: underJournal(connection.control, variants.journal) },
    ready: { ...ready, deployment },
    scenario,
    target,
    predictions: null,
    outDir: join(files.dir, STUDY_FILES.blocks),
    folder,
    study: {
      id: files.info.id,
      block: index,
      round,
      variant,
      sinceLoadMs: loadEndedAtMs === null ? null : Math.round(clock.nowMs() - loadEndedAtMs),
    },
  })
}
