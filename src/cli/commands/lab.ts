import { HarnessError } from '../../kernel/errors.ts'
import { type LabInfo, labConfig } from '../../lab/lab-config.ts'
import { startLab } from '../../lab/start-lab.ts'
import { LAB_DEFAULTS } from '../../scenario/defaults.ts'
import { loadScenario } from '../../scenario/load-scenario.ts'
import type { Command, Flags } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { textFlag } from '../flags.ts'
import { interruptible } from '../interrupt.ts'

const timeScale = (flags: Flags): number => {
  const text = textFlag(flags, 'time-scale')
  if (text === null) return 1
  const scale = Number(text)
  if (Number.isFinite(scale) && scale > 0 && scale <= 100) return scale
  throw new HarnessError(
    'USAGE',
    `--time-scale: expected a number above 0 and at most 100, got ${JSON.stringify(text)}`,
  )
}

const albWords = ({ alb }: LabInfo): string =>
  alb === null
    ? ''
    : `  alb        ${alb.url}  (needs the resolver; AWS times × ${alb.timeScale})
  targets    ${alb.targetHealthUrl}
`

const words = (lab: LabInfo): string => `The lab is up: a small Kubernetes of real processes on this machine.

  export KUBECONFIG=${lab.kubeconfig}
  kubectl -n ${lab.namespace} get pods -o wide

  service    ${lab.serviceUrl}  (needs the resolver)
  ingress    ${lab.ingressUrl}
${albWords(lab)}  resolver   ${lab.resolver}
  control    ${lab.controlUrl}  (not rolled)

  rollproof run --yes --kubeconfig ${lab.kubeconfig} --target ${lab.serviceUrl} --resolver ${lab.resolver} --deployment ${lab.namespace}/${lab.deployment} --vus 50

Ctrl-C ends it.
`

export const labCommand: Command = {
  usage: 'lab [scenario]',
  summary: 'Run the embedded lab alone: a Kubernetes API, real pods on loopback, a service and an ingress',
  flags: (cli) =>
    cli
      .positional('scenario', { type: 'string', describe: 'Scenario whose lab: block to use' })
      .option('app', {
        type: 'string',
        requiresArg: true,
        describe: "Your own app's command; PORT and HOST say where to listen",
      })
      .option('inject', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'Make it misbehave: CAUSE[:STRENGTH]',
      })
      .option('truth', {
        type: 'string',
        requiresArg: true,
        describe: 'File for the log of what went wrong, and why',
      })
      .option('time-scale', {
        type: 'string',
        requiresArg: true,
        describe: "Multiply the lab's own delays [1]",
      })
      .option('set', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'Set any lab key: --set lab.replicas=6',
      })
      .option('output', { alias: 'o', choices: ['json'] as const, describe: 'Print paths and URLs as JSON' })
      .example('$0 lab', 'Then use kubectl with the kubeconfig that it prints')
      .example("$0 lab --app 'node server.js' --truth truth.jsonl", 'With your own app'),
  run: async (flags, host) => {
    const path = textFlag(flags, 'scenario')
    const app = textFlag(flags, 'app')
    const set = [
      ...((flags.set as string[] | undefined) ?? []),
      ...(app === null ? [] : [`lab.app.command=${JSON.stringify(app)}`]),
    ]
    const scenario = await loadScenario(
      path,
      { inject: flags.inject, set },
      { command: 'run', lab: true, name: 'lab' },
    )
    return interruptible(host, 'ending the lab', async (interrupt) => {
      const config = labConfig(scenario.lab ?? LAB_DEFAULTS, {
        truthFile: textFlag(flags, 'truth'),
        timeScale: timeScale(flags),
      })
      const lab = await startLab(config, { signal: interrupt.signal })
      await host.stdout.write(
        textFlag(flags, 'output') === 'json' ? `${JSON.stringify(lab.info)}\n` : words(lab),
      )
      const ended = await Promise.race([
        lab.exited.then(() => true),
        new Promise<boolean>((resolve) =>
          interrupt.signal.addEventListener('abort', () => resolve(false), { once: true }),
        ),
      ])
      await lab.stop()
      if (ended && !interrupt.signal.aborted) throw new HarnessError('LAB_FAILED', 'the lab ended by itself')
      return EXIT.passed
    })
  },
}
