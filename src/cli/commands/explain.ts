import { ALL_RULES, ruleOf } from '../../correlator/rules/all.ts'
import { HarnessError } from '../../kernel/errors.ts'
import { nearest } from '../../scenario/suggest.ts'
import type { Command } from '../command.ts'

export const explainCommand: Command = {
  usage: 'explain [cause]',
  summary: 'What a cause means and what to change; without a cause, the list of all',
  flags: (cli) =>
    cli
      .positional('cause', { type: 'string', describe: 'Id of a cause, such as A1' })
      .example('$0 explain A1', 'The app closes its listener before the routes are gone'),
  run: async ({ cause }, host) => {
    if (typeof cause !== 'string') {
      const lines = ALL_RULES.map(({ id, title }) => `${id.padEnd(4)} ${title}`)
      await host.stdout.write(`${lines.join('\n')}\n`)
      return 0
    }
    const id = cause.toUpperCase()
    const rule = ruleOf(id)
    if (rule === null) {
      const near = nearest(
        id,
        ALL_RULES.map((other) => other.id),
      )
      throw new HarnessError('USAGE', `no cause is called ${JSON.stringify(cause)}`, {
        hint: `${near === null ? '' : `did you mean ${near}? `}rollproof explain lists all`,
      })
    }
    await host.stdout.write(
      `${rule.id}  ${rule.title}\n\n${rule.group === 'harness' ? 'What to do' : 'What to change'}: ${rule.fix}\n`,
    )
    return 0
  },
}
