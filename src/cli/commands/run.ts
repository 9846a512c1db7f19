import { parseShare, powerLines } from '../../correlator/plan-power.ts'
import { systemClock } from '../../kernel/clock.ts'
import { HarnessError } from '../../kernel/errors.ts'
import type { Scenario } from '../../model/scenario.ts'
import { type RunScenarioOptions, runScenario } from '../../run/run-scenario.ts'
import { runStudy } from '../../run/study/run-study.ts'
import { describeScenario } from '../../scenario/describe-scenario.ts'
import { loadScenario } from '../../scenario/load-scenario.ts'
import { chooseVariants } from '../../scenario/study/choose-variants.ts'
import type { Command, Flags } from '../command.ts'
import { consentOf } from '../consent-of.ts'
import { execute, versionsOf } from '../execute.ts'
import { executeStudy } from '../execute-study.ts'
import {
  kubeOptions,
  switchFlag,
  textFlag,
  textsFlag,
  withKubeFlags,
  withLoadFlags,
  withOutputFlags,
} from '../flags.ts'
import { withGithubFlags } from '../github-actions.ts'
import type { Host } from '../host.ts'
import { withBudgetFlag } from '../read-history.ts'
import { resumedScenario } from '../resumed-scenario.ts'
import { withLab } from '../with-lab.ts'

export const runCommand: Command = {
  usage: 'run [scenario]',
  summary: 'Restart a Deployment under load and say whether anything was dropped, and why',
  flags: (cli) =>
    withBudgetFlag(withGithubFlags(withOutputFlags(withKubeFlags(withLoadFlags(cli)))))
      .positional('scenario', { type: 'string', describe: 'Scenario file; flags alone do as well' })
      .option('deployment', {
        type: 'string',
        requiresArg: true,
        group: 'Rollout:',
        describe: 'Deployment to restart: [NAMESPACE/]NAME',
      })
      .option('restarts', {
        type: 'string',
        requiresArg: true,
        group: 'Rollout:',
        describe: 'How many times [1]',
      })
      .option('control', {
        type: 'string',
        requiresArg: true,
        group: 'Rollout:',
        describe: 'URL on the same path that is not rolled',
      })
      .option('accept-unproven', {
        type: 'string',
        requiresArg: true,
        group: 'Rollout:',
        describe: 'Gates that a pass may lack: H7,…',
      })
      .option('blocks', {
        type: 'string',
        requiresArg: true,
        group: 'Variants:',
        describe: 'Blocks of each variant [3]',
      })
      .option('variant', {
        type: 'string',
        array: true,
        nargs: 1,
        group: 'Variants:',
        describe: 'Only this one; may be given more than once',
      })
      .option('resume', {
        type: 'string',
        requiresArg: true,
        group: 'Variants:',
        describe: 'Folder of a study to go on with',
      })
      .option('target-effect', {
        type: 'string',
        requiresArg: true,
        group: 'Rollout:',
        describe:
          'With --dry-run: how many restarts show that fewer than this share of pod terminations drop (5%)',
      })
      .option('dry-run', {
        type: 'boolean',
        group: 'Rollout:',
        describe: 'Print the plan in words, do nothing',
      })
      .option('yes', {
        alias: 'y',
        type: 'boolean',
        group: 'Rollout:',
        describe: 'Restart without a question',
      })
      .option('expect-cluster-uid', {
        type: 'string',
        requiresArg: true,
        group: 'Rollout:',
        describe: 'uid of namespace kube-system, for clusters that look like production',
      })
      .option('lab', { type: 'boolean', group: 'Lab:', describe: 'On the embedded lab instead of a cluster' })
      .option('inject', {
        type: 'string',
        array: true,
        nargs: 1,
        group: 'Lab:',
        describe: 'Make the lab misbehave: CAUSE[:STRENGTH]',
      })
      .option('truth', {
        type: 'string',
        requiresArg: true,
        group: 'Lab:',
        describe: "File for the lab's own log of what went wrong",
      })
      .example('$0 run scenarios/quickstart.yaml --lab', 'No cluster needed')
      .example(
        '$0 run --target http://web.shop/ --deployment shop/web --vus 300 --duration 5m --restarts 5',
        'On your cluster',
      )
      .example('$0 run scenarios/spring-300.yaml --lab --set rollout.restarts=2 --duration 1m', 'Shortened'),
  run: async (flags, host, defaults) => {
    const resume = textFlag(flags, 'resume')
    if (resume !== null && textFlag(flags, 'scenario') === null) {
      const resumed = await resumedScenario(resume, flags)
      return studyOf(resumed.scenario, { ...flags, lab: resumed.lab }, host)
    }
    const lab = switchFlag(flags, 'lab')
    const loaded = await loadScenario(textFlag(flags, 'scenario'), flags, {
      command: 'run',
      lab,
      name: 'run',
      defaults,
    })
    const scenario = onlyVariants(loaded, textsFlag(flags, 'variant'))
    const effect = targetEffect(flags)
    if (switchFlag(flags, 'dry-run')) {
      const plan = describeScenario(scenario, {
        command: 'run',
        lab,
        replicas: lab ? (scenario.lab?.replicas ?? null) : null,
        detects: (question) => powerLines({ ...question, targetEffect: effect }),
      })
      await host.stdout.write(`${plan.join('\n')}\n`)
      return 0
    }
    if (scenario.study !== undefined && textFlag(flags, 'budget-from') !== null) {
      throw new HarnessError(
        'USAGE',
        '--budget-from judges one run; the variants of a study are held against their control',
      )
    }
    if (scenario.study !== undefined) return studyOf(scenario, flags, host)
    if (resume !== null) {
      throw new HarnessError(
        'USAGE',
        '--resume: the scenario has no variants, so there is no study to go on with',
      )
    }
    if (!lab) return execute({ flags, host, scenario }, (parts) => onCluster(scenario, parts, flags, host))
    return execute({ flags, host, scenario }, async (parts) => {
      if (!switchFlag(flags, 'quiet')) await host.stderr.write('starting the lab\n')
      return withLab(scenario, labOptions(flags, parts.signal), (led, { kubeconfig }) =>
        onLab(led, kubeconfig, parts, host),
      )
    })
  },
}

