import { checkScenarioFile } from '../../scenario/load-scenario.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-code.ts'

export const validateCommand: Command = {
  usage: 'validate <file>',
  summary: 'Check a scenario file: every problem with its place, nothing is started',
  flags: (cli) =>
    cli
      .positional('file', { type: 'string', describe: 'Scenario file' })
      .example('$0 validate scenarios/quickstart.yaml', 'Exit 0 when it is valid, 2 when not'),
  run: async (flags, host) => {
    const file = String(flags.file)
    const { scenario, problems } = await checkScenarioFile(file, {}, { command: 'run', lab: null })
    if (scenario !== null) {
      await host.stdout.write(`${file} is valid: ${scenario.name}\n`)
      return EXIT.passed
    }
    const lines = problems.map(({ where, text }) => (where === '' ? text : `${where}: ${text}`))
    await host.stderr.write(
      `${lines.join('\n')}\n${file}: ${problems.length} problem${problems.length === 1 ? '' : 's'}\n`,
    )
    return EXIT.usage
  },
}
