import type { CorrelatorInput } from '../../src/correlator/input.ts'
import { type Random, seededRandom } from '../../src/kernel/random.ts'
import { type EpochMs, epochMs, type RunMs, runMs } from '../../src/kernel/units.ts'
import type { PodRef, PodSettings, WorkloadSnapshot } from '../../src/model/cluster.ts'
import type { ClusterClaim, EventDraft, RunEvent } from '../../src/model/events.ts'
import { FAILURE_KINDS, type FailureKind, OUTCOMES, SOURCES } from '../../src/model/outcome.ts'
import { PHASES, type Phase } from '../../src/model/phase.ts'
import { allocateColumns } from '../../src/model/request-columns.ts'
import type { RunInfo } from '../../src/model/run-info.ts'
import type { Scenario } from '../../src/model/scenario.ts'

/** A made-up run of any size: what a bundle would hold, without the files. */
export interface BigPlan {
  readonly requests: number
  readonly replicas: number
  readonly rollouts: number
  readonly durationMs: number
  /** Requests that fail at each termination; 0 = a clean run. */
  readonly failuresPerEnd: number
  readonly vus?: number
  /** A load balancer's target health is told too. */
  readonly targets?: boolean
}

/** Not at a full second, so that stamps of the cluster have their true grain. */
const ORIGIN = epochMs(1_795_298_000_241)
const BASELINE_MS = 10_000
const RECOVERY_MS = 5000
const START_MS = 2500
const GRACE_S = 30

interface Pod {
  readonly ref: PodRef
  readonly ip: string
  readonly revision: number
  readonly readyMs: number
  /** `Infinity` = stays. */
  readonly endsMs: number
}

const claim = (atMs: number): ClusterClaim => {
  const second = Math.floor((ORIGIN + atMs) / 1000) * 1000
  return { earliestAtMs: epochMs(second), latestAtMs: epochMs(second + 1000) }
}

const podsOf = (plan: BigPlan, random: Random): Pod[] => {
  const every = (plan.durationMs - BASELINE_MS - RECOVERY_MS) / Math.max(1, plan.rollouts)
  const asked = (rollout: number): number => BASELINE_MS + (rollout - 1) * every
  const pace = Math.min(3000, (every * 0.6) / plan.replicas)
  const letters = 'bcdfghjklmnpqrstvwxz2456789'
  const word = (n: number): string =>
    Array.from({ length: n }, () => letters[random.below(letters.length)]).join('')
  const pods: Pod[] = []
  for (let revision = 1; revision <= plan.rollouts + 1; revision++) {
    const hash = word(9)
    for (let k = 0; k < plan.replicas; k++) {
      const n = pods.length
      pods.push({
        ref: { namespace: 'shop', name: `web-${hash}-${word(5)}`, uid: `uid-${n}` },
        ip: `10.244.${1 + Math.floor(n / 250)}.${1 + (n % 250)}`,
        revision,
        readyMs: revision === 1 ? -60_000 : asked(revision - 1) + START_MS + k * pace,
        endsMs:
          revision <= plan.rollouts ? asked(revision) + START_MS + 300 + k * pace : Number.POSITIVE_INFINITY,
      })
    }
  }
  return pods
}

const SETTINGS: PodSettings = {
  gracePeriodSeconds: GRACE_S,
  preStop: { kind: 'none' },
  hasReadinessProbe: true,
  hasStartupProbe: false,
  hasLivenessProbe: false,
  shellIsPid1: false,
  readinessGates: [],
}

const TEMPLATES = [
  { name: 'home', method: 'GET', path: '/' },
  { name: 'item', method: 'GET', path: '/items/7' },
  { name: 'order', method: 'POST', path: '/orders' },
]