/** A scenario with variants: on the lab or a cluster, as a run is. */
const studyOf = (scenario: Scenario, flags: Flags, host: Host): Promise<number> => {
  const lab = switchFlag(flags, 'lab')
  const shared = { source: scenario, isOwnLab: lab, resume: textFlag(flags, 'resume') }
  return executeStudy({ flags, host, scenario, lab }, (parts) =>
    lab
      ? withLab(scenario, labOptions(flags, parts.signal), (led, { kubeconfig }) =>
          runStudy({ ...parts, ...shared, ...ownLab(kubeconfig), scenario: led }),
        )
      : runStudy({
          ...parts,
          ...shared,
          scenario,
          kube: kubeOptions(flags, host),
          consent: consentOf(flags, host),
        }),
  )
}

/** `--variant`. Throws USAGE when there are none to choose from. */
const onlyVariants = (scenario: Scenario, names: readonly string[]): Scenario => {
  if (names.length === 0) return scenario
  if (scenario.study === undefined) {
    throw new HarnessError('USAGE', '--variant: the scenario has no variants', {
      hint: 'docs/study.md shows how to write some',
    })
  }
  return { ...scenario, study: chooseVariants(scenario.study, names) }
}

/** `--target-effect`, a share of pod terminations; it plans, so it is refused where nothing is planned. Throws USAGE. */
const targetEffect = (flags: Flags): number | null => {
  const text = textFlag(flags, 'target-effect')
  if (text === null) return null
  const share = parseShare(text)
  if (share === null) {
    throw new HarnessError('USAGE', `--target-effect is not a share: ${JSON.stringify(text)}`, {
      hint: 'give a share of pod terminations between 0 and 1: 5% or 0.05',
    })
  }
  if (!switchFlag(flags, 'dry-run')) {
    throw new HarnessError('USAGE', '--target-effect plans a run, it does not change one', {
      hint: 'give --dry-run with it, then --restarts with the number that it prints',
    })
  }
  return share
}

type Parts = Pick<RunScenarioOptions, 'outDir' | 'onWindow' | 'onOpen' | 'onPredictions' | 'log' | 'signal'>

const labOptions = (flags: Flags, signal: AbortSignal) => ({
  targetGiven: textFlag(flags, 'target') !== null,
  truthFile: textFlag(flags, 'truth'),
  signal,
})

/** The lab's kubeconfig and no other, and no question, since it is ours. */
const ownLab = (kubeconfig: string) => ({
  kube: { kubeconfig, context: null, env: {} },
  consent: { contextGiven: true, yes: true, expectedClusterUid: null, ask: null },
})

/** A run on the lab. */
export const onLab = (scenario: Scenario, kubeconfig: string, parts: Parts, host: Host) =>
  runScenario({
    ...parts,
    scenario,
    clock: systemClock,
    versions: versionsOf(host),
    ...ownLab(kubeconfig),
  })

const onCluster = (scenario: Scenario, parts: Parts, flags: Flags, host: Host) =>
  runScenario({
    ...parts,
    scenario,
    clock: systemClock,
    versions: versionsOf(host),
    kube: kubeOptions(flags, host),
    consent: consentOf(flags, host),
  })
