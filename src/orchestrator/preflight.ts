import type { Clock } from '../kernel/clock.ts'
import { HarnessError, hasCode, messageOf } from '../kernel/errors.ts'
import type { ClusterReader, RolloutControl } from '../kube/ports.ts'
import { type AccessNeed, accessNeeds } from '../model/access.ts'
import type { Choreography } from '../model/choreography.ts'
import type { DeploymentSnapshot } from '../model/cluster.ts'
import type { VariantObject } from '../model/variant.ts'
import { tryImage } from './choreography/image-patch.ts'
import { refusalFor } from './judge-deployment.ts'
import { restartedAtOf, restartedAtValue, restartPatch } from './patch.ts'
import { similarNames } from './similar-names.ts'

export interface PreflightOptions {
  readonly reader: ClusterReader
  readonly control: RolloutControl
  readonly namespace: string
  readonly name: string
  readonly clock: Clock
  readonly signal?: AbortSignal
  /** The other objects that variants change; given (also when empty), their permissions are asked for too. */
  readonly variants?: readonly VariantObject[]
  /** What is done to it; its permissions are asked for. Absent = `restart`. */
  readonly choreography?: Choreography
  /** Another image of its main container, which a choreography gives it. */
  readonly image?: string
  /** The run whose variant the Deployment may bear. */
  readonly ownRunId?: string
}

export interface PreflightReport {
  readonly deployment: DeploymentSnapshot
  /** Services that select its pods; `null` when listing services is forbidden. */
  readonly services: readonly string[] | null
  /** Whether events may be watched. */
  readonly canWatchEvents: boolean
  /** What may disturb the run, a sentence each. */
  readonly warnings: readonly string[]
}

const words = ({ verb, group, resource, subresource }: AccessNeed): string =>
  `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`

/** The needs that these credentials do not have. */
const missing = async (options: PreflightOptions): Promise<readonly AccessNeed[]> => {
  const { reader, namespace, name } = options
  const needs = accessNeeds(name, options.variants, options.choreography)
  const answers = await Promise.all(
    needs.map(({ without: _, ...question }) => reader.isAllowed({ ...question, namespace }, callOf(options))),
  )
  return needs.filter((_, at) => answers[at] === false)
}

const callOf = ({ signal }: PreflightOptions) => (signal === undefined ? {} : { signal })

/** What the run must do without. Throws KUBE_FORBIDDEN when something is missing without which it cannot be. */
const checkAccess = async (options: PreflightOptions): Promise<readonly AccessNeed[]> => {
  const { namespace, name } = options
  const all = await missing(options)
  const lacking = all.filter(({ without }) => without === null)
  if (lacking.length === 0) return all
  throw new HarnessError(
    'KUBE_FORBIDDEN',
    `these credentials may not ${lacking.map(words).join(', ')} in namespace ${namespace}; nothing was changed`,
    {
      hint:
        options.choreography === 'node-drain' || (options.variants ?? []).length > 0
          ? 'a Role that is enough: rollproof rbac --for SCENARIO | kubectl apply -f -'
          : `a Role that is enough: rollproof rbac --deployment ${namespace}/${name} | kubectl apply -f -`,
    },
  )
}

/** Names near the one that was not found, and namespaces in which it is; silent where listing is not allowed. */
const whereabouts = async ({ reader, namespace, name }: PreflightOptions): Promise<string> => {
  const namesIn = async (where: string | null) => {
    try {
      return await reader.listDeploymentNames(where)
    } catch {
      return null
    }
  }
  const here = await namesIn(namespace)
  const similar = similarNames(
    name,
    (here ?? []).map((deployment) => deployment.name),
  )
  const elsewhere = ((await namesIn(null)) ?? [])
    .filter((other) => other.name === name)
    .map((other) => other.namespace)
  return [
    ...(similar.length > 0 ? [`did you mean ${similar.join(' or ')}?`] : []),
    ...(elsewhere.length > 0 ? [`there is a ${name} in namespace ${elsewhere.slice(0, 3).join(', ')}`] : []),
    ...(here?.length === 0 ? [`namespace ${namespace} has no Deployments`] : []),
    ...(similar.length + elsewhere.length === 0 && here !== null && here.length > 0
      ? [
          `namespace ${namespace} has: ${here
            .slice(0, 5)
            .map((deployment) => deployment.name)
            .join(', ')}`,
        ]
      : []),
  ].join('; ')
}

