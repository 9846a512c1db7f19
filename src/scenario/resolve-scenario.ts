import type { LabPlan } from '../model/lab-plan.ts'
import type {
  LoadPlan,
  ProbePlan,
  RequestTemplate,
  Scenario,
  TargetPlan,
  Threshold,
} from '../model/scenario.ts'
import { DEFAULTS, defaultMaxVus, LAB_DEFAULTS } from './defaults.ts'
import { parseThreshold } from './parse-threshold.ts'
import type { ScenarioInput } from './schema.ts'
import { resolveStudy } from './study/resolve-study.ts'

/** For which command and where the scenario is to be used: some defaults depend on it. */
export interface ResolveContext {
  readonly command: 'run' | 'load'
  readonly lab: boolean
  /** Namespace of a Deployment that is named without one: --namespace, or the kubeconfig context's. */
  readonly namespace: string
  /** Name of the run when the scenario has none; `null` = the Deployment's, or the command. */
  readonly name: string | null
}

/** Fills in every default. `input` fits the schema and passed the checks. */
export const resolveScenario = (input: ScenarioInput, context: ResolveContext): Scenario => {
  const isRun = context.command === 'run'
  const seed = input.seed ?? DEFAULTS.seed
  const deployment = isRun ? resolveDeployment(input.deployment, context) : null
  const { target, requests } = resolveTarget(input)
  const study =
    deployment === null ? null : resolveStudy(input, input.study ?? {}, { deployment: deployment.name, seed })
  const hasLab = context.lab || input.lab !== undefined
  return {
    name: input.name ?? context.name ?? deployment?.name ?? context.command,
    target,
    deployment,
    load: resolveLoad(input, isRun),
    requests,
    rollout: {
      restarts: input.rollout?.restarts ?? DEFAULTS.restarts,
      baselineMs: input.rollout?.baseline ?? DEFAULTS.baselineMs,
      settleMs: input.rollout?.settle ?? DEFAULTS.settleMs,
      recoveryMs: input.rollout?.recovery ?? DEFAULTS.recoveryMs,
      timeoutMs: input.rollout?.timeout ?? DEFAULTS.rolloutTimeoutMs,
      ...(input.rollout?.choreography === undefined ? {} : { choreography: input.rollout.choreography }),
      ...(input.rollout?.scaleTo === undefined ? {} : { scaleTo: input.rollout.scaleTo }),
      ...(input.rollout?.autoscaler === undefined ? {} : { autoscaler: input.rollout.autoscaler }),
      ...(input.rollout?.image === undefined ? {} : { image: input.rollout.image }),
      ...(input.rollout?.undo === undefined ? {} : { undo: input.rollout.undo }),
    },
    probes: isRun ? resolveProbes(input) : NO_PROBES,
    limits: {
      scheduleLagMs:
        input.limits?.scheduleLag ?? (context.lab ? DEFAULTS.labScheduleLagMs : DEFAULTS.scheduleLagMs),
      stallMs: input.limits?.stall ?? (context.lab ? DEFAULTS.labStallMs : DEFAULTS.stallMs),
      lateArrivals: input.limits?.lateArrivals ?? DEFAULTS.lateArrivals,
    },
    thresholds: resolveThresholds(input),
    acceptUnproven: [...new Set(input.acceptUnproven ?? [])],
    seed,
    lab: hasLab ? resolveLab(input.lab) : null,
    ...(study === null ? {} : { study }),
  }
}

const resolveDeployment = (text: string | undefined, context: ResolveContext): Scenario['deployment'] => {
  if (text === undefined) return { namespace: DEFAULTS.labNamespace, name: DEFAULTS.labDeployment }
  const [first = '', second] = text.split('/')
  return second === undefined
    ? { namespace: context.namespace, name: first }
    : { namespace: first, name: second }
}

