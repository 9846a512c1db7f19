import type { Argv } from 'yargs'
import { HarnessError } from '../kernel/errors.ts'
import { parseDurationMs } from '../kernel/units.ts'
import type { Flags } from './command.ts'
import type { Host } from './host.ts'

/** Flags of the load, shared by `load` and `run`. Values stay text: `scenario/` reads them, as it reads files. */
export const withLoadFlags = (cli: Argv): Argv =>
  cli
    .option('target', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: 'URL to send the load to',
    })
    .option('vus', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: 'Virtual users, each waiting for its answer (closed model)',
    })
    .option('rate', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: 'Requests per second on schedule (open model)',
    })
    .option('max-vus', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: 'Most requests at once with --rate [min(10000, max(100, rate × timeout))]',
    })
    .option('pace', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: "Time between the starts of one user's requests [run: 1s, load: none]",
    })
    .option('ramp-up', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: 'Start the users spread over this time',
    })
    .option('requests', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: 'Total requests of all users',
    })
    .option('duration', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: 'How long the load lasts: 30s, 5m [load: 30s]',
    })
    .option('timeout', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: 'Deadline of a whole request with its connect [10s]',
    })
    .option('connections', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: 'keep-alive | fresh | mixed:SHARE | pool [keep-alive]',
    })
    .option('resolver', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: 'DNS server IP:PORT for the target',
    })
    .option('pod-header', {
      type: 'string',
      requiresArg: true,
      group: 'Load:',
      describe: "Answer header with the pod's name [X-Pod]",
    })
    .option('set', {
      type: 'string',
      array: true,
      nargs: 1,
      group: 'Load:',
      describe: 'Set any scenario key: --set rollout.settle=3s',
    })

/** kubectl's flags. */
export const withKubeFlags = (cli: Argv): Argv =>
  cli
    .option('kubeconfig', {
      type: 'string',
      requiresArg: true,
      group: 'Cluster:',
      describe: 'Path of the kubeconfig [$KUBECONFIG, ~/.kube/config]',
    })
    .option('context', {
      type: 'string',
      requiresArg: true,
      group: 'Cluster:',
      describe: 'Name of the kubeconfig context',
    })
    .option('in-cluster', {
      type: 'boolean',
      group: 'Cluster:',
      describe: 'The cluster that this runs in, by its service account',
    })
    .option('namespace', {
      alias: 'n',
      type: 'string',
      requiresArg: true,
      group: 'Cluster:',
      describe: 'Namespace of the Deployment',
    })
    .option('as', { type: 'string', requiresArg: true, group: 'Cluster:', describe: 'User to impersonate' })
    .option('request-timeout', {
      type: 'string',
      requiresArg: true,
      group: 'Cluster:',
      describe: 'Deadline of one API request [15s]',
    })

export const withOutputFlags = (cli: Argv): Argv =>
  cli
    .option('output', {
      alias: 'o',
      choices: ['terminal', 'json', 'peer-json', 'markdown'] as const,
      group: 'Output:',
      describe: 'What to print on stdout [terminal]',
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      group: 'Output:',
      describe: 'Folder for run bundles [reports]',
    })
    .option('quiet', { alias: 'q', type: 'boolean', group: 'Output:', describe: 'No progress on stderr' })
    .option('verbose', {
      alias: 'v',
      type: 'boolean',
      group: 'Output:',
      describe: 'Log what happens on stderr',
    })

/** ROLLPROOF_MAX_VUS=50 sets --max-vus; only flags that the command has. Flags on the command line win. */
export const flagsFromEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Flags => {
  const flags: Record<string, unknown> = {}
  for (const name of names) {
    const value = env[`ROLLPROOF_${name.replaceAll('-', '_').toUpperCase()}`]
    if (value !== undefined) flags[name] = value
  }
  return flags
}

export const textFlag = (flags: Flags, name: string): string | null => {
  const value = flags[name]
  return typeof value === 'string' ? value : null
}

/** A flag that may be given more than once; an environment variable gives one. */
export const textsFlag = (flags: Flags, name: string): readonly string[] => {
  const value = flags[name]
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** Given, and not said to be off: `true`, or text of an environment variable other than 0, false, no. */
export const switchFlag = (flags: Flags, name: string): boolean => {
  const value = flags[name]
  return value === true || (typeof value === 'string' && !['', '0', 'false', 'no', 'off'].includes(value))
}

/** A duration of a flag, ms; `null` = not given. Throws USAGE for anything else than a duration above 0. */
export const durationFlagMs = (flags: Flags, name: string): number | null => {
  const text = textFlag(flags, name)
  if (text === null) return null
  const durationMs = parseDurationMs(text)
  if (durationMs !== null && durationMs > 0) return durationMs
  throw new HarnessError('USAGE', `--${name}: expected a duration such as 20s, got ${JSON.stringify(text)}`)
}

const clusterOptions = (flags: Flags) => {
  const [kubeconfig, context] = [textFlag(flags, 'kubeconfig'), textFlag(flags, 'context')]
  const inCluster = switchFlag(flags, 'in-cluster')
  if (inCluster && (kubeconfig !== null || context !== null))
    throw new HarnessError('USAGE', '--in-cluster and --kubeconfig or --context each name a cluster', {
      hint: 'give one of them',
    })
  return { kubeconfig, context, inCluster }
}

/** What kubectl's flags and the environment say of the cluster. Throws USAGE. */
export const kubeOptions = (flags: Flags, host: Host) => ({
  ...clusterOptions(flags),
  as: textFlag(flags, 'as'),
  requestTimeoutMs: durationFlagMs(flags, 'request-timeout'),
  env: host.env,
})