const readTarget = async (options: PreflightOptions): Promise<DeploymentSnapshot> => {
  const { reader, namespace, name } = options
  try {
    return await reader.readDeployment(namespace, name, callOf(options))
  } catch (cause) {
    if (!hasCode(cause, 'KUBE_NOT_FOUND')) throw cause
    const hint = (await whereabouts(options)) || 'check --deployment [NAMESPACE/]NAME and --context'
    throw new HarnessError('KUBE_NOT_FOUND', `there is no deployment ${name} in namespace ${namespace}`, {
      hint,
      cause,
    })
  }
}

/** A list that the run can do without: `null` when it may not be read. */
const optional = async <T>(read: Promise<T>): Promise<T | null> => {
  try {
    return await read
  } catch (error) {
    if (hasCode(error, 'KUBE_FORBIDDEN') || hasCode(error, 'KUBE_NOT_FOUND')) return null
    throw error
  }
}

const dryRun = async (deployment: DeploymentSnapshot, options: PreflightOptions): Promise<void> => {
  const restartedAt = restartedAtValue(options.clock.epochMs(), restartedAtOf(deployment))
  try {
    const call = { ...callOf(options), dryRun: true }
    const after = await options.control.patchDeployment(
      deployment,
      restartPatch(deployment, restartedAt),
      call,
    )
    if (restartedAtOf(after) === restartedAt) return
  } catch (cause) {
    if (!(cause instanceof HarnessError)) throw cause
    throw new HarnessError(cause.code, `a restart would be refused: ${cause.message}`, {
      cause,
      hint: cause.hint ?? 'nothing was changed; a dry run of the restart was all that was sent',
    })
  }
  throw new HarnessError(
    'KUBE_REJECTED',
    'a restart would not be applied: something takes its annotation away again',
    {
      hint: 'look for an admission webhook or policy that edits Deployments in this namespace; nothing was changed',
    },
  )
}

/**
 * All that is checked before the first write: permissions, that the Deployment exists and can be rolled, and the restart
 * as a server-side dry run. Changes nothing. Throws HarnessError with code and hint; `DEPLOYMENT_REFUSED` when the
 * Deployment is not in a state to be rolled.
 */
export const preflight = async (options: PreflightOptions): Promise<PreflightReport> => {
  const { reader, namespace, name } = options
  const lacking = await checkAccess(options)
  const deployment = await readTarget(options)
  const refusal = refusalFor(deployment, options.ownRunId ?? null)
  if (refusal !== null) throw refusal
  const canWatchEvents = !lacking.some(({ resource }) => resource === 'events')
  const [services, autoscalers] = await Promise.all([
    optional(reader.listServicesSelecting(namespace, deployment.templateLabels, callOf(options))),
    optional(reader.listAutoscalersOf(namespace, name, callOf(options))).catch((error) => messageOf(error)),
  ])
  await dryRun(deployment, options)
  if (options.image !== undefined) await tryImage(options.control, deployment, options.image)
  const warnings: string[] = []
  for (const without of new Set(lacking.map((need) => need.without)))
    if (without !== null) warnings.push(without)
  if (services?.length === 0)
    warnings.push(`no Service in namespace ${namespace} selects the pods of ${name}`)
  for (const owner of deployment.managedBy) {
    warnings.push(
      `${name} is managed by ${owner}, which may take a restart back; such a change makes the run inconclusive`,
    )
  }
  if (Array.isArray(autoscalers) && autoscalers.length > 0) {
    warnings.push(`${autoscalers.join(', ')} may scale ${name} during the run, which makes it inconclusive`)
  }
  return { deployment, services, canWatchEvents, warnings }
}
