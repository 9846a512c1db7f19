import { join, resolve } from 'node:path'
import { ablationOf } from '../correlator/compare/ablation.ts'
import { compareRuns } from '../correlator/compare/compare.ts'
import { type StudyVerdict, studyVerdict } from '../correlator/compare/study-verdict.ts'
import { correlate } from '../correlator/correlate.ts'
import { withBundle } from '../eventlog/bundle-reader.ts'
import { makeFolders, writeAtomic } from '../eventlog/bundle-writer.ts'
import { fileError } from '../eventlog/file-error.ts'
import { readStudyFolder, STUDY_FILES, type StudyFolder } from '../eventlog/study-folder.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { Comparison, MeasuredRun } from '../model/comparison.ts'
import { renderStudyAnnotations } from '../report/comparison/annotations.ts'
import { renderComparisonHtml } from '../report/comparison/html.ts'
import { renderComparisonJson } from '../report/comparison/json.ts'
import { renderComparisonMarkdown } from '../report/comparison/markdown.ts'
import { renderComparisonTerminal } from '../report/comparison/terminal.ts'
import { escapeMarkdown } from '../report/escape.ts'
import { COMMENT_BUDGET } from '../report/markdown.ts'
import { type StudyState, stateOf } from '../scenario/study/block-state.ts'
import type { StepOutput } from './github-actions.ts'
import type { Host } from './host.ts'
import { wantsColor } from './render-run.ts'

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
    const block = join(dir, STUDY_FILES.blocks, folder)
    const { report } = await withBundle(block, (bundle) => correlate(bundle))
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
  const { name } = study.info
  const files = {
    [STUDY_FILES.comparison]: renderComparisonJson(comparison),
    'comparison.html': renderComparisonHtml(comparison, name),
    'comparison.md': renderComparisonMarkdown(comparison, name, { budget: COMMENT_BUDGET }),
  }
  for (const [file, text] of Object.entries(files)) await writeAtomic(dir, file, text)
  return Object.keys(files).map((file) => join(dir, file))
}

/** Throws USAGE for an `-o` that only a run can print: before a study begins. */
export const checkStudyOutput = (output: string | null): void => {
  if (output !== 'peer-json') return
  throw new HarnessError('USAGE', '-o peer-json is of one run; a study has many', {
    hint: '-o json prints the comparison',
  })
}

/** What `-o` wants of a study. */
export const studyText = (host: Host, judged: JudgedStudy, output: string | null): string => {
  const { comparison, study } = judged
  const { name } = study.info
  switch (output) {
    case 'json':
      return comparison === null ? 'null\n' : renderComparisonJson(comparison)
    case 'markdown':
      return comparison === null ? '' : renderComparisonMarkdown(comparison, name, { budget: COMMENT_BUDGET })
    default: {
      const options = { width: host.stdout.columns(), color: wantsColor(host) }
      const text = comparison === null ? '' : `${renderComparisonTerminal(comparison, name, options)}\n`
      return `${text}${stateLines(judged).join('\n')}\n`
    }
  }
}

export const studyInStep = ({ study, comparison, verdict }: JudgedStudy): StepOutput => {
  const title = study.info.name
  return {
    annotations: () => renderStudyAnnotations({ title, comparison, ...verdict }),
    markdown: (budget) =>
      comparison === null
        ? `## ${escapeMarkdown(title)}\n\n${escapeMarkdown(verdict.because.join('; '))}\n`
        : renderComparisonMarkdown(comparison, title, { budget }),
  }
}

const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

/** What became of the blocks, and what the study came to. */
const stateLines = ({ study, state, verdict }: JudgedStudy): readonly string[] => {
  const { counted, replaced, halves } = state
  const doubtful = counted.filter(({ doubts }) => doubts.length > 0)
  const blocks = [
    `${many(counted.length, 'block')} of ${study.info.order.length} counted`,
    ...(doubtful.length > 0 ? [`${doubtful.length} of them with gates that do not hold`] : []),
    ...(replaced.length > 0 ? [`${many(replaced.length, 'doubtful one')} replaced by a repetition`] : []),
    ...(halves.length > 0 ? [`${many(halves.length, 'one')} broken off and not counted`] : []),
  ]
  return [`Blocks     ${blocks.join(', ')}`, `Study      ${verdict.verdict}: ${verdict.because.join('; ')}`]
}
