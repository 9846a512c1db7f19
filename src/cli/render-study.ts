import { join, resolve } from 'node:path'
import { ablationOf } from '../correlator/compare/ablation.ts'
import { compareRuns } from '../correlator/compare/compare.ts'
import { type StudyVerdict, studyVerdict } from '../correlator/compare/study-verdict.ts'
import { correlate } from '../correlator/correlate.ts'
import { readBundle } from '../eventlog/bundle-reader.ts'
import { makeFolders, writeAtomic } from '../eventlog/bundle-writer.ts'
import { fileError } from '../eventlog/file-error.ts'
import { readStudyFolder, STUDY_FILES, type StudyFolder } from '../eventlog/study-folder.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { Comparison, MeasuredRun } from '../model/comparison.ts'
import { type StudyState, stateOf } from '../scenario/study/block-state.ts'

export interface JudgedStudy {
  readonly study: StudyFolder
  readonly state: StudyState
  /** `null` when no block was measured. */
  readonly comparison: Comparison | null
  readonly verdict: StudyVerdict
}

/**
 * Judges a study from the files of its folder alone: each block that counts is judged anew from its bundle, then they are compared.
 * Throws BUNDLE_INVALID.
 */
export const judgeStudy = async (path: string): Promise<JudgedStudy> => {
  const study = await readStudyFolder(path)
  const { info, progress, dir } = study
  const plan = info.scenario.study
  if (plan === undefined) throw new HarnessError('BUNDLE_INVALID', `${path} has no variants`)
  const state = stateOf(info.order, progress, plan.repeat)
  const runs: MeasuredRun[] = []
  for (const { variant, round, folder } of state.counted) {
    const { report } = correlate(await readBundle(join(dir, STUDY_FILES.blocks, folder)))
    runs.push({ variant, block: round, report })
  }
  const { control, seed, variants } = plan
  const ablation = ablationOf(variants)
  const missing = state.left.length
  if (runs.length === 0) {
    const because = [`no block was measured, ${missing} are still to be`]
    return { study, state, comparison: null, verdict: { verdict: 'inconclusive', exitCode: 4, because } }
  }
  const comparison = compareRuns({ runs, control, base: null, ablation, interleaved: true, seed })
  const verdict = studyVerdict({ comparison, all: ablation?.all ?? null, missing, dropped: state.dropped })
  return { study, state, comparison, verdict }
}

/** Writes what was found into `out` (default: the folder of the study). Returns the paths. Throws OUTPUT_NOT_WRITABLE. */
export const writeStudy = async (
  { study, comparison }: JudgedStudy,
  out: string | null,
): Promise<readonly string[]> => {
  if (comparison === null) return []
  const dir = out === null ? study.dir : resolve(out)
  await makeFolders(dir).catch((error: unknown) => {
    throw fileError(`cannot create ${dir}`, error)
  })
  await writeAtomic(dir, STUDY_FILES.comparison, `${JSON.stringify(comparison, null, 2)}\n`)
  return [join(dir, STUDY_FILES.comparison)]
}

/** What `-o` wants of a study. Throws USAGE for what only a run can print. */
export const studyText = (judged: JudgedStudy, output: string | null): string => {
  if (output === 'peer-json') {
    throw new HarnessError('USAGE', '-o peer-json is of one run; a study has many', {
      hint: '-o json prints the comparison',
    })
  }
  return output === 'json'
    ? `${JSON.stringify(judged.comparison, null, 2)}\n`
    : `${studyLines(judged).join('\n')}\n`
}

/** What a study came to, for a terminal: a line each. */
const studyLines = ({ study, state, comparison, verdict }: JudgedStudy): readonly string[] => {
  const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`
  const doubtful = state.counted.filter(({ doubts }) => doubts.length > 0)
  const lines = [
    `${study.info.name}: ${verdict.verdict} (${verdict.because.join('; ')})`,
    `${many(state.counted.length, 'block')} counted` +
      (state.replaced.length > 0
        ? `, ${many(state.replaced.length, 'doubtful one')} replaced by a repetition`
        : '') +
      (state.halves.length > 0 ? `, ${many(state.halves.length, 'one')} broken off and not counted` : '') +
      (doubtful.length > 0
        ? `; with doubts: ${doubtful.map(({ folder, doubts }) => `${folder} (${doubts.join(', ')})`).join(', ')}`
        : ''),
  ]
  for (const { variant, dropping, rolloutMs } of comparison?.variants ?? []) {
    const hit =
      dropping === null
        ? 'no pod termination'
        : `${dropping.hit} of ${dropping.trials} terminations dropped something`
    const took = rolloutMs === null ? '' : `, rollout ${(rolloutMs.mean / 1000).toFixed(1)} s`
    const pair = comparison?.pairs.find((one) => one.variant === variant)
    lines.push(
      `  ${variant.padEnd(32)} ${hit}${took}${pair === undefined ? '' : `: ${pair.word} than ${pair.reference}`}`,
    )
  }
  for (const { setting, words, because } of comparison?.settings ?? []) {
    lines.push(`  ${setting}: ${words.join(', ')}`, ...because.map((line) => `      ${line}`))
  }
  return [...lines, ...(comparison?.notes ?? []).map((note) => `note: ${note}`)]
}
