import { systemClock } from '../../kernel/clock.ts'
import { runLoad } from '../../run/run-load.ts'
import { loadScenario } from '../../scenario/load-scenario.ts'
import type { Command } from '../command.ts'
import { execute, versionsOf } from '../execute.ts'
import { withLoadFlags, withOutputFlags } from '../flags.ts'
import { withGithubFlags } from '../github-actions.ts'

export const loadCommand: Command = {
  usage: 'load',
  summary: 'Send load to a URL and judge the answers: no cluster, no restarts, no retries',
  flags: (cli) =>
    withGithubFlags(withOutputFlags(withLoadFlags(cli)))
      .example(
        '$0 load --target http://127.0.0.1:8080/ --vus 50 --duration 30s',
        'Closed model, as fast as answers come',
      )
      .example(
        '$0 load --target URL --rate 500 --duration 1m',
        'Open model: 500 requests per second on schedule',
      )
      .example(
        '$0 load --target URL --vus 50 --requests 100000 -o json',
        'Exactly 100,000 requests; report.json on stdout',
      ),
  run: async (flags, host, defaults) => {
    const scenario = await loadScenario(null, flags, {
      command: 'load',
      lab: false,
      name: 'load',
      defaults,
    })
    return execute({ flags, host, scenario }, async (parts) => {
      const { dir } = await runLoad({ ...parts, scenario, clock: systemClock, versions: versionsOf(host) })
      return { dir, error: null }
    })
  },
}
