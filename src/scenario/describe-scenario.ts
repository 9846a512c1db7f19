import { formatDurationMs } from '../kernel/units.ts'
import { CHOREOGRAPHY_WORDS, type Choreography, makesNewSet } from '../model/choreography.ts'
import type { LabPlan } from '../model/lab-plan.ts'
import type { LoadPlan, ProbePlan, RequestTemplate, Scenario } from '../model/scenario.ts'
import { printable } from './shown.ts'
import { describeStudy } from './study/describe-study.ts'

export interface DescribeContext {
  readonly command: 'run' | 'load'
  /** Pods of the Deployment; `null` when the cluster was not asked. */
  readonly replicas: number | null
  /** With --lab: the lab's settings are told too. */
  readonly lab: boolean
  /** What so many pod terminations can detect, in words, one line each; left out: not told. */
  readonly detects?: (plan: DetectionPlan) => readonly string[]
}

/** Of one run, or of each variant of a study. */
export interface DetectionPlan {
  readonly replicas: number | null
  readonly restarts: number
  /** Variants that are compared with the control; 0 = nothing is compared. */
  readonly pairs: number
}

/**
 * The plan in words, for --dry-run and the start of a run: what is sent, what is restarted, how long it takes, what is
 * written to the cluster, and what the plan can detect. One line each; no line ends in a newline.
 */
export const describeScenario = (scenario: Scenario, context: DescribeContext): readonly string[] => {
  const lines = [`Load       ${describeLoad(scenario.load)}`, `           to ${describeTarget(scenario)}`]
  lines.push(`Requests   ${describeRequests(scenario.requests)}`)
  if (context.command === 'load')
    return [...lines, `Length     ${loadLength(scenario.load)}`, failsWhen(scenario)]
  const probes = describeProbes(scenario.probes, scenario.target.control)
  const { study } = scenario
  const each = study === undefined ? '' : 'each block: '
  return [
    ...(study === undefined ? [] : describeStudy(scenario, study, context)),
    ...lines,
    `Beside     ${probes}`,
    `Rollouts   ${each}${describeRollouts(scenario)}`,
    `Length     ${each}${runLength(scenario)}`,
    `Writes     ${describeWrites(scenario)}`,
    failsWhen(scenario),
    // How many pods end is known before only where all of them are replaced.
    ...(makesNewSet(scenario.rollout.choreography ?? 'restart') ? describeDetection(scenario, context) : []),
    ...(context.lab && scenario.lab !== null ? [`Lab        ${describeLab(scenario.lab)}`] : []),
  ]
}

/** Requests that the plan sends in `durationMs`; `null` when the answers decide (closed model without pace). */
export const plannedRequests = (load: LoadPlan, durationMs: number | null): number | null => {
  if (load.requests !== null && durationMs === null) return load.requests
  const perSec = plannedRate(load)
  if (perSec === null || durationMs === null) return load.requests
  const inTime = Math.floor((perSec * Math.max(0, durationMs - load.rampUpMs / 2)) / 1000)
  return load.requests === null ? inTime : Math.min(load.requests, inTime)
}

/** Requests per second once all users are there; `null` when the answers decide. */
const plannedRate = (load: LoadPlan): number | null => {
  if (load.model === 'open') return load.ratePerSec
  return load.paceMs > 0 && load.thinkMs === 0 ? (load.vus * 1000) / load.paceMs : null
}

