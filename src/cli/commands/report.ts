import { spawn } from 'node:child_process'
import { isStudyFolder } from '../../eventlog/study-folder.ts'
import { HarnessError } from '../../kernel/errors.ts'
import { nearest } from '../../scenario/suggest.ts'
import type { Command, Flags } from '../command.ts'
import { switchFlag, textFlag } from '../flags.ts'
import { runInStep, showInStep, withGithubFlags } from '../github-actions.ts'
import type { Host } from '../host.ts'
import { createLogger } from '../logger.ts'
import { bundlesIn } from '../nearby-bundles.ts'
import { historyOf, withBudgetFlag } from '../read-history.ts'
import { FORMATS, type Format, judgeBundle, printReport, RUN_FORMATS } from '../render-run.ts'
import { checkStudyOutput, judgeStudy, studyInStep, studyText, writeStudy } from '../render-study.ts'

const isFormat = (word: string): word is Format => (FORMATS as readonly string[]).includes(word)

const formatsOf = (text: string | null): readonly Format[] => {
  if (text === null) return [...RUN_FORMATS, 'terminal']
  return text.split(',').map((word) => {
    const format = word.trim()
    if (isFormat(format)) return format
    const near = nearest(format, FORMATS)
    throw new HarnessError('USAGE', `no format is called ${JSON.stringify(format)}`, {
      hint: `${near === null ? '' : `did you mean ${near}? `}formats: ${FORMATS.join(', ')}`,
    })
  })
}

/** A folder of bundles was given, not a bundle: says which one is the newest. Any other error comes back as it is. */
const withNewest = async (path: string, error: unknown): Promise<unknown> => {
  if (!(error instanceof HarnessError) || error.code !== 'BUNDLE_INVALID') return error
  const [newest, ...older] = await bundlesIn(path)
  if (newest === undefined) return error
  return new HarnessError('BUNDLE_INVALID', `${path} is no run bundle, but holds ${older.length + 1}`, {
    hint: `the newest: rollproof report ${newest}`,
    cause: error,
  })
}

const OPENERS: Readonly<Record<string, string>> = { darwin: 'open', win32: 'explorer' }

/** Shows a file in the browser. Not being able to is no error: the path was printed. */
const openFile = (path: string, host: Host): Promise<void> =>
  new Promise((resolve) => {
    const opener = spawn(OPENERS[host.platform.os.split(' ')[0] ?? ''] ?? 'xdg-open', [path], {
      stdio: 'ignore',
      detached: true,
    })
    opener.on('error', () => {
      void host.stderr.write(`rollproof: cannot open a browser here; the report is ${path}\n`).then(resolve)
    })
    opener.on('spawn', () => {
      opener.unref()
      resolve()
    })
  })

export const reportCommand: Command = {
  usage: 'report <bundle>',
  summary: 'Judge a run bundle and render its reports again, from its files alone',
  flags: (cli) =>
    withBudgetFlag(withGithubFlags(cli))
      .positional('bundle', { type: 'string', describe: 'Folder of a run or of a study, or a file in it' })
      .option('format', {
        type: 'string',
        requiresArg: true,
        describe: `${FORMATS.join(', ')} [${RUN_FORMATS.join(',')},terminal]`,
      })
      .option('out', { type: 'string', requiresArg: true, describe: 'Folder for the files [the bundle]' })
      .option('output', {
        alias: 'o',
        choices: ['terminal', 'json', 'peer-json', 'markdown'] as const,
        describe: 'Print on stdout, write no files',
      })
      .option('open', { type: 'boolean', describe: 'Open the HTML report in the browser' })
      .option('exit-code', { type: 'boolean', describe: "Exit with the run's own exit code" })
      .example('$0 report reports/<bundle>', 'All reports into the bundle, and on the terminal')
      .example('$0 report reports/<bundle> --format html --out public --open', 'One page, elsewhere')
      .example('$0 report reports/<bundle> -o json | jq .verdict', 'Only report.json, on stdout'),
  run: async (flags, host) => {
    const output = textFlag(flags, 'output')
    const given = textFlag(flags, 'format')
    const wanted = output === null ? formatsOf(given) : []
    if (await isStudyFolder(String(flags.bundle))) return reportStudy(flags, host)
    const formats =
      switchFlag(flags, 'open') && !wanted.includes('html') ? [...wanted, 'html' as const] : wanted
    const bundle = String(flags.bundle)
    const { report, written } = await judgeBundle(
      bundle,
      formats,
      textFlag(flags, 'out'),
      await historyOf(flags, createLogger(host, 'warn')),
    ).catch(async (error: unknown) => {
      throw await withNewest(bundle, error)
    })
    if (output === 'json' || output === 'peer-json' || output === 'markdown' || output === 'terminal') {
      await printReport(host, report, output)
    } else if (formats.includes('terminal')) {
      await printReport(host, report, 'terminal')
    }
    for (const path of written) await host.stderr.write(`wrote ${path}\n`)
    const page = written.find((path) => path.endsWith('.html'))
    if (switchFlag(flags, 'open') && page !== undefined) await openFile(page, host)
    await showInStep(host, flags, runInStep(report), switchFlag(flags, 'exit-code'))
    return switchFlag(flags, 'exit-code') ? report.exitCode : 0
  },
}

/** The comparison of a study again, from its folder alone. */
const reportStudy = async (flags: Flags, host: Host): Promise<number> => {
  checkStudyOutput(textFlag(flags, 'output'))
  if (textFlag(flags, 'budget-from') !== null) {
    throw new HarnessError('USAGE', '--budget-from judges one run; this is a study', {
      hint: 'the variants of a study are held against their control',
    })
  }
  const judged = await judgeStudy(String(flags.bundle))
  const output = textFlag(flags, 'output')
  if (output === null) {
    for (const path of await writeStudy(judged, textFlag(flags, 'out')))
      await host.stderr.write(`wrote ${path}\n`)
  }
  await host.stdout.write(studyText(host, judged, output))
  await showInStep(host, flags, studyInStep(judged), switchFlag(flags, 'exit-code'))
  return switchFlag(flags, 'exit-code') ? judged.verdict.exitCode : 0
}
