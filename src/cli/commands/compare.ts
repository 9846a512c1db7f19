import { GROUPINGS, type Grouping } from '../../correlator/compare/group-runs.ts'
import { parseShare } from '../../correlator/plan-power.ts'
import { HarnessError } from '../../kernel/errors.ts'
import type { Comparison } from '../../model/comparison.ts'
import { renderComparisonJson } from '../../report/comparison/json.ts'
import { renderComparisonMarkdown } from '../../report/comparison/markdown.ts'
import { renderComparisonTerminal } from '../../report/comparison/terminal.ts'
import { COMMENT_BUDGET } from '../../report/markdown.ts'
import { nearest } from '../../scenario/suggest.ts'
import type { Command, Flags } from '../command.ts'
import {
  COMPARISON_FORMATS,
  type ComparisonFormat,
  compareBundles,
  writeComparison,
} from '../compare-bundles.ts'
import { EXIT } from '../exit-code.ts'
import { textFlag } from '../flags.ts'
import type { Host } from '../host.ts'
import { createLogger } from '../logger.ts'
import { historyOf, withBudgetFlag } from '../read-history.ts'
import { wantsColor } from '../render-run.ts'

const isFormat = (word: string): word is ComparisonFormat =>
  (COMPARISON_FORMATS as readonly string[]).includes(word)

const formatsOf = (text: string): readonly ComparisonFormat[] =>
  text.split(',').map((word) => {
    const format = word.trim()
    if (isFormat(format)) return format
    const near = nearest(format, COMPARISON_FORMATS)
    throw new HarnessError('USAGE', `no format is called ${JSON.stringify(format)}`, {
      hint: `${near === null ? '' : `did you mean ${near}? `}formats: ${COMPARISON_FORMATS.join(', ')}`,
    })
  })

const shareFlag = (flags: Flags, name: string): number | null => {
  const text = textFlag(flags, name)
  if (text === null) return null
  const share = parseShare(text)
  if (share === null) {
    throw new HarnessError('USAGE', `--${name} is not a share: ${JSON.stringify(text)}`, {
      hint: 'give a share of pod terminations between 0 and 1: 10% or 0.1',
    })
  }
  return share
}

const seedFlag = (flags: Flags): number => {
  const text = textFlag(flags, 'seed') ?? '1'
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new HarnessError('USAGE', `--seed is no whole number: ${JSON.stringify(text)}`)
}

const print = async (host: Host, comparison: Comparison, title: string, mode: string): Promise<void> => {
  const text =
    mode === 'json'
      ? renderComparisonJson(comparison)
      : mode === 'markdown'
        ? renderComparisonMarkdown(comparison, title, { budget: COMMENT_BUDGET })
        : renderComparisonTerminal(comparison, title, {
            width: host.stdout.columns(),
            color: wantsColor(host),
          })
  await host.stdout.write(text)
}

export const compareCommand: Command = {
  usage: 'compare <bundles..>',
  summary: 'Compare runs that were made apart: better, worse, or how many restarts it takes to tell',
  flags: (cli) =>
    withBudgetFlag(cli)
      .positional('bundles', {
        type: 'string',
        array: true,
        describe: 'Folders of runs; NAME=FOLDER puts one into a group',
      })
      .option('group-by', {
        choices: GROUPINGS,
        describe: 'What makes a group [the first of these that gives more than one]',
      })
      .option('control', {
        type: 'string',
        requiresArg: true,
        describe: 'Group that all are compared with [that of the first bundle]',
      })
      .option('base', {
        type: 'string',
        requiresArg: true,
        describe: 'A second group that all are compared with',
      })
      .option('margin', {
        type: 'string',
        requiresArg: true,
        describe: 'How many more pod terminations may drop something for "as good as" [10%]',
      })
      .option('target-effect', {
        type: 'string',
        requiresArg: true,
        describe: 'Difference of that share that is worth finding [25%]',
      })
      .option('seed', { type: 'string', requiresArg: true, describe: 'Seed of the permutations [1]' })
      .option('format', {
        type: 'string',
        requiresArg: true,
        describe: `Files to write into --out: ${COMPARISON_FORMATS.join(', ')} [html,md,json,terminal]`,
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        describe: 'Folder for the files [none are written]',
      })
      .option('output', {
        alias: 'o',
        choices: ['terminal', 'json', 'markdown'] as const,
        describe: 'What to print on stdout [terminal]',
      })
      .example('$0 compare reports/before-* reports/after-*', 'By scenario name')
      .example('$0 compare old=reports/a old=reports/b new=reports/c', 'Groups of your own')
      .example('$0 compare main/reports/* branch/reports/* --group-by folder --out public', 'And as a page'),
  run: async (flags, host) => {
    const margin = shareFlag(flags, 'margin')
    const targetEffect = shareFlag(flags, 'target-effect')
    const out = textFlag(flags, 'out')
    const output = textFlag(flags, 'output')
    const format = textFlag(flags, 'format')
    if (format !== null && out === null) {
      throw new HarnessError('USAGE', '--format says which files to write, but not where', {
        hint: 'give --out FOLDER',
      })
    }
    const formats = formatsOf(format ?? COMPARISON_FORMATS.join(','))
    const bundles: unknown = flags.bundles
    const { comparison, title, withinBudget } = await compareBundles({
      bundles: Array.isArray(bundles) ? bundles.map(String) : [],
      groupBy: GROUPINGS.find((grouping: Grouping) => grouping === flags['group-by']) ?? null,
      control: textFlag(flags, 'control'),
      base: textFlag(flags, 'base'),
      seed: seedFlag(flags),
      history: await historyOf(flags, createLogger(host, 'warn')),
      options: {
        ...(margin === null ? {} : { margin }),
        ...(targetEffect === null ? {} : { targetEffect }),
      },
    })
    if (output !== null || formats.includes('terminal'))
      await print(host, comparison, title, output ?? 'terminal')
    const written = out === null ? [] : await writeComparison(comparison, title, formats, out)
    for (const path of written) await host.stderr.write(`wrote ${path}\n`)
    return withinBudget === true ? EXIT.passed : withinBudget === false ? EXIT.failed : EXIT.inconclusive
  },
}