const count = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 2 })
const many = (value: number, one: string, more = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : more}`
const time = formatDurationMs

const describeLoad = (load: LoadPlan): string => {
  const parts: string[] = []
  if (load.model === 'open') {
    parts.push(
      `${count(load.ratePerSec)} requests/s on schedule (open model), at most ${count(load.maxVus)} at once`,
    )
  } else {
    const rate = plannedRate(load)
    const pace =
      load.paceMs > 0 ? `one request each every ${time(load.paceMs)}` : 'each as fast as it is answered'
    const think = load.thinkMs > 0 ? ` and ${time(load.thinkMs)} after an answer` : ''
    parts.push(
      `${many(load.vus, 'vUser')}, ${pace}${think}${rate === null ? '' : ` (≈ ${count(rate)} requests/s)`}`,
    )
  }
  if (load.rampUpMs > 0) parts.push(`started over ${time(load.rampUpMs)}`)
  parts.push(
    CONNECTIONS[load.connections.kind] +
      (load.connections.kind === 'mixed' ? ` (${load.connections.freshRatio} new)` : ''),
  )
  parts.push(`timeout ${time(load.timeoutMs)}`)
  return parts.join(', ')
}

const CONNECTIONS: Readonly<Record<LoadPlan['connections']['kind'], string>> = {
  'keep-alive': 'a kept-alive connection each',
  fresh: 'a new connection for each request',
  mixed: 'kept-alive and new connections',
  pool: 'connections shared by all',
}

const describeTarget = ({ target }: Scenario): string => {
  const url = new URL(target.url)
  url.username = ''
  url.password = ''
  const query = url.search === '' ? '' : '?…'
  url.search = ''
  const details = [
    ...(target.resolver === null ? [] : [`names from ${target.resolver}`]),
    ...(target.insecure ? ['TLS certificates are not checked'] : []),
  ]
  return `${printable(url.href, 200)}${query}${details.length === 0 ? '' : ` (${details.join(', ')})`}`
}

const MOST_REQUESTS = 5

const describeRequests = (requests: readonly RequestTemplate[]): string => {
  const total = requests.reduce((sum, { weight }) => sum + weight, 0)
  const shown = requests.slice(0, MOST_REQUESTS).map(({ name, method, path, weight }) => {
    const call = `${method} ${printable(path.replace(/\?.*$/, '?…'), 60)}`
    const label = name.startsWith(`${method} `) ? printable(name) : `${printable(name)}: ${call}`
    return requests.length === 1 ? label : `${label} (${count((100 * weight) / total)} %)`
  })
  const more = requests.length - shown.length
  return `${shown.join(', ')}${more > 0 ? `, and ${more} more` : ''}; no request is sent twice`
}

const describeProbes = (probes: ProbePlan, control: string | null): string => {
  const parts = [
    ...(probes.freshPerSec > 0 ? [`${count(probes.freshPerSec)}/s on new connections`] : []),
    ...(probes.reusedPerSec > 0 ? [`${count(probes.reusedPerSec)}/s on a kept one`] : []),
    ...(probes.controlPerSec > 0
      ? [
          `${count(probes.controlPerSec)}/s to ${control === null ? 'a loopback echo' : 'the control target and a loopback echo'}`,
        ]
      : []),
    ...(probes.twinPerSec > 0 ? [`after a failure a second try, at most ${count(probes.twinPerSec)}/s`] : []),
  ]
  return parts.length === 0 ? 'no probes: outages are not measured in ms' : `probes: ${parts.join(', ')}`
}

const describeRollouts = ({ rollout, deployment }: Scenario): string =>
  `${doneTo(rollout)} Deployment ${deployment === null ? '?' : `${deployment.namespace}/${deployment.name}`}` +
  `: baseline ${time(rollout.baselineMs)}, then each until its old pods are gone and ${time(rollout.settleMs)} more, recovery ${time(rollout.recoveryMs)}` +
  `; one that takes longer than ${time(rollout.timeoutMs)} is stuck`

/** `5 restarts of`, `2 × drain of one node by eviction:`. */
const doneTo = ({ restarts, choreography = 'restart' }: Scenario['rollout']): string =>
  choreography === 'restart'
    ? `${many(restarts, 'restart')} of`
    : `${restarts} × ${CHOREOGRAPHY_WORDS[choreography]} of`

type WritesWords = (deployment: string, rollout: Scenario['rollout']) => string

const WRITES_OF: Readonly<Partial<Record<Choreography, WritesWords>>> = {
  'scale-down': (deployment, { autoscaler }) =>
    autoscaler === undefined
      ? `the number of replicas of ${deployment}, with its journal, down and back`
      : `the bounds (minReplicas, maxReplicas) of HorizontalPodAutoscaler ${printable(autoscaler)}, with their journal, down and back; the journal of ${deployment}, and then its number of replicas as it was`,
  'node-drain': (deployment) =>
    `evictions of the pods of ${deployment} on one node, as PodDisruptionBudgets allow; the node is not cordoned`,
  'image-change': (deployment, { image = '?', restarts }) =>
    `the image of the main container of ${deployment}, with its journal: ${printable(image)}${restarts > 1 ? ', its own again the next time, and so on' : ''}; put back and proved at the end, which after an odd number of times rolls the pods once more when the load is over`,
  rollback: (deployment, { image, undo = 'half-way' }) =>
    `${image === undefined ? 'the restart annotation' : `image ${printable(image)} of the main container`} of ${deployment}, with its journal, and ${undo === 'completed' ? 'when that is rolled out' : 'half way'} the template of before again, proved`,
}

const describeWrites = (scenario: Scenario): string => {
  const writes = WRITES_OF[scenario.rollout.choreography ?? 'restart']
  if (writes === undefined) return describeRestarts(scenario)
  const variants =
    scenario.study === undefined
      ? ''
      : ', and around each block the fields of its variant, which are put back and proved'
  return `${writes(scenario.deployment?.name ?? 'the Deployment', scenario.rollout)}${variants}; nothing else`
}

const describeRestarts = ({ rollout, deployment, study }: Scenario): string =>
  `the restart annotation (kubectl.kubernetes.io/restartedAt) of the pod template of ${deployment?.name ?? 'the Deployment'}, ` +
  `${rollout.restarts === 1 ? 'once' : `${rollout.restarts} times`}, as kubectl rollout restart does; ${
    study === undefined
      ? 'nothing else'
      : 'around each block the fields of its variant, which are put back and proved after it; nothing else'
  }`

const loadLength = (load: LoadPlan): string => {
  const planned = plannedRequests(load, load.durationMs)
  const sum = planned === null ? '' : `, ≈ ${count(planned)} requests`
  if (load.durationMs === null) return `until ${count(load.requests ?? 0)} requests are sent`
  return `${time(load.durationMs)}${load.requests === null ? sum : `, or until ${count(load.requests)} requests are sent`}`
}

const runLength = (scenario: Scenario): string => {
  const { load, rollout } = scenario
  const leastMs = rollout.baselineMs + rollout.restarts * rollout.settleMs + rollout.recoveryMs
  const lengthMs = Math.max(load.durationMs ?? 0, leastMs)
  const planned = plannedRequests(load, lengthMs)
  const least =
    load.durationMs !== null && load.durationMs >= leastMs
      ? time(lengthMs)
      : `${time(lengthMs)} and the time of the rollouts`
  const limit =
    load.requests === null
      ? ''
      : `; the load ends after ${count(load.requests)} requests, even if a rollout is still going on`
  return `at least ${least}${planned === null ? '' : `, at least ≈ ${count(planned)} requests`}${limit}`
}

const failsWhen = ({ thresholds, acceptUnproven }: Scenario): string => {
  const texts = thresholds.map(({ text }) => printable(text, 120)).join('; ')
  const accepted = acceptUnproven.length === 0 ? '' : `; ${acceptUnproven.join(', ')} need not be proven`
  return `Passes if  ${texts}${accepted}`
}

const replicasOf = ({ lab }: Scenario, context: DescribeContext): number | null =>
  context.replicas ?? (context.lab ? (lab?.replicas ?? null) : null)

const describeDetection = (scenario: Scenario, context: DescribeContext): string[] => {
  const { study, rollout } = scenario
  const lines = context.detects?.({
    replicas: replicasOf(scenario, context),
    restarts: rollout.restarts * (study?.blocks ?? 1),
    pairs: Math.max(0, (study?.variants.length ?? 1) - 1),
  })
  return (lines ?? []).map((line, i) => `${i === 0 ? 'Detects' : '       '}    ${line}`)
}

const describeAlb = ({ alb }: LabPlan): readonly string[] => [
  `${alb.targetType} targets`,
  alb.readinessGate ? 'readiness gate' : 'no readiness gate',
  `deregistration delay ${time(alb.deregistrationDelaySeconds * alb.timeScale * 1000)}`,
  ...(alb.timeScale === 1 ? [] : [`AWS times × ${alb.timeScale}`]),
]

const describeLab = (lab: LabPlan): string => {
  const { app } = lab
  const hook = lab.preStop === 'none' ? 'no preStop' : `preStop ${lab.preStop} ${lab.preStopSeconds}s`
  const path = lab[lab.path]
  const scale = lab.path === 'alb' ? lab.alb.timeScale : 1
  return [
    `${lab.replicas} pods`,
    ...(lab.autoscaler === undefined
      ? []
      : [`an autoscaler (${lab.autoscaler.minReplicas} to ${lab.autoscaler.maxReplicas})`]),
    `maxSurge ${lab.maxSurge}, maxUnavailable ${lab.maxUnavailable}`,
    lab.readinessProbe ? 'readiness probe' : 'no readiness probe',
    `${hook}, grace ${lab.gracePeriodSeconds}s`,
    app.command === null
      ? `app listens after ${time(app.startupMs)}, ${app.onSigterm} on SIGTERM${app.onSigterm === 'graceful' && app.drainClose ? ' with Connection: close' : ''}`
      : 'your own app',
    `${lab.path} path, ${time(path.propagationMs * scale)} behind the endpoints`,
    ...(lab.path === 'alb' ? describeAlb(lab) : []),
    ...(lab.inject.length === 0 ? [] : [`injects ${lab.inject.join(', ')}`]),
  ].join(', ')
}
