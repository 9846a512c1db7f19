import { relative } from 'node:path'
import { systemClock } from '../../kernel/clock.ts'
import { HarnessError } from '../../kernel/errors.ts'
import { redactData } from '../../kernel/redact.ts'
import type { Measurement } from '../../model/measurement.ts'
import type { Scenario } from '../../model/scenario.ts'
import { measurementText } from '../../report/measurement.ts'
import { type MeasureDrainOptions, type MeasuredDrain, runMeasureDrain } from '../../run/measure-drain.ts'
import { loadScenario } from '../../scenario/load-scenario.ts'
import type { Command, Flags } from '../command.ts'
import { consentOf } from '../consent-of.ts'
import { versionsOf } from '../execute.ts'
import { EXIT } from '../exit-code.ts'
import { durationFlagMs, kubeOptions, switchFlag, textFlag, withKubeFlags, withLoadFlags } from '../flags.ts'
import type { Host } from '../host.ts'
import { interruptible } from '../interrupt.ts'
import { createLogger } from '../logger.ts'
import { feedProgress } from '../progress-feed.ts'
import { withLab } from '../with-lab.ts'

/** preStop for the measurement where none is given: longer than kube-proxy and most ingress controllers take. */
const DEFAULT_PRE_STOP_MS = 30_000

/** New connections are what is measured: some of the load has to make them. */
const CONNECTIONS = 'mixed:0.5'

export const measureCommand: Command = {
  usage: 'measure [scenario]',
  summary: 'Measure how long traffic still comes to an ending pod, and say which preStop covers it',
  flags: (cli) =>
    withKubeFlags(withLoadFlags(cli))
      .positional('scenario', { type: 'string', describe: 'Scenario file; flags alone do as well' })
      .option('deployment', {
        type: 'string',
        requiresArg: true,
        group: 'Measurement:',
        describe: 'Deployment to measure: [NAMESPACE/]NAME',
      })
      .option('restarts', {
        type: 'string',
        requiresArg: true,
        group: 'Measurement:',
        describe: 'Measured restarts [1]; each ends as many pods as there are replicas',
      })
      .option('pre-stop', {
        type: 'string',
        requiresArg: true,
        group: 'Measurement:',
        describe: 'preStop that the pods get meanwhile; must be longer than the news takes [30s]',
      })
      .option('container', {
        type: 'string',
        requiresArg: true,
        group: 'Measurement:',
        describe: 'Container that gets it [the main one]',
      })
      .option('verify', {
        type: 'boolean',
        group: 'Measurement:',
        describe: 'Then restart with what was recommended, until 59 pods have ended',
      })
      .option('verify-restarts', {
        type: 'string',
        requiresArg: true,
        group: 'Measurement:',
        describe: 'Restarts of --verify [as many as end 59 pods]',
      })
      .option('verify-pre-stop', {
        type: 'string',
        requiresArg: true,
        group: 'Measurement:',
        describe: 'Verify this preStop and not the recommended one',
      })
      .option('yes', { alias: 'y', type: 'boolean', group: 'Measurement:', describe: 'Without a question' })
      .option('expect-cluster-uid', {
        type: 'string',
        requiresArg: true,
        group: 'Measurement:',
        describe: 'uid of namespace kube-system, for clusters that look like production',
      })
      .option('lab', { type: 'boolean', group: 'Lab:', describe: 'On the embedded lab instead of a cluster' })
      .option('output', {
        alias: 'o',
        choices: ['terminal', 'json'] as const,
        group: 'Output:',
        describe: 'What to print on stdout [terminal]',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        group: 'Output:',
        describe: 'Folder for results [reports]',
      })
      .option('quiet', { alias: 'q', type: 'boolean', group: 'Output:', describe: 'No progress on stderr' })
      .option('verbose', {
        alias: 'v',
        type: 'boolean',
        group: 'Output:',
        describe: 'Log what happens on stderr',
      })
      .example(
        '$0 measure --target http://web.shop/ --deployment shop/web --rate 200',
        'The number and its patch',
      )
      .example('$0 measure scenarios/quickstart.yaml --lab --restarts 3 --verify', 'No cluster needed'),
  run: async (flags, host, defaults) => {
    const lab = switchFlag(flags, 'lab')
    const scenario = await loadScenario(textFlag(flags, 'scenario'), flags, {
      command: 'run',
      lab,
      name: 'measure',
      defaults: { connections: CONNECTIONS, ...defaults },
    })
    const plan = planOf(flags)
    const quiet = switchFlag(flags, 'quiet')
    return interruptible(host, 'stopping, then the Deployment is put back', async (interrupt) => {
      const measure = async (led: Scenario, parts: Pick<MeasureDrainOptions, 'kube' | 'consent'>) => {
        const level = switchFlag(flags, 'verbose') ? 'debug' : quiet ? 'error' : 'warn'
        const progress = feedProgress(host, led, quiet)
        try {
          return await runMeasureDrain({
            ...plan,
            ...parts,
            scenario: led,
            clock: systemClock,
            log: progress.above(createLogger(host, level)),
            versions: versionsOf(host),
            outDir: textFlag(flags, 'out') ?? 'reports',
            say: progress.say,
            observe: () => ({ onWindow: progress.onWindow, onOpen: progress.onOpen }),
            signal: interrupt.signal,
          })
        } finally {
          progress.end()
        }
      }
      const measured = lab
        ? await withLab(
            scenario,
            { targetGiven: textFlag(flags, 'target') !== null, signal: interrupt.signal },
            (led, { kubeconfig }) =>
              measure(led, {
                kube: { kubeconfig, context: null, env: {} },
                consent: { contextGiven: true, yes: true, expectedClusterUid: null, ask: null },
              }),
          )
        : await measure(scenario, { kube: kubeOptions(flags, host), consent: consentOf(flags, host) })
      await print(measured, flags, host)
      return exitCodeFor(measured.measurement)
    })
  },
}

