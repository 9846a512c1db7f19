import type { RunReport } from '../../model/finding.ts'
import type { Scenario } from '../../model/scenario.ts'
import type { Command } from '../command.ts'
import { demoScenarios } from '../demo-scenarios.ts'
import { runOnce } from '../execute.ts'
import { withOutputFlags } from '../flags.ts'
import { watchInterrupts } from '../interrupt.ts'
import { withLab } from '../with-lab.ts'
import { onLab } from './run.ts'

const line = (name: string, report: RunReport): string => {
  const { started, failed } = report.requests
  const bound =
    failed === 0 && report.bounds.perTermination !== null
      ? `, at most ${Math.ceil(report.bounds.perTermination * 100)} % of pod terminations drop something (95 %)`
      : ''
  return `  ${name.padEnd(18)} ${report.verdict.padEnd(13)} ${failed} of ${started} requests failed${bound}`
}

export const demoCommand: Command = {
  usage: 'demo',
  summary:
    'See it work without a cluster: one app badly and one well configured, the same load, two restarts each',
  flags: (cli) =>
    withOutputFlags(cli).hide('output').example('$0 demo', 'About 100 s; what `npm start` runs'),
  run: async (flags, host) => {
    const { bad, fixed } = demoScenarios()
    const interrupt = watchInterrupts(host)
    try {
      const say = (text: string): Promise<void> => host.stdout.write(`${text}\n`)
      const once = async (title: string, scenario: Scenario): Promise<RunReport> => {
        await say(`\n━━ ${title}\n`)
        const { report } = await runOnce({ flags, host, scenario, interrupt }, (parts) =>
          withLab(scenario, { targetGiven: false, signal: parts.signal }, (led, { kubeconfig }) =>
            onLab(led, kubeconfig, parts, host),
          ),
        )
        return report
      }
      await say(
        'A Deployment of 4 pods on an embedded Kubernetes of real processes, 300 users for the length of 2 rolling restarts.',
      )
      const first = await once(
        '1 of 2: no readiness probe, no preStop, the app exits at SIGTERM with requests in flight',
        bad,
      )
      if (interrupt.signal.aborted) return interrupt.exitCode() ?? 0
      const second = await once(
        '2 of 2: readiness probe, preStop sleep, graceful shutdown with `Connection: close`, maxUnavailable 0',
        fixed,
      )
      await say(
        [
          '\n━━ The same load, the same restarts:\n',
          line('badly configured', first),
          line('well configured', second),
          '\nNow yours: rollproof run --target URL --deployment NAMESPACE/NAME --vus 300 --duration 5m --restarts 5',
        ].join('\n'),
      )
      return interrupt.exitCode() ?? 0
    } finally {
      interrupt.end()
    }
  },
}
