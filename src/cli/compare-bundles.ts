import { basename, dirname, join, resolve } from 'node:path'
import { BUDGET_ID } from '../correlator/budget/budget-reason.ts'
import type { HistoryRun } from '../correlator/budget/history-run.ts'
import { ablationFromNames } from '../correlator/compare/ablation.ts'
import { compareRuns } from '../correlator/compare/compare.ts'
import { conditionNotes, conditionsOf } from '../correlator/compare/conditions.ts'
import { type Grouping, groupRuns, roundsOf } from '../correlator/compare/group-runs.ts'
import { correlate } from '../correlator/correlate.ts'
import { withBundle } from '../eventlog/bundle-reader.ts'
import { makeFolders, writeAtomic } from '../eventlog/bundle-writer.ts'
import { fileError } from '../eventlog/file-error.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { Comparison, ComparisonOptions } from '../model/comparison.ts'
import type { Reason, RunReport } from '../model/finding.ts'
import type { RunInfo } from '../model/run-info.ts'
import { renderComparisonHtml } from '../report/comparison/html.ts'
import { renderComparisonJson } from '../report/comparison/json.ts'
import { renderComparisonMarkdown } from '../report/comparison/markdown.ts'
import { COMMENT_BUDGET } from '../report/markdown.ts'

export const COMPARISON_FORMATS = ['html', 'md', 'json', 'terminal'] as const
export type ComparisonFormat = (typeof COMPARISON_FORMATS)[number]

const FILES: Readonly<Record<Exclude<ComparisonFormat, 'terminal'>, string>> = {
  html: 'comparison.html',
  md: 'comparison.md',
  json: 'comparison.json',
}

export interface CompareBundlesOptions {
  /** `PATH` or `NAME=PATH`. */
  readonly bundles: readonly string[]
  readonly groupBy: Grouping | null
  /** `null` = the group of the first bundle. */
  readonly control: string | null
  readonly base: string | null
  readonly seed: number
  readonly options: Partial<ComparisonOptions>
  /** Earlier runs: each bundle is held against its budget, too; `null` = none is wanted. */
  readonly history: readonly HistoryRun[] | null
}

interface JudgedBundle {
  readonly label: string | null
  readonly dir: string
  readonly info: RunInfo
  readonly report: RunReport
}

/** `NAME=PATH`; a path that has a `/` before its first `=` is a path. */
const splitLabel = (text: string): { readonly label: string | null; readonly path: string } => {
  const match = /^([^/\\=]+)=(.+)$/.exec(text)
  return { label: match?.[1] ?? null, path: match?.[2] ?? text }
}

const judged = async (text: string, history: readonly HistoryRun[] | null): Promise<JudgedBundle> => {
  const { label, path } = splitLabel(text)
  return withBundle(path, (bundle) => ({
    label,
    dir: bundle.dir,
    info: bundle.info,
    report: correlate(bundle, history).report,
  }))
}

const known = (name: string | null, flag: string, groups: readonly string[]): void => {
  if (name === null || groups.includes(name)) return
  throw new HarnessError('USAGE', `${flag}: no group is called ${JSON.stringify(name)}`, {
    hint: `groups: ${[...new Set(groups)].join(', ')}`,
  })
}

export interface ComparedBundles {
  readonly comparison: Comparison
  readonly title: string
  /** Whether all are within their history budget; `null` = could not be shown for one; true where none is wanted. */
  readonly withinBudget: boolean | null
}

const budgetOf = ({ report }: JudgedBundle): Reason | null =>
  report.reasons.find(({ id }) => id === BUDGET_ID) ?? null

const budgetNote = (run: JudgedBundle, group: string): string[] => {
  const reason = budgetOf(run)
  if (reason === null) return []
  const word = reason.holds === true ? 'within' : reason.holds === false ? 'OVER' : 'not to be held against'
  return [
    `${group}, run ${run.info.runId}: ${word} the history budget: ${reason.value}; allowed: ${reason.limit}.`,
  ]
}

/**
 * Judges bundles of runs that were made apart with today's rules, groups them and compares the groups. What makes them
 * incomparable comes first in the notes. Throws USAGE (fewer than two groups, a name that is none), BUNDLE_INVALID.
 */
export const compareBundles = async ({
  bundles,
  groupBy,
  control,
  base,
  seed,
  options,
  history,
}: CompareBundlesOptions): Promise<ComparedBundles> => {
  const runs: JudgedBundle[] = []
  // One after the other: a bundle is held in memory while it is judged.
  for (const text of bundles) runs.push(await judged(text, history))
  const twice = runs.find(({ dir }, i) => runs.findIndex((other) => other.dir === dir) !== i)
  if (twice !== undefined) throw new HarnessError('USAGE', `${twice.dir} was given twice`)
  const { by, groups } = groupRuns(
    runs.map(({ label, dir, info }) => ({
      label,
      name: info.name,
      variant: info.study?.variant ?? null,
      parent: basename(dirname(dir)),
      folder: basename(dir),
    })),
    groupBy,
  )
  const names = [...new Set(groups)]
  if (names.length < 2) {
    throw new HarnessError(
      'USAGE',
      `all ${runs.length} bundles are of one group, ${JSON.stringify(names[0] ?? '')}`,
      {
        hint: 'give bundles of at least two, name them (NAME=PATH), or group them by run: --group-by run',
      },
    )
  }
  known(control, '--control', groups)
  known(base, '--base', groups)
  const rounds = roundsOf(
    runs.map(({ report }, i) => ({ group: groups[i] ?? '', startedAt: report.startedAt })),
  )
  const conditions = conditionsOf(
    runs.map(({ info, report }, i) => ({ variant: groups[i] ?? '', info, report })),
  )
  const comparison = compareRuns({
    runs: runs.map(({ report }, i) => ({ variant: groups[i] ?? '', block: rounds.blocks[i] ?? 1, report })),
    control: control ?? names[0] ?? '',
    base,
    ablation: ablationFromNames(names),
    names,
    interleaved: rounds.interleaved,
    seed,
    options,
    notes: [...runs.flatMap((run, i) => budgetNote(run, groups[i] ?? '')), ...conditionNotes(conditions)],
  })
  const holds = runs.map((run) => budgetOf(run)?.holds)
  return {
    comparison,
    withinBudget: holds.includes(false) ? false : holds.includes(null) ? null : true,
    title: `${runs.length} runs in ${names.length} groups, by ${by === 'name' ? 'scenario' : by}`,
  }
}

const render = (
  comparison: Comparison,
  title: string,
  format: Exclude<ComparisonFormat, 'terminal'>,
): string => {
  switch (format) {
    case 'html':
      return renderComparisonHtml(comparison, title)
    case 'md':
      return renderComparisonMarkdown(comparison, title, { budget: COMMENT_BUDGET })
    case 'json':
      return renderComparisonJson(comparison)
  }
}

/** Writes a comparison into a folder, which is made. Returns the paths. Throws OUTPUT_NOT_WRITABLE. */
export const writeComparison = async (
  comparison: Comparison,
  title: string,
  formats: readonly ComparisonFormat[],
  out: string,
): Promise<readonly string[]> => {
  const dir = resolve(out)
  await makeFolders(dir).catch((error: unknown) => {
    throw fileError(`cannot create ${dir}`, error)
  })
  const written: string[] = []
  for (const format of formats) {
    if (format === 'terminal') continue
    await writeAtomic(dir, FILES[format], render(comparison, title, format))
    written.push(join(dir, FILES[format]))
  }
  return written
}