/** Without `requests`, one GET of the target as it was given is sent, with its own path and query. */
const resolveTarget = (
  input: ScenarioInput,
): { target: TargetPlan; requests: readonly RequestTemplate[] } => {
  const url = new URL(input.target?.url ?? DEFAULTS.labTarget)
  url.hash = ''
  const requests = input.requests ?? [{ name: `GET ${url.pathname}`.slice(0, 60) }]
  const requestIdHeader = input.target?.requestIdHeader
  const target = {
    url: url.href,
    podHeader: input.target?.podHeader ?? DEFAULTS.podHeader,
    control: input.target?.control ?? null,
    resolver: input.target?.resolver ?? null,
    requestIdHeader: requestIdHeader === undefined ? DEFAULTS.requestIdHeader : requestIdHeader,
    insecure: input.target?.insecure ?? false,
    ...(input.target?.targetHealth != null && { targetHealth: input.target.targetHealth }),
  }
  return { target, requests: requests.map(resolveRequest) }
}

type RequestInput = NonNullable<ScenarioInput['requests']>[number]

const resolveRequest = (input: RequestInput): RequestTemplate => {
  const method = input.method ?? 'GET'
  const path = input.path ?? '/'
  const status = input.expect?.status
  return {
    name: input.name ?? `${method} ${path.replace(/\?.*$/, '')}`.slice(0, 60),
    weight: input.weight ?? 1,
    method,
    path,
    headers: input.headers ?? {},
    body: input.body ?? null,
    expect: {
      status: status === undefined ? [] : typeof status === 'number' ? [status] : status,
      bodyContains: input.expect?.bodyContains ?? null,
      bodySha256: input.expect?.bodySha256 ?? null,
    },
    timeoutMs: input.timeout ?? null,
  }
}

const resolveLoad = ({ load = {} }: ScenarioInput, isRun: boolean): LoadPlan => {
  const timeoutMs = load.timeout ?? DEFAULTS.timeoutMs
  const requests = load.requests ?? null
  const vus = load.vus ?? (isRun ? DEFAULTS.runVus : DEFAULTS.loadVus)
  const defaultDurationMs = isRun || requests !== null ? null : DEFAULTS.loadDurationMs
  const shared = {
    durationMs: load.duration ?? defaultDurationMs,
    requests,
    connections: load.connections ?? ({ kind: 'keep-alive' } as const),
    timeoutMs,
    idleTimeoutMs: load.idleTimeout ?? DEFAULTS.idleTimeoutMs,
  }
  if (load.rate !== undefined) {
    return {
      model: 'open',
      ratePerSec: load.rate,
      maxVus: load.maxVus ?? defaultMaxVus(load.rate, timeoutMs),
      rampUpMs: load.rampUp ?? 0,
      ...shared,
    }
  }
  const paceMs = load.pace ?? (isRun ? DEFAULTS.runPaceMs : DEFAULTS.loadPaceMs)
  return {
    model: 'closed',
    vus,
    paceMs,
    thinkMs: load.think ?? DEFAULTS.thinkMs,
    // With a pace and without a ramp-up, the engine spreads the first starts over one pace.
    rampUpMs: load.rampUp ?? 0,
    ...shared,
  }
}

/** `load` sends the planned requests and nothing else. */
const NO_PROBES: ProbePlan = { freshPerSec: 0, reusedPerSec: 0, controlPerSec: 0, twinPerSec: 0 }

const resolveProbes = ({ probes = {} }: ScenarioInput): ProbePlan => ({
  freshPerSec: probes.fresh ?? DEFAULTS.probes.freshPerSec,
  reusedPerSec: probes.reused ?? DEFAULTS.probes.reusedPerSec,
  controlPerSec: probes.control ?? DEFAULTS.probes.controlPerSec,
  twinPerSec: probes.twin ?? DEFAULTS.probes.twinPerSec,
})

