import {
  type ApiCondition,
  type ApiContainerState,
  type ApiObject,
  type ApiTermination,
  stampMs,
} from '../support/api-object.ts'
import type { Answer, Backend, Seen, Watch } from './backend.ts'

/** Runs until SIGTERM, then ends with this code. */
export const untilTerm = (exitCode = 0): string => `trap "exit ${exitCode}" TERM; sleep 3600 & wait`

/** Runs until SIGKILL. */
export const IGNORES_TERM = 'trap "" TERM; while :; do sleep 0.2; done'

/** A readiness probe that asks every second. */
export const execProbe = (script: string, more: object = {}): object => ({
  exec: { command: ['sh', '-c', script] },
  periodSeconds: 1,
  timeoutSeconds: 10,
  failureThreshold: 1,
  ...more,
})

/** A file that is the pod's own, also where pods share a file system. */
export const OWN_FILE = '/tmp/rollproof-conformance-$POD_UID'

/** Readiness that a script switches by making and removing {@link OWN_FILE}. */
export const readyByFile = execProbe(`test -f ${OWN_FILE}`)

export interface PodOptions {
  readonly script?: string
  readonly graceSeconds?: number
  /** More of the container. */
  readonly container?: object
  /** More of the spec. */
  readonly spec?: object
  readonly metadata?: object
}

/** The only container of a pod. */
export const mainContainer = (
  { image }: Backend,
  { script = untilTerm(), container = {} }: PodOptions = {},
): object => ({
  name: 'main',
  image,
  command: ['sh', '-c', script],
  ports: [{ name: 'http', containerPort: 8080 }],
  env: [{ name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } }],
  ...container,
})

export const podSpec = (backend: Backend, options: PodOptions = {}): object => ({
  terminationGracePeriodSeconds: options.graceSeconds ?? 5,
  automountServiceAccountToken: false,
  containers: [mainContainer(backend, options)],
  ...options.spec,
})

/** Where objects of a kind are. */
export const pathOf = ({ namespace }: Backend, resource: string, name?: string): string => {
  const groups: Readonly<Record<string, string>> = {
    deployments: '/apis/apps/v1',
    replicasets: '/apis/apps/v1',
    endpointslices: '/apis/discovery.k8s.io/v1',
    leases: '/apis/coordination.k8s.io/v1',
    poddisruptionbudgets: '/apis/policy/v1',
    horizontalpodautoscalers: '/apis/autoscaling/v2',
  }
  const path = `${groups[resource] ?? '/api/v1'}/namespaces/${namespace}/${resource}`
  return name === undefined ? path : `${path}/${name}`
}

/** The body of an answer with this code; anything else is an error that shows the answer. */
export const expectCode = ({ code, body }: Answer, wanted: number): ApiObject => {
  if (code !== wanted) throw new Error(`wanted ${wanted}, got ${code}: ${JSON.stringify(body)}`)
  return body
}

/** Follows the changes of one object, from its present state on. */
export const follow = (backend: Backend, resource: string, name: string): Promise<Watch> =>
  backend.watch(`${pathOf(backend, resource)}?fieldSelector=metadata.name%3D${name}`)

export interface RunningPod {
  readonly name: string
  readonly watch: Watch
  /** First state of the pod that fits. */
  when(fits: (pod: ApiObject) => boolean): Promise<Seen>
  delete(body?: object): Promise<ApiObject>
  /** Deletes the pod, and follows it to its end. */
  end(): Promise<PodEnd>
}

export interface PodEnd {
  /** Unix ms: deletionTimestamp − deletionGracePeriodSeconds. Whole seconds. */
  readonly beganAtMs: number
  /** When the answer to the deletion came, and when the object was gone. */
  readonly askedAtMs: number
  readonly goneAtMs: number
  /** `state.terminated` of the container, with `finishedAtMs`. */
  readonly terminated: ApiTermination & { readonly finishedAtMs: number }
  readonly phase: string
}

export const conditionOf = (object: ApiObject | undefined, type: string): ApiCondition | undefined =>
  object?.status?.conditions?.find((condition) => condition.type === type)
export const isReady = (pod: ApiObject): boolean => conditionOf(pod, 'Ready')?.status === 'True'
export const containerState = (pod: ApiObject): ApiContainerState =>
  pod.status?.containerStatuses?.[0]?.state ?? {}

