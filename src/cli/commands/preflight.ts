import { systemClock } from '../../kernel/clock.ts'
import { HarnessError } from '../../kernel/errors.ts'
import { renderPredictions } from '../../report/predictions.ts'
import { type PreflightAnswer, preflightCluster } from '../../run/predict-rollout.ts'
import { loadScenario } from '../../scenario/load-scenario.ts'
import type { Command, Flags } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { durationFlagMs, kubeOptions, switchFlag, textFlag, withKubeFlags } from '../flags.ts'
import type { Host } from '../host.ts'
import { interruptible } from '../interrupt.ts'
import { wantsColor } from '../render-run.ts'
import { withLab } from '../with-lab.ts'

const secondsFlag = (flags: Flags, name: string): number | null => {
  const durationMs = durationFlagMs(flags, name)
  return durationMs === null ? null : durationMs / 1000
}

const hintsOf = (flags: Flags) => ({
  drainSeconds: secondsFlag(flags, 'drain'),
  slowestAnswerSeconds: secondsFlag(flags, 'slowest-answer'),
  clientIdleSeconds: secondsFlag(flags, 'client-idle'),
})

const headOf = ({ deployment, context, server, serverVersion, read }: PreflightAnswer): string => {
  const seen = Object.entries(read).flatMap(([kind, names]) =>
    names.length === 0 || kind === 'pods' ? [] : [`${kind} ${names.join(', ')}`],
  )
  return `${deployment.namespace}/${deployment.name} in ${context} (${server}, ${serverVersion})${seen.length === 0 ? '' : `; ${seen.join('; ')}`}`
}

const print = async (answer: PreflightAnswer, flags: Flags, host: Host): Promise<void> => {
  if (textFlag(flags, 'output') === 'json') {
    await host.stdout.write(`${JSON.stringify({ schemaVersion: 1, ...answer }, null, 2)}\n`)
    return
  }
  const layout = { width: host.stdout.columns(), color: wantsColor(host) }
  await host.stdout.write(`${headOf(answer)}\n\n${renderPredictions(answer.predictions, layout)}`)
  const notes = [
    ...answer.unread.map(({ what, why }) => `not looked at: ${what} (${why})`),
    ...(answer.refusal === null ? [] : [`a run would be refused now: ${answer.refusal}`]),
  ]
  if (notes.length > 0) await host.stderr.write(`${notes.join('\n')}\n`)
}

export const preflightCommand: Command = {
  usage: 'preflight [scenario]',
  summary: 'Say what a rolling update is going to drop, and why, from the objects in the cluster; no load',
  flags: (cli) =>
    withKubeFlags(cli)
      .positional('scenario', { type: 'string', describe: 'Scenario file; --deployment does as well' })
      .option('deployment', {
        type: 'string',
        requiresArg: true,
        group: 'Cluster:',
        describe: 'Deployment to look at: [NAMESPACE/]NAME',
      })
      .option('drain', {
        type: 'string',
        requiresArg: true,
        describe: 'How long the app finishes requests after SIGTERM, where its settings do not say',
      })
      .option('slowest-answer', {
        type: 'string',
        requiresArg: true,
        describe: 'The slowest answer under load: is the liveness probe more patient?',
      })
      .option('client-idle', {
        type: 'string',
        requiresArg: true,
        describe: 'How long clients or proxies leave a connection idle',
      })
      .option('lab', { type: 'boolean', group: 'Lab:', describe: 'On the embedded lab instead of a cluster' })
      .option('inject', {
        type: 'string',
        array: true,
        nargs: 1,
        group: 'Lab:',
        describe: 'Make the lab misbehave: CAUSE[:STRENGTH]',
      })
      .option('set', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'Set any scenario key: --set lab.preStop=none',
      })
      .option('output', {
        alias: 'o',
        choices: ['table', 'json'] as const,
        describe: 'What to print on stdout [table]',
      })
      .example('$0 preflight --deployment shop/web', 'What is going to go wrong, and what to change')
      .example('$0 preflight --deployment shop/web -o json', 'The same for a program')
      .example('$0 preflight --lab --set lab.preStop=none', 'On the lab'),
  run: async (flags, host) => {
    const lab = switchFlag(flags, 'lab')
    const hints = hintsOf(flags)
    const { output: _, drain: _d, 'slowest-answer': _s, 'client-idle': _c, ...rest } = flags
    const scenario = await loadScenario(
      textFlag(flags, 'scenario'),
      // Nothing is sent: a target is only needed where a scenario is read.
      lab || rest.target !== undefined || textFlag(flags, 'scenario') !== null
        ? rest
        : { ...rest, target: 'http://nothing.invalid/' },
      { command: 'run', lab, name: 'preflight' },
    )
    return interruptible(host, undefined, async (interrupt) => {
      const look = async (
        target: { readonly namespace: string; readonly name: string },
        kube: Parameters<typeof preflightCluster>[0]['kube'],
      ): Promise<number> => {
        const { signal } = interrupt
        await print(await preflightCluster({ kube, clock: systemClock, target, hints, signal }), flags, host)
        return EXIT.passed
      }
      if (lab) {
        const options = { targetGiven: false, truthFile: null, signal: interrupt.signal }
        return await withLab(scenario, options, ({ deployment }, { kubeconfig }) => {
          if (deployment === null) throw new HarnessError('INTERNAL', 'the lab has no Deployment')
          return look(deployment, { kubeconfig, context: null, env: {} })
        })
      }
      if (scenario.deployment === null)
        throw new HarnessError('USAGE', 'preflight needs a Deployment', {
          hint: 'give --deployment NAMESPACE/NAME, or --lab',
        })
      return await look(scenario.deployment, kubeOptions(flags, host))
    })
  },
}