/** Whole seconds, as preStop wants them. */
const secondsFlag = (flags: Flags, name: string): number | null => {
  const ms = durationFlagMs(flags, name)
  if (ms === null || ms % 1000 === 0) return ms === null ? null : ms / 1000
  throw new HarnessError('USAGE', `--${name}: preStop is in whole seconds`, { hint: 'such as 30s' })
}

const planOf = (flags: Flags): Pick<MeasureDrainOptions, 'preStopSeconds' | 'container' | 'verify'> => {
  const restarts = textFlag(flags, 'verify-restarts')
  if (restarts !== null && !/^[1-9]\d{0,3}$/.test(restarts)) {
    throw new HarnessError(
      'USAGE',
      `--verify-restarts: expected a whole number, got ${JSON.stringify(restarts)}`,
    )
  }
  const preStopSeconds = secondsFlag(flags, 'verify-pre-stop')
  return {
    preStopSeconds: secondsFlag(flags, 'pre-stop') ?? DEFAULT_PRE_STOP_MS / 1000,
    container: textFlag(flags, 'container'),
    verify:
      switchFlag(flags, 'verify') || restarts !== null || preStopSeconds !== null
        ? { preStopSeconds, restarts: restarts === null ? null : Number(restarts) }
        : null,
  }
}

const print = async ({ measurement, dir }: MeasuredDrain, flags: Flags, host: Host): Promise<void> => {
  const text =
    textFlag(flags, 'output') === 'json'
      ? `${JSON.stringify(redactData(measurement), null, 2)}\n`
      : measurementText(measurement, host.stdout.columns())
  await host.stdout.write(text)
  if (!switchFlag(flags, 'quiet')) await host.stderr.write(`results: ${relative(host.cwd, dir) || dir}\n`)
}

/** A number, and not refuted: 0. Refuted: 1. No number, or too little to verify it: 4. */
const exitCodeFor = ({ preStopSeconds, verification }: Measurement): number => {
  if (verification?.holds === false) return EXIT.failed
  return preStopSeconds === null || verification?.holds === null ? EXIT.inconclusive : EXIT.passed
}
