import type { Clock } from '../kernel/clock.ts'
import { HarnessError, hasCode } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import { type ConnectOptions, connectKube } from '../kube/client.ts'
import type { ClusterReader, SurroundingsReader } from '../kube/ports.ts'
import type { Prediction } from '../model/prediction.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Surroundings } from '../model/surroundings.ts'
import { refusalFor } from '../orchestrator/judge-deployment.ts'
import { predict } from '../orchestrator/predict/predict.ts'
import { type Hints, NO_HINTS } from '../orchestrator/predict/predictor.ts'
import { similarNames } from '../orchestrator/similar-names.ts'

/** What `rollproof preflight` says of a Deployment. */
export interface PreflightAnswer {
  readonly deployment: { readonly namespace: string; readonly name: string }
  readonly server: string
  readonly context: string
  readonly serverVersion: string
  readonly predictions: readonly Prediction[]
  /** What was looked at: names by kind. */
  readonly read: Readonly<Record<string, readonly string[]>>
  /** What could not be read; nothing was concluded from it. */
  readonly unread: Surroundings['unread']
  /** Why `rollproof run` would refuse it now; `null` when it would not. */
  readonly refusal: string | null
}

interface Cluster {
  readonly reader: ClusterReader
  readonly surroundings: SurroundingsReader
  readonly server: string
  readonly context: string
  readonly serverVersion: string
}

const namesOf = (objects: readonly { readonly name: string }[] | null): readonly string[] =>
  (objects ?? []).map(({ name }) => name)

/** Predictions for one Deployment, and what they rest on. Reads only. Throws KUBE_… errors. */
export const predictRollout = async (
  { reader, surroundings, server, context, serverVersion }: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  hints: Hints = NO_HINTS,
  signal?: AbortSignal,
): Promise<PreflightAnswer> => {
  const call = signal === undefined ? {} : { signal }
  const deployment = await reader.readDeployment(namespace, name, call).catch(async (error: unknown) => {
    if (!hasCode(error, 'KUBE_NOT_FOUND')) throw error
    throw await notFound(reader, namespace, name, error)
  })
  const around = await surroundings.readSurroundings(namespace, name, call)
  return {
    deployment: { namespace, name },
    server,
    context,
    serverVersion,
    predictions: predict(around, hints),
    read: {
      services: namesOf(around.services),
      ingresses: namesOf(around.ingresses),
      disruptionBudgets: namesOf(around.budgets),
      autoscalers: namesOf(around.autoscalers),
      pods: (around.pods ?? []).map(({ ref }) => ref.name),
    },
    unread: around.unread,
    refusal: refusalFor(deployment)?.message ?? null,
  }
}

const notFound = async (reader: ClusterReader, namespace: string, name: string, cause: unknown) => {
  const names = await reader.listDeploymentNames(namespace).catch(() => [])
  const there = names.map((deployment) => deployment.name)
  const near = similarNames(name, there)
  const hint =
    near.length > 0
      ? `did you mean ${near.join(' or ')}?`
      : there.length > 0
        ? `namespace ${namespace} has: ${there.slice(0, 5).join(', ')}`
        : 'check --deployment [NAMESPACE/]NAME and --context'
  return new HarnessError('KUBE_NOT_FOUND', `there is no deployment ${name} in namespace ${namespace}`, {
    hint,
    cause,
  })
}

/** {@link predictRollout} over a connection of its own. */
export const preflightCluster = async (options: {
  readonly kube: Omit<ConnectOptions, 'clock'>
  readonly clock: Clock
  readonly target: { readonly namespace: string; readonly name: string }
  readonly hints: Hints
  readonly signal: AbortSignal
}): Promise<PreflightAnswer> => {
  const connection = await connectKube({ ...options.kube, clock: options.clock })
  try {
    return await predictRollout(connection, options.target, options.hints, options.signal)
  } finally {
    await connection.close()
  }
}

/** How long the users of a scenario leave a connection idle, s; `null` where that is not told by the load. */
const clientIdleSeconds = ({ load }: Scenario): number | null =>
  load.model === 'closed' && load.connections.kind === 'keep-alive' && load.paceMs > 0
    ? load.paceMs / 1000
    : null

/**
 * The predictions of a run, made before any load. `null` when they could not be made: that is no
 * reason not to run.
 */
export const predictBeforeRun = async (
  cluster: Cluster,
  scenario: Scenario,
  deployment: { readonly namespace: string; readonly name: string },
  log: Logger,
  signal: AbortSignal,
): Promise<readonly Prediction[] | null> => {
  try {
    const hints = { ...NO_HINTS, clientIdleSeconds: clientIdleSeconds(scenario) }
    const { predictions } = await predictRollout(cluster, deployment, hints, signal)
    return predictions
  } catch (error) {
    if (signal.aborted || hasCode(error, 'INTERNAL')) throw error
    log.warn({}, `nothing could be predicted: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}
