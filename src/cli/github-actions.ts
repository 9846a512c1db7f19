import { appendFile, stat } from 'node:fs/promises'
import type { Argv } from 'yargs'
import { messageOf } from '../kernel/errors.ts'
import { redactText } from '../kernel/redact.ts'
import type { RunReport } from '../model/finding.ts'
import { annotation, renderAnnotations } from '../report/annotations.ts'
import { renderMarkdown, STEP_SUMMARY_BUDGET } from '../report/markdown.ts'
import type { Flags } from './command.ts'
import { switchFlag } from './flags.ts'
import type { Host } from './host.ts'

export const withGithubFlags = (cli: Argv): Argv =>
  cli
    .option('annotations', {
      type: 'boolean',
      group: 'Output:',
      describe: 'Annotations for GitHub Actions, on stderr [where GITHUB_ACTIONS=true]',
    })
    .option('step-summary', {
      type: 'boolean',
      group: 'Output:',
      describe: 'Append the Markdown report to $GITHUB_STEP_SUMMARY [where it is set]',
    })

/** As the flag says; without it, `otherwise`. */
const wanted = (flags: Flags, name: string, otherwise: boolean): boolean =>
  flags[name] === undefined ? otherwise : switchFlag(flags, name)

/** Below this there is no use in a summary. */
const LEAST_SUMMARY = 1024

/** What a step shows of a command beside its log. */
export interface StepOutput {
  /** Workflow commands, a line each. */
  readonly annotations: () => readonly string[]
  /** Never longer than `budget` bytes. */
  readonly markdown: (budget: number) => string
}

export const runInStep = (report: RunReport): StepOutput => ({
  annotations: () => renderAnnotations(report),
  markdown: (budget) => renderMarkdown(report, { budget }),
})

/** Appends the report to the step's summary, within what GitHub takes for a step. A summary is no reason to fail a run. */
const appendSummary = async (host: Host, markdown: StepOutput['markdown'], path: string): Promise<void> => {
  try {
    const before = await stat(path).then(
      ({ size }) => size,
      () => 0,
    )
    const separator = before === 0 ? '' : '\n\n'
    const budget = STEP_SUMMARY_BUDGET - before - separator.length
    if (budget < LEAST_SUMMARY) {
      await host.stderr.write('rollproof: the step summary is full already; the report is not added to it\n')
      return
    }
    await appendFile(path, separator + markdown(budget))
  } catch (error) {
    await host.stderr.write(`rollproof: cannot append to GITHUB_STEP_SUMMARY: ${messageOf(error)}\n`)
  }
}

/**
 * What GitHub Actions shows of a command beside its log: annotations and the step summary. Both go their own way, never to
 * stdout: the runner reads workflow commands from stderr as well, and stdout is the report alone.
 * @param automatic whether they come unasked where the environment is that of a step
 */
export const showInStep = async (
  host: Host,
  flags: Flags,
  { annotations, markdown }: StepOutput,
  automatic: boolean,
): Promise<void> => {
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY } = host.env
  if (wanted(flags, 'annotations', automatic && GITHUB_ACTIONS === 'true'))
    await host.stderr.write(
      annotations()
        .map((line) => `${line}\n`)
        .join(''),
    )
  const path = GITHUB_STEP_SUMMARY ?? ''
  if (!wanted(flags, 'step-summary', automatic && GITHUB_ACTIONS === 'true' && path !== '')) return
  if (path === '')
    await host.stderr.write('rollproof: --step-summary needs $GITHUB_STEP_SUMMARY, the path of a file\n')
  else await appendSummary(host, markdown, path)
}

/** An error that ended a command, as an annotation where a step would show it. */
export const annotateError = async (host: Host, message: string, hint: string | null): Promise<void> => {
  if (host.env.GITHUB_ACTIONS !== 'true' || host.argv.includes('--no-annotations')) return
  const line = annotation({
    level: 'error',
    title: 'rollproof',
    message: redactText(hint === null ? message : `${message}. ${hint}`),
  })
  await host.stderr.write(`${line}\n`)
}
