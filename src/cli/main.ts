import type { Argv } from 'yargs'
import yargs from 'yargs'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import { redactText } from '../kernel/redact.ts'
import { SCENARIO_FLAGS } from '../scenario/from-flags.ts'
import type { Command, Flags } from './command.ts'
import { compareCommand } from './commands/compare.ts'
import { demoCommand } from './commands/demo.ts'
import { explainCommand } from './commands/explain.ts'
import { labCommand } from './commands/lab.ts'
import { loadCommand } from './commands/load.ts'
import { measureCommand } from './commands/measure.ts'
import { preflightCommand } from './commands/preflight.ts'
import { rbacCommand } from './commands/rbac.ts'
import { reportCommand } from './commands/report.ts'
import { restoreCommand } from './commands/restore.ts'
import { runCommand } from './commands/run.ts'
import { schemaCommand } from './commands/schema.ts'
import { validateCommand } from './commands/validate.ts'
import { readConfigFile } from './config-file.ts'
import { EXIT, exitCodeOf } from './exit-code.ts'
import { flagsFromEnvironment } from './flags.ts'
import { annotateError } from './github-actions.ts'
import type { Host } from './host.ts'
import { usageError } from './usage-error.ts'
import { version } from './version.ts'

const COMMANDS: readonly Command[] = [
  runCommand,
  loadCommand,
  measureCommand,
  reportCommand,
  compareCommand,
  labCommand,
  preflightCommand,
  restoreCommand,
  validateCommand,
  schemaCommand,
  explainCommand,
  rbacCommand,
  demoCommand,
]

/** Prints an error as a user should see it: what, then what to do. No stack but for our own bugs. */
const printError = async (host: Host, error: unknown): Promise<void> => {
  const lines = [`rollproof: ${messageOf(error)}`]
  if (error instanceof HarnessError) {
    if (error.hint !== null) lines.push(`  ${error.hint}`)
  } else {
    lines.push(
      '  This is a bug of rollproof; please report it with the lines below.',
      error instanceof Error ? (error.stack ?? '') : '',
    )
  }
  await host.stderr.write(`${redactText(lines.join('\n'))}\n`)
  await annotateError(host, messageOf(error), error instanceof HarnessError ? error.hint : null)
}

const parser = (host: Host, run: (command: Command, flags: Flags) => void): Argv => {
  let cli = yargs(host.argv)
    .scriptName(host.program)
    .usage(
      'Proves that a Kubernetes rolling update drops nothing; when it does, names the cause of each dropped request.\n\nUsage: $0 <command> [flags]',
    )
    .exitProcess(false)
    .showHelpOnFail(false)
    .strict()
    .parserConfiguration({
      'camel-case-expansion': false,
      'duplicate-arguments-array': true,
      'strip-aliased': true,
    })
    .wrap(Math.min(110, host.stderr.isTTY ? host.stderr.columns() : 100))
    .version(version())
    .help()
    .alias('help', 'h')
    .recommendCommands()
    .demandCommand(1, 'a command is needed')
    .example('$0 demo', 'See it find three causes, and pass once they are fixed; no cluster needed')
    .example(
      '$0 run --target http://web.shop/ --deployment shop/web --vus 300 --duration 5m --restarts 5',
      'Test a Deployment',
    )
    .example('$0 run scenarios/quickstart.yaml --lab', 'Run a scenario on the embedded lab')
    .example('$0 report reports/<bundle> --format html,md', 'Render the reports of a run again')
    .epilogue(
      'Exit codes: 0 passed, 1 failed, 2 usage, 3 cluster or set-up, 4 inconclusive, 5 not restored, 130/143 interrupted.',
    )
  for (const command of COMMANDS) {
    cli = cli.command(
      command.usage,
      command.summary,
      (child) => command.flags(child),
      (flags) => run(command, flags),
    )
  }
  return cli
}

/** The whole command line: parses, runs one command, returns the exit code. Never throws. */
export const main = async (host: Host): Promise<number> => {
  let chosen: { readonly command: Command; readonly flags: Flags } | null = null
  try {
    const known: string[] = COMMANDS.map(({ usage }) => usage.split(' ')[0] ?? usage)
    let failure: string | null = null
    const cli = parser(host, (command, flags) => {
      chosen = { command, flags }
    }).fail((message, error) => {
      failure = message ?? messageOf(error)
      throw error ?? new Error(message)
    })
    let printed = ''
    try {
      await cli.parseAsync([...host.argv], {}, (_error: unknown, _argv: unknown, output: string) => {
        printed = output
      })
    } catch (error) {
      const named = COMMANDS.find(({ usage }) => usage.split(' ')[0] === host.argv[0])
      if (named !== undefined) known.push(...flagNames(named))
      throw usageError(failure ?? messageOf(error), known, named ?? null, host.program)
    }
    if (chosen === null) {
      await host.stdout.write(printed === '' ? '' : `${printed}\n`)
      return EXIT.passed
    }
    const { command, flags } = chosen as { readonly command: Command; readonly flags: Flags }
    const names = flagNames(command)
    const file = await readConfigFile(host.cwd, [...new Set(COMMANDS.flatMap(flagNames))])
    const { ofScenario, ofCommand } = splitDefaults(file, names)
    const environment = flagsFromEnvironment(host.env, names)
    return await command.run({ ...ofCommand, ...environment, ...defined(flags) }, host, ofScenario)
  } catch (error) {
    await printError(host, error)
    return exitCodeOf(error)
  }
}

/** The defaults of a folder: those that stand for scenario keys, and those of the command itself, as text. */
const splitDefaults = (
  file: Flags,
  names: readonly string[],
): { readonly ofScenario: Flags; readonly ofCommand: Flags } => {
  const entries = Object.entries(file)
  return {
    ofScenario: Object.fromEntries(entries.filter(([name]) => SCENARIO_FLAGS.includes(name))),
    ofCommand: Object.fromEntries(
      entries
        .filter(([name]) => !SCENARIO_FLAGS.includes(name) && names.includes(name))
        .map(([name, value]) => [name, typeof value === 'boolean' ? value : String(value)]),
    ),
  }
}

const defined = (flags: Flags): Flags =>
  Object.fromEntries(Object.entries(flags).filter(([name, value]) => value !== undefined && name !== '$0'))

/** Names of the flags that a command declares. */
const flagNames = (command: Command): string[] => {
  const options = (
    command.flags(yargs([]) as Argv) as unknown as { getOptions(): { key: Record<string, unknown> } }
  ).getOptions()
  return Object.keys(options.key).filter((name) => name.length > 1)
}