const scenarioOf = (plan: BigPlan, vus: number): Scenario => ({
  name: `big ${plan.requests}`,
  target: {
    url: 'http://web.shop/',
    podHeader: 'X-Pod',
    control: null,
    resolver: null,
    requestIdHeader: 'X-Request-Id',
    insecure: false,
  },
  deployment: { namespace: 'shop', name: 'web' },
  load: {
    model: 'closed',
    vus,
    paceMs: (vus * plan.durationMs) / plan.requests,
    thinkMs: 0,
    durationMs: plan.durationMs,
    requests: null,
    connections: { kind: 'keep-alive' },
    timeoutMs: 10_000,
    idleTimeoutMs: 60_000,
    rampUpMs: 0,
  },
  requests: TEMPLATES.map((one) => ({
    ...one,
    weight: 1,
    headers: {},
    body: null,
    expect: { status: [], bodyContains: null, bodySha256: null },
    timeoutMs: null,
  })),
  rollout: {
    restarts: plan.rollouts,
    baselineMs: BASELINE_MS,
    settleMs: 5000,
    recoveryMs: RECOVERY_MS,
    timeoutMs: 600_000,
  },
  probes: { freshPerSec: 0, reusedPerSec: 0, controlPerSec: 0, twinPerSec: 20 },
  limits: { scheduleLagMs: 20, stallMs: 100, lateArrivals: 0 },
  thresholds: [
    {
      text: 'failures: count==0',
      metric: 'failures',
      tags: {},
      aggregation: 'count',
      operator: '==',
      value: 0,
    },
  ],
  acceptUnproven: [],
  seed: 1,
  lab: null,
})

const workload = (plan: BigPlan): WorkloadSnapshot => ({
  namespace: 'shop',
  name: 'web',
  uid: 'uid-web',
  resourceVersion: '1',
  generation: 1,
  observedGeneration: 1,
  replicas: plan.replicas,
  paused: false,
  maxSurge: 1,
  maxUnavailable: 0,
  minReadySeconds: 0,
  progressDeadlineSeconds: 600,
  selector: { app: 'web' },
  templateAnnotations: {},
  settings: SETTINGS,
  status: {
    replicas: plan.replicas,
    updatedReplicas: plan.replicas,
    readyReplicas: plan.replicas,
    availableReplicas: plan.replicas,
    unavailableReplicas: 0,
  },
  revision: 1,
  progressing: null,
  replicaFailure: null,
})

/** How the requests of an ending pod fail, in turn. */
const WAYS: readonly { readonly kind: FailureKind; readonly tookMs: number; readonly code: string }[] = [
  { kind: 'connect-refused', tookMs: 0.6, code: 'ECONNREFUSED' },
  { kind: 'reset', tookMs: 9, code: 'ECONNRESET' },
  { kind: 'connect-refused', tookMs: 0.7, code: 'ECONNREFUSED' },
  { kind: 'closed', tookMs: 4, code: 'UND_ERR_SOCKET' },
  { kind: 'connect-timeout', tookMs: 3000, code: 'UND_ERR_CONNECT_TIMEOUT' },
]

