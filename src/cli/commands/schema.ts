import { scenarioJsonSchema } from '../../scenario/json-schema.ts'
import type { Command } from '../command.ts'

export const schemaCommand: Command = {
  usage: 'schema',
  summary: 'Print the JSON Schema of scenario files',
  flags: (cli) => cli.example('$0 schema > rollproof.schema.json', 'For editors: completion and checks'),
  run: async (_flags, host) => {
    await host.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`)
    return 0
  },
}