/** `failures: count==0` holds unless the scenario says something else about all failures. */
const resolveThresholds = ({ thresholds = {} }: ScenarioInput): Threshold[] => {
  const own = Object.entries(thresholds).flatMap(([metric, value]) =>
    (typeof value === 'string' ? [value] : value).flatMap((expression) => readThreshold(metric, expression)),
  )
  const saysFailures = own.some(({ metric, tags }) => metric === 'failures' && Object.keys(tags).length === 0)
  const { metric, expression } = DEFAULTS.threshold
  return saysFailures ? own : [...readThreshold(metric, expression), ...own]
}

/** The checks refused what cannot be read. */
const readThreshold = (metric: string, expression: string): Threshold[] => {
  const read = parseThreshold(metric, expression)
  return 'message' in read ? [] : [read]
}

const resolveLab = (input: ScenarioInput['lab']): LabPlan => {
  const { app = {}, service = {}, ingress = {}, alb = {}, autoscaler, ...lab } = input ?? {}
  const none = LAB_DEFAULTS
  const preStop = lab.preStop ?? none.preStop
  return {
    ...none,
    ...defined(lab),
    ...(autoscaler === undefined
      ? {}
      : {
          autoscaler: {
            minReplicas: autoscaler.minReplicas ?? 1,
            maxReplicas: autoscaler.maxReplicas,
            syncMs: autoscaler.sync ?? 15_000,
          },
        }),
    preStop,
    preStopSeconds: preStop === 'none' ? 0 : (lab.preStopSeconds ?? none.preStopSeconds),
    app: {
      command: app.command ?? none.app.command,
      startupMs: app.startup ?? none.app.startupMs,
      readyMs: app.ready ?? none.app.readyMs,
      workMs: app.work ?? none.app.workMs,
      jitterMs: app.jitter ?? none.app.jitterMs,
      onSigterm: app.onSigterm ?? none.app.onSigterm,
      drainMs: app.drain ?? none.app.drainMs,
      drainTimeoutMs: app.drainTimeout ?? none.app.drainTimeoutMs,
      drainClose: app.drainClose ?? none.app.drainClose,
      drain503: app.drain503 ?? none.app.drain503,
      keepAliveMs: app.keepAlive ?? none.app.keepAliveMs,
      truncateRatio: app.truncate ?? none.app.truncateRatio,
    },
    service: {
      propagationMs: service.propagation ?? none.service.propagationMs,
      jitterMs: service.jitter ?? none.service.jitterMs,
    },
    ingress: {
      propagationMs: ingress.propagation ?? none.ingress.propagationMs,
      jitterMs: ingress.jitter ?? none.ingress.jitterMs,
      retry: ingress.retry ?? none.ingress.retry,
      endpoints: ingress.endpoints ?? none.ingress.endpoints,
    },
    alb: {
      targetType: alb.targetType ?? none.alb.targetType,
      readinessGate: alb.readinessGate ?? none.alb.readinessGate,
      nodes: alb.nodes ?? none.alb.nodes,
      propagationMs: alb.propagation ?? none.alb.propagationMs,
      jitterMs: alb.jitter ?? none.alb.jitterMs,
      registrationMs: alb.registration ?? none.alb.registrationMs,
      deregistrationDelaySeconds: alb.deregistrationDelaySeconds ?? none.alb.deregistrationDelaySeconds,
      healthCheckIntervalSeconds: alb.healthCheckIntervalSeconds ?? none.alb.healthCheckIntervalSeconds,
      healthCheckTimeoutSeconds: alb.healthCheckTimeoutSeconds ?? none.alb.healthCheckTimeoutSeconds,
      healthCheckPath: alb.healthCheckPath ?? none.alb.healthCheckPath,
      healthyThreshold: alb.healthyThreshold ?? none.alb.healthyThreshold,
      unhealthyThreshold: alb.unhealthyThreshold ?? none.alb.unhealthyThreshold,
      idleTimeoutSeconds: alb.idleTimeoutSeconds ?? none.alb.idleTimeoutSeconds,
      timeScale: alb.timeScale ?? none.alb.timeScale,
    },
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The keys that have a value, so that a spread does not overwrite a default with undefined. */
const defined = <T extends object>(given: T): Defined<T> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>