/** The facts of the pods' lives and of the rollouts, and what the requests do; same plan, same run. */
export const bigRun = (plan: BigPlan): CorrelatorInput => {
  const random = seededRandom(20)
  const vus = plan.vus ?? 300
  const pods = podsOf(plan, random.fork('pods'))
  const drafts: { readonly atMs: number; readonly draft: EventDraft }[] = []
  const fact = (atMs: number, draft: EventDraft): unknown => drafts.push({ atMs: Math.max(0, atMs), draft })

  fact(0, { type: 'run.started', runId: 'big', schemaVersion: 1 })
  fact(1, { type: 'engine.self-tested', found: 24, of: 24, missed: [] })
  fact(2, { type: 'clock.offset', offsetMs: 0, uncertaintyMs: 10 })
  for (const resource of ['deployments', 'replicasets', 'pods', 'endpointslices'])
    fact(3, { type: 'watch.opened', resource, resourceVersion: '1' })
  const phases: { readonly fromMs: number; readonly phase: Phase; readonly rollout: number | null }[] = []
  const enter = (fromMs: number, phase: Phase, rollout: number | null): void => {
    phases.push({ fromMs, phase, rollout })
    fact(fromMs, { type: 'phase.entered', phase, rollout })
  }
  enter(5, 'baseline', null)
  for (let index = 1; index <= plan.rollouts; index++) {
    const old = pods.filter(({ revision }) => revision === index)
    const made = pods.filter(({ revision }) => revision === index + 1)
    const askedMs = Math.min(...made.map(({ readyMs }) => readyMs)) - START_MS
    const goneMs = Math.max(...old.map(({ endsMs }) => endsMs)) + 1300
    enter(askedMs, 'rollout', index)
    fact(askedMs, { type: 'rollout.requested', index })
    fact(askedMs + 15, {
      type: 'rollout.acknowledged',
      index,
      generation: index + 1,
      oldPods: old.map(({ ref }) => ref),
    })
    fact(goneMs - 900, { type: 'rollout.completed', index, newReplicaSet: `web-${index + 1}` })
    fact(goneMs, { type: 'rollout.old-pods-gone', index })
    enter(goneMs, 'settle', index)
  }
  enter(plan.durationMs - RECOVERY_MS, 'recovery', null)
  for (const pod of pods) {
    const { ref, ip, readyMs, endsMs } = pod
    const at = (ms: number): number => (readyMs < 0 ? 4 : ms)
    const createdMs = readyMs - 2000
    const endpoint = { slice: 'web-abc', service: 'web', address: ip, pod: ref }
    fact(at(createdMs + 30), {
      type: 'pod.created',
      pod: ref,
      replicaSet: ref.name.slice(0, 13),
      revision: pod.revision,
      settings: SETTINGS,
      cluster: claim(createdMs),
    })
    fact(at(createdMs + 60), {
      type: 'pod.scheduled',
      pod: ref,
      nodeName: `node${1 + (pod.revision % 2)}`,
      cluster: claim(createdMs),
    })
    fact(at(createdMs + 900), { type: 'pod.started', pod: ref, ip, cluster: claim(createdMs + 800) })
    fact(at(readyMs + 30), { type: 'pod.ready', pod: ref, cluster: claim(readyMs) })
    fact(at(readyMs + 50), {
      type: 'endpoint.added',
      ...endpoint,
      ready: true,
      serving: true,
      terminating: false,
    })
    if (plan.targets === true)
      fact(at(readyMs + 2000), { type: 'target.state', target: ip, pod: ref, state: 'healthy' })
    if (endsMs === Number.POSITIVE_INFINITY) continue
    fact(endsMs + 40, {
      type: 'pod.terminating',
      pod: ref,
      gracePeriodSeconds: GRACE_S,
      cluster: claim(endsMs),
    })
    fact(endsMs + 70, {
      type: 'endpoint.terminating',
      ...endpoint,
      ready: false,
      serving: true,
      terminating: true,
    })
    if (plan.targets === true)
      fact(endsMs + 900, { type: 'target.state', target: ip, pod: ref, state: 'draining' })
    fact(endsMs + 90, {
      type: 'event.seen',
      reason: 'Killing',
      message: 'Stopping container web',
      regarding: { kind: 'Pod', name: ref.name, uid: ref.uid },
      count: 1,
      cluster: claim(endsMs),
    })
    fact(endsMs + 450, {
      type: 'pod.container-exited',
      pod: ref,
      container: 'web',
      exitCode: 143,
      reason: 'Error',
      cluster: claim(endsMs + 250),
    })
    fact(endsMs + 500, {
      type: 'endpoint.removed',
      ...endpoint,
      ready: false,
      serving: false,
      terminating: true,
    })
    fact(endsMs + 1200, { type: 'pod.deleted', pod: ref, cluster: null })
  }

  const columns = allocateColumns(plan.requests)
  const strings = [
    '',
    ...TEMPLATES.map(({ name }) => name),
    ...pods.map(({ ref }) => ref.name),
    ...pods.map(({ ip }) => ip),
  ]
  const firstPod = 1 + TEMPLATES.length
  const gap = plan.durationMs / plan.requests
  const noise = random.fork('rows')
  const byReady = pods.map((_, i) => i).sort((a, b) => (pods[a]?.readyMs ?? 0) - (pods[b]?.readyMs ?? 0))
  const byEnd = byReady
    .filter((i) => pods[i]?.endsMs !== Number.POSITIVE_INFINITY)
    .sort((a, b) => (pods[a]?.endsMs ?? 0) - (pods[b]?.endsMs ?? 0))
  const active: number[] = []
  let due: { readonly pod: number; readonly untilMs: number; left: number }[] = []
  const connections = new Uint32Array(vus)
  const carried = new Uint32Array(vus)
  const homes = new Int32Array(vus).fill(-1)
  let lastConnection = 0
  let ready = 0
  let ended = 0
  let phase = 0
  let failed = 0
  for (let i = 0; i < plan.requests; i++) {
    const startMs = i * gap
    while (ready < byReady.length && (pods[byReady[ready] ?? 0]?.readyMs ?? 0) <= startMs)
      active.push(byReady[ready++] ?? 0)
    while (ended < byEnd.length && (pods[byEnd[ended] ?? 0]?.endsMs ?? 0) <= startMs) {
      const pod = byEnd[ended++] ?? 0
      active.splice(active.indexOf(pod), 1)
      if (plan.failuresPerEnd > 0) due.push({ pod, untilMs: startMs + 2500, left: plan.failuresPerEnd })
    }
    while (phase + 1 < phases.length && (phases[phase + 1]?.fromMs ?? 0) <= startMs) phase++
    const vu = i % vus
    const dying = due[i % Math.max(1, due.length)]
    const way =
      dying !== undefined && dying.left > 0 && noise.next() < 0.6 ? WAYS[failed % WAYS.length] : undefined
    if (homes[vu] === -1 || active.indexOf(homes[vu] ?? -1) < 0) {
      homes[vu] = active[noise.below(active.length)] ?? 0
      connections[vu] = ++lastConnection
      carried[vu] = 0
    }
    const pod = way === undefined ? (homes[vu] ?? 0) : (dying?.pod ?? 0)
    const age = startMs - (pods[pod]?.readyMs ?? 0)
    const cold = age >= 0 && age < 3000 ? 3 : 1
    const tookMs = way?.tookMs ?? Math.exp(noise.next() + noise.next() + noise.next() - 0.4) * 2 * cold
    const connecting = way?.kind.startsWith('connect') === true
    const fresh = connecting || carried[vu] === 0
    const us = startMs * 1000
    columns.requestId[i] = i + 1
    columns.source[i] = SOURCES.indexOf('vuser')
    columns.vu[i] = vu
    columns.phase[i] = PHASES.indexOf(phases[phase]?.phase ?? 'baseline')
    columns.rollout[i] = phases[phase]?.rollout ?? 0
    columns.template[i] = 1 + (i % 7 === 0 ? 2 : i % 2)
    columns.intendedUs[i] = us - noise.next() * 400
    columns.startUs[i] = us
    columns.writtenUs[i] = connecting ? -1 : us + 200
    columns.connectedUs[i] = connecting ? -1 : fresh ? us + 150 : us - 1_000_000
    columns.firstByteUs[i] = way === undefined ? us + tookMs * 900 : -1
    columns.endUs[i] = us + tookMs * 1000
    columns.outcome[i] = OUTCOMES.indexOf(way === undefined ? 'ok' : 'failed')
    columns.kind[i] = way === undefined ? 0 : FAILURE_KINDS.indexOf(way.kind) + 1
    columns.status[i] = way === undefined ? 200 : 0
    columns.bytes[i] = way === undefined ? 512 : 0
    columns.connectionId[i] = connecting ? ++lastConnection : (connections[vu] ?? 0)
    columns.requestsOnConnection[i] = fresh ? 0 : (carried[vu] ?? 0)
    columns.idleUs[i] = fresh ? -1 : 900_000
    columns.localPort[i] = 32_768 + (vu % 28_000)
    columns.remoteAddress[i] = firstPod + pods.length + pod
    columns.pod[i] = connecting ? 0 : firstPod + pod
    carried[vu] = (carried[vu] ?? 0) + 1
    if (way === undefined || dying === undefined) continue
    failed++
    dying.left--
    if (dying.left === 0 || startMs > dying.untilMs) due = due.filter((one) => one !== dying)
    homes[vu] = -1
    const template = TEMPLATES[(columns.template[i] ?? 1) - 1]
    const ms = (value: number | undefined): RunMs | null =>
      value === undefined || value < 0 ? null : runMs(value / 1000)
    const facts = {
      method: template?.method ?? 'GET',
      path: template?.path ?? '/',
      template: template?.name ?? '',
    }
    fact(startMs + tookMs, {
      type: 'request.failed',
      requestId: i + 1,
      source: 'vuser',
      vu,
      worker: 0,
      ...facts,
      phase: phases[phase]?.phase ?? 'baseline',
      rollout: phases[phase]?.rollout ?? null,
      intendedAtMs: runMs((columns.intendedUs[i] ?? 0) / 1000),
      startedAtMs: runMs(startMs),
      writtenAtMs: ms(columns.writtenUs[i]),
      connectedAtMs: ms(columns.connectedUs[i]),
      firstByteAtMs: null,
      endedAtMs: runMs(startMs + tookMs),
      connectionId: columns.connectionId[i] ?? 0,
      requestsOnConnection: columns.requestsOnConnection[i] ?? 0,
      idleMs: fresh ? null : 900,
      localPort: columns.localPort[i] ?? null,
      remoteAddress: pods[pod]?.ip ?? null,
      pod: connecting ? null : (pods[pod]?.ref.name ?? null),
      failure: {
        kind: way.kind,
        phase: connecting ? 'connecting' : 'written',
        code: way.code,
        syscall: connecting ? 'connect' : 'read',
        message: `${connecting ? 'connect' : 'read'} ${way.code} ${pods[pod]?.ip}:8080`,
        status: null,
        layer: null,
        bytesSeen: 0,
      },
    })
    if (failed % 3 === 0)
      fact(startMs + tookMs + 12, {
        type: 'twin.finished',
        requestId: i + 1,
        outcome: 'ok',
        kind: null,
        startedAtMs: runMs(startMs + tookMs),
        endedAtMs: runMs(startMs + tookMs + 9),
        remoteAddress: pods[homes[vu] ?? 0]?.ip ?? null,
        pod: null,
      })
  }
  fact(plan.durationMs, {
    type: 'run.ended',
    reason: 'completed',
    detail: null,
    counts: {
      planned: plan.requests,
      started: plan.requests,
      ok: plan.requests - failed,
      failed,
      cut: 0,
      dropped: 0,
      late: 0,
    },
    rows: plan.requests,
  })
  const events = drafts
    .map((one, order) => ({ ...one, order }))
    .sort((a, b) => a.atMs - b.atMs || a.order - b.order)
    .map(({ atMs, draft }, i): RunEvent => ({ seq: i + 1, atMs: runMs(atMs), ...draft }))
  return {
    info: infoOf(plan, vus, ORIGIN),
    events,
    columns: { ...columns, strings },
    torn: null,
    problems: [],
  }
}

const infoOf = (plan: BigPlan, vus: number, startedAt: EpochMs): RunInfo => ({
  schemaVersion: 1,
  runId: 'big',
  command: 'run',
  name: `big ${plan.requests}`,
  versions: { rollproof: '0', node: '24', undici: '8', os: 'linux' },
  startedAt: { monotonicUs: 0, epochMs: startedAt },
  workers: 1,
  scenario: scenarioOf(plan, vus),
  cluster: {
    server: 'https://127.0.0.1:6443',
    context: null,
    serverVersion: 'v1.34.4',
    deployment: workload(plan),
    services: ['web'],
  },
  target: { addresses: [], answeredBy: null },
})
