import { HarnessError } from '../../kernel/errors.ts'
import { otherObjectsOf } from '../../model/choreography-objects.ts'
import { loadScenario } from '../../scenario/load-scenario.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { textFlag } from '../flags.ts'
import { rbacJson, rbacYaml } from '../rbac-manifest.ts'

const ACCOUNT = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

/** A Role does not depend on where the load goes, which a scenario must say. */
const ANY_TARGET = 'http://localhost/'

export const rbacCommand: Command = {
  usage: 'rbac',
  summary: 'Print the least Role with which a run works: ServiceAccount, Role, RoleBinding',
  flags: (cli) =>
    cli
      .option('deployment', {
        type: 'string',
        requiresArg: true,
        describe: 'Deployment that will be restarted: [NAMESPACE/]NAME',
      })
      .option('for', {
        type: 'string',
        requiresArg: true,
        describe: 'Scenario file that names the Deployment and the objects of its variants',
      })
      .option('namespace', {
        alias: 'n',
        type: 'string',
        requiresArg: true,
        describe: 'Namespace of the Deployment [default]',
      })
      .option('service-account', {
        type: 'string',
        requiresArg: true,
        describe: 'Name of the ServiceAccount [rollproof]',
      })
      .option('output', { alias: 'o', choices: ['yaml', 'json'] as const, describe: 'Format [yaml]' })
      .example('$0 rbac --deployment shop/web | kubectl apply -f -', 'Grant it')
      .example('$0 rbac --for scenarios/spring-300.yaml', 'For what a scenario restarts'),
  run: async (flags, host) => {
    const file = textFlag(flags, 'for')
    if (file === null && textFlag(flags, 'deployment') === null) {
      throw new HarnessError('USAGE', 'which Deployment will be restarted?', {
        hint: 'give --deployment NAMESPACE/NAME, or --for SCENARIO',
      })
    }
    const given = Object.fromEntries(
      ['deployment', 'namespace'].flatMap((name) => {
        const value = textFlag(flags, name)
        return value === null ? [] : [[name, value]]
      }),
    )
    const { deployment, study, rollout } = await loadScenario(
      file,
      file === null ? { ...given, target: ANY_TARGET } : given,
      { command: 'run', lab: null },
    )
    if (deployment === null) throw new HarnessError('USAGE', `${file} names no Deployment`)
    const serviceAccount = textFlag(flags, 'service-account') ?? 'rollproof'
    if (!ACCOUNT.test(serviceAccount)) {
      throw new HarnessError(
        'USAGE',
        `--service-account: ${JSON.stringify(serviceAccount)} is no name of one`,
        {
          hint: 'lower-case letters, digits, dashes and dots, such as rollproof',
        },
      )
    }
    const variants = [
      ...(study?.variants ?? []).flatMap(({ patches }) => patches.map(({ object }) => object)),
      ...otherObjectsOf(rollout),
    ]
    const subject = {
      namespace: deployment.namespace,
      deployment: deployment.name,
      serviceAccount,
      variants,
      choreography: rollout.choreography ?? 'restart',
    }
    await host.stdout.write(textFlag(flags, 'output') === 'json' ? rbacJson(subject) : rbacYaml(subject))
    return EXIT.passed
  },
}