/** Creates a pod and follows it. */
export const startPod = async (
  backend: Backend,
  name: string,
  options: PodOptions = {},
): Promise<RunningPod> => {
  const watch = await follow(backend, 'pods', name)
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name }, ...options.metadata },
    spec: podSpec(backend, options),
  }
  expectCode(await backend.call('POST', pathOf(backend, 'pods'), object), 201)
  const when = (fits: (pod: ApiObject) => boolean): Promise<Seen> =>
    watch.next(({ type, object: pod }) => type !== 'DELETED' && fits(pod))
  const remove = async (body?: object): Promise<ApiObject> =>
    expectCode(await backend.call('DELETE', pathOf(backend, 'pods', name), body), 200)
  return {
    name,
    watch,
    when,
    delete: remove,
    end: async () => {
      const marked = await remove()
      const askedAtMs = Date.now()
      const gone = await watch.next(({ type }) => type === 'DELETED')
      const last = watch.events.findLast(({ object: pod }) => containerState(pod).terminated !== undefined)
      watch.stop()
      const { deletionTimestamp, deletionGracePeriodSeconds } = marked.metadata
      const terminated = last && containerState(last.object).terminated
      if (terminated === undefined) throw new Error(`no end of the container of ${name} was seen`)
      return {
        beganAtMs: stampMs(deletionTimestamp) - (deletionGracePeriodSeconds ?? Number.NaN) * 1000,
        askedAtMs,
        goneAtMs: gone.atMs,
        terminated: { ...terminated, finishedAtMs: stampMs(terminated.finishedAt) },
        phase: last?.object.status.phase ?? '',
      }
    },
  }
}

export interface DeploymentOptions extends PodOptions {
  readonly replicas?: number
  /** More of the Deployment's spec. */
  readonly deployment?: object
}

export const deploymentOf = (
  backend: Backend,
  name: string,
  { replicas = 2, deployment = {}, ...options }: DeploymentOptions = {},
): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, labels: { app: name } },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec(backend, options) },
    ...deployment,
  },
})

export const strategy = (maxSurge: string | number, maxUnavailable: string | number): object => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
})

export interface RunningDeployment {
  readonly name: string
  readonly watch: Watch
  when(fits: (deployment: ApiObject) => boolean): Promise<Seen>
  /** Resolves when the generation is fully rolled out. */
  rolledOut(generation: number): Promise<Seen>
  /** A strategic merge patch; returns the object. */
  patch(body: object): Promise<ApiObject>
  replicaSets(): Promise<readonly ApiObject[]>
  pods(): Promise<readonly ApiObject[]>
}

export const isRolledOut = ({ spec, status }: ApiObject, generation: number): boolean =>
  (status.observedGeneration ?? 0) >= generation &&
  (status.updatedReplicas ?? 0) === spec.replicas &&
  (status.replicas ?? 0) === spec.replicas &&
  (status.availableReplicas ?? 0) === spec.replicas

/** Creates a Deployment and follows it. */
export const startDeployment = async (
  backend: Backend,
  name: string,
  options: DeploymentOptions = {},
): Promise<RunningDeployment> => {
  const watch = await follow(backend, 'deployments', name)
  expectCode(
    await backend.call('POST', pathOf(backend, 'deployments'), deploymentOf(backend, name, options)),
    201,
  )
  const when = (fits: (deployment: ApiObject) => boolean): Promise<Seen> =>
    watch.next(({ object }) => fits(object))
  const selected = async (resource: string): Promise<readonly ApiObject[]> => {
    const path = `${pathOf(backend, resource)}?labelSelector=app%3D${name}`
    return expectCode(await backend.call('GET', path), 200).items
  }
  return {
    name,
    watch,
    when,
    rolledOut: (generation) => when((object) => isRolledOut(object, generation)),
    patch: async (body) =>
      expectCode(
        await backend.call('PATCH', pathOf(backend, 'deployments', name), body, {
          'content-type': 'application/strategic-merge-patch+json',
        }),
        200,
      ),
    replicaSets: () => selected('replicasets'),
    pods: () => selected('pods'),
  }
}

export const REVISION = 'deployment.kubernetes.io/revision'

export const revisionOf = (object: ApiObject): string | undefined => object.metadata.annotations?.[REVISION]

/** A change of the pod template: an annotation, as `kubectl rollout restart` makes it, and whatever else. */
export const templatePatch = (annotation: string, spec: object = {}): object => ({
  spec: { template: { metadata: { annotations: { 'rollproof.test/version': annotation } }, spec } },
})
