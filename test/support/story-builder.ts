import { epochMs, runMs } from '../../src/kernel/units.ts'
import type { PodRef, PodSettings, PreStop } from '../../src/model/cluster.ts'
import type { ClusterClaim, EventDraft, RunEvent } from '../../src/model/events.ts'
import type { AnsweredBy, FailureKind, FailurePhase } from '../../src/model/outcome.ts'
import type { Phase } from '../../src/model/phase.ts'
import { COLUMN_NAMES } from '../../src/model/request-columns.ts'
import type { RunInfo } from '../../src/model/run-info.ts'
import type { Scenario } from '../../src/model/scenario.ts'
import type { Expected, Row, StoryEnd } from './story.ts'

/** Unix ms at run start: not at a full second, so that stamps of the cluster have their true grain. */
const ORIGIN = 1_795_298_000_241

export interface PodPlan {
  readonly preStop?: number | 'unknown'
  readonly grace?: number
  readonly probe?: boolean
  readonly shell?: boolean
  readonly gates?: readonly string[]
}

export interface Ending {
  /** Termination start, ms. */
  readonly at: number
  readonly exit?: number | null
  readonly code?: number
  readonly reason?: string
  readonly gone?: number | null
  /** When the slice says terminating. */
  readonly unrouted?: number
}

export interface FailPlan {
  readonly at: number
  /** How long until it failed, ms. */
  readonly took?: number
  readonly pod?: string | null
  readonly reused?: number
  readonly idle?: number
  readonly address?: string | null
  readonly status?: number
  readonly layer?: AnsweredBy | null
  readonly template?: string
  readonly twin?: 'ok' | FailureKind
  readonly port?: number
  readonly vu?: number
  readonly worker?: number
  readonly code?: string
  readonly connection?: number
  readonly firstByte?: boolean
}

const PHASE_OF: Readonly<Record<FailureKind, FailurePhase>> = {
  dns: 'connecting',
  'connect-refused': 'connecting',
  'connect-timeout': 'connecting',
  'connect-unreachable': 'connecting',
  tls: 'connecting',
  reset: 'written',
  closed: 'written',
  timeout: 'written',
  truncated: 'answering',
  protocol: 'answering',
  status: 'complete',
  check: 'complete',
  client: 'own',
}

const settingsOf = ({
  preStop = 0,
  grace = 30,
  probe = true,
  shell = false,
  gates = [],
}: PodPlan): PodSettings => {
  const hook: PreStop =
    preStop === 'unknown'
      ? { kind: 'exec', command: ['/drain'], seconds: null }
      : preStop === 0
        ? { kind: 'none' }
        : { kind: 'sleep', seconds: preStop }
  return {
    gracePeriodSeconds: grace,
    preStop: hook,
    hasReadinessProbe: probe,
    hasStartupProbe: false,
    hasLivenessProbe: false,
    shellIsPid1: shell,
    readinessGates: gates,
  }
}

const scenarioOf = (more: Partial<Scenario>): Scenario => ({
  name: 'story',
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
    vus: 20,
    paceMs: 1000,
    thinkMs: 0,
    durationMs: null,
    requests: null,
    connections: { kind: 'mixed', freshRatio: 0.5 },
    timeoutMs: 10_000,
    idleTimeoutMs: 60_000,
    rampUpMs: 0,
  },
  requests: ['GET', 'POST'].map((method) => ({
    name: method === 'GET' ? 'home' : 'order',
    weight: 1,
    method,
    path: '/',
    headers: {},
    body: null,
    expect: { status: [], bodyContains: null, bodySha256: null },
    timeoutMs: null,
  })),
  rollout: { restarts: 1, baselineMs: 10_000, settleMs: 3000, recoveryMs: 2000, timeoutMs: 600_000 },
  probes: { freshPerSec: 10, reusedPerSec: 5, controlPerSec: 2, twinPerSec: 20 },
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
  ...more,
})

/** Writes down a made-up run as its bundle would hold it: facts, rows, run.json, and what the correlator is to say. */
export class StoryBuilder {
  readonly title: string
  readonly endMs: number
  private readonly drafts: { readonly atMs: number; readonly order: number; readonly draft: EventDraft }[] =
    []
  private readonly rows: Row[] = []
  private readonly expected: Expected[] = []
  private readonly refs = new Map<string, { ref: PodRef; ip: string; settings: PodSettings }>()
  private scenario: Scenario
  private readonly command: 'run' | 'load'
  private lastId = 0
  private lastConnection = 1000
  private rolloutAt: number | null = null

  constructor(
    title: string,
    options: { endMs?: number; scenario?: Partial<Scenario>; command?: 'run' | 'load' } = {},
  ) {
    this.title = title
    this.endMs = options.endMs ?? 30_000
    this.command = options.command ?? 'run'
    this.scenario = scenarioOf({
      ...(this.command === 'load' ? { deployment: null } : {}),
      ...options.scenario,
    })
    this.fact(0, { type: 'run.started', runId: 'story', schemaVersion: 1 })
    this.fact(1, { type: 'engine.self-tested', found: 24, of: 24, missed: [] })
    if (this.command === 'load') {
      this.fact(2, { type: 'phase.entered', phase: 'steady', rollout: null })
      return
    }
    this.fact(2, { type: 'clock.offset', offsetMs: 0, uncertaintyMs: 10 })
    for (const resource of ['deployments', 'replicasets', 'pods', 'endpointslices'])
      this.fact(3, { type: 'watch.opened', resource, resourceVersion: '1' })
    this.fact(5, { type: 'phase.entered', phase: 'baseline', rollout: null })
  }

  /** A fact, received at `atMs`. */
  fact(atMs: number, draft: EventDraft): this {
    this.drafts.push({ atMs, order: this.drafts.length, draft })
    return this
  }

  /** What a stamp of the cluster says of a moment: its whole second. */
  claim(atMs: number): ClusterClaim {
    const second = Math.floor((ORIGIN + atMs) / 1000) * 1000
    return { earliestAtMs: epochMs(second), latestAtMs: epochMs(second + 1000) }
  }

  ref(name: string): PodRef {
    return this.known(name).ref
  }

  ip(name: string): string {
    return this.known(name).ip
  }

  private known(name: string): { ref: PodRef; ip: string; settings: PodSettings } {
    const pod = this.refs.get(name)
    if (pod === undefined) throw new Error(`no pod ${name} in the story`)
    return pod
  }

  /** A pod that is Ready at `readyAt` (before the run: 0), with its slice entry 20 ms later. */
  pod(name: string, readyAt = 0, plan: PodPlan = {}): this {
    const n = this.refs.size + 1
    const settings = settingsOf(plan)
    const pod = { ref: { namespace: 'shop', name, uid: `uid-${name}` }, ip: `10.244.1.${n}`, settings }
    this.refs.set(name, pod)
    const created = readyAt === 0 ? -60_000 : readyAt - 2000
    const seen = (ms: number): number => (readyAt === 0 ? 4 : ms)
    this.fact(seen(created + 30), {
      type: 'pod.created',
      pod: pod.ref,
      replicaSet: `web-${readyAt === 0 ? 1 : 2}`,
      revision: readyAt === 0 ? 1 : 2,
      settings,
      cluster: this.claim(created),
    })
    const started = {
      type: 'pod.started',
      pod: pod.ref,
      ip: pod.ip,
      cluster: this.claim(created + 800),
    } as const
    this.fact(seen(created + 1000), started)
    this.fact(seen(readyAt + 30), {
      type: 'pod.ready',
      pod: pod.ref,
      cluster: this.claim(readyAt === 0 ? created + 2000 : readyAt),
    })
    this.endpoint('endpoint.added', name, seen(readyAt + 50), {
      ready: true,
      serving: true,
      terminating: false,
    })
    return this
  }

  private endpoint(
    type: 'endpoint.added' | 'endpoint.terminating' | 'endpoint.not-ready' | 'endpoint.removed',
    name: string,
    atMs: number,
    state: { ready: boolean; serving: boolean; terminating: boolean },
  ): void {
    const { ref, ip } = this.known(name)
    this.fact(atMs, { type, slice: 'web-abc', service: 'web', address: ip, pod: ref, ...state })
  }

  /** The pod ends: deletion, slice, exit and removal, each learned of as a real watch does. */
  ends(
    name: string,
    { at, exit = at + 300, code = 143, reason = 'Error', gone, unrouted = at + 60 }: Ending,
  ): this {
    const { ref, settings } = this.known(name)
    const grace = settings.gracePeriodSeconds
    this.fact(at + 50, {
      type: 'pod.terminating',
      pod: ref,
      gracePeriodSeconds: grace,
      cluster: this.claim(at),
    })
    this.endpoint('endpoint.terminating', name, unrouted, { ready: false, serving: true, terminating: true })
    if (exit !== null) {
      const exited = { type: 'pod.container-exited', pod: ref, container: 'app', exitCode: code } as const
      this.fact(exit + 200, { ...exited, reason, cluster: this.claim(exit) })
      this.endpoint('endpoint.removed', name, Math.max(exit + 250, unrouted + 1), {
        ready: false,
        serving: false,
        terminating: true,
      })
    }
    const goneAt = gone === undefined ? (exit ?? at) + 700 : gone
    if (goneAt !== null) this.fact(goneAt, { type: 'pod.deleted', pod: ref, cluster: null })
    return this
  }

  /** The restart's facts: asked for at `at`, done and gone at the times given. */
  rollout(at: number, old: readonly string[], done: number, gone: number): this {
    this.rolloutAt = at
    this.fact(at, { type: 'phase.entered', phase: 'rollout', rollout: 1 })
    this.fact(at, { type: 'rollout.requested', index: 1 })
    const oldPods = old.map((name) => this.ref(name))
    this.fact(at + 15, { type: 'rollout.acknowledged', index: 1, generation: 2, oldPods })
    this.fact(done, { type: 'rollout.completed', index: 1, newReplicaSet: 'web-2' })
    this.fact(gone, { type: 'rollout.old-pods-gone', index: 1 })
    this.fact(gone, { type: 'phase.entered', phase: 'settle', rollout: 1 })
    this.fact(gone + 3000, { type: 'phase.entered', phase: 'recovery', rollout: null })
    return this
  }

  private phaseAt(atMs: number): { phase: Phase; rollout: number | null } {
    if (this.command === 'load') return { phase: 'steady', rollout: null }
    if (this.rolloutAt === null || atMs < this.rolloutAt) return { phase: 'baseline', rollout: null }
    return { phase: 'rollout', rollout: 1 }
  }

  private row(id: number, at: number, took: number, more: Row): void {
    const { phase, rollout } = this.phaseAt(at)
    const us = (ms: number): number => Math.round(ms * 1000)
    this.rows.push({
      requestId: id,
      source: 'vuser',
      vu: id % 20,
      worker: 0,
      phase,
      rollout,
      template: 'home',
      intendedUs: us(at),
      startUs: us(at),
      endUs: us(at + took),
      outcome: 'ok',
      connectionId: id,
      requestsOnConnection: 0,
      ...more,
    })
  }

  /** One good answer. */
  ok(
    at: number,
    pod: string | null,
    more: {
      took?: number
      reused?: number
      idle?: number
      port?: number
      source?: string
      template?: string
      address?: string
      connection?: number
    } = {},
  ): this {
    const {
      took = 20,
      reused = 0,
      idle = reused > 0 ? 950 : undefined,
      port,
      source = 'vuser',
      template = 'home',
    } = more
    const id = ++this.lastId
    this.row(id, at, took, {
      source,
      template,
      writtenUs: Math.round((at + 0.5) * 1000),
      connectedUs: reused > 0 ? Math.round((at - 500) * 1000) : Math.round((at + 0.3) * 1000),
      firstByteUs: Math.round((at + took - 0.1) * 1000),
      status: 200,
      bytes: 100,
      connectionId: more.connection ?? id,
      requestsOnConnection: reused,
      idleUs: idle === undefined ? null : idle * 1000,
      localPort: port ?? 40_000 + (id % 20_000),
      remoteAddress: more.address ?? '10.96.50.80',
      pod,
    })
    return this
  }

  /**
   * Good answers every `every` ms, fresh ones and used ones in turn, from the pods that serve then, in turn. With
   * `mixed`, one connection is answered by all of them, as behind a proxy.
   */
  traffic(
    from: number,
    to: number,
    every: number,
    pods: readonly string[],
    more: {
      mixed?: boolean
      direct?: boolean
      template?: string
      anonymous?: boolean
      took?: number
      fresh?: boolean
    } = {},
  ): this {
    let i = 0
    for (let at = from; at < to; at += every) {
      const pod = pods[i % pods.length] ?? ''
      const reused = more.fresh === true || i % 4 < 2 ? 0 : 3
      this.ok(at, more.anonymous === true ? null : pod, {
        took: (more.took ?? 20) + (i % 7),
        reused,
        ...(reused > 0 && more.mixed === true
          ? { connection: 7 }
          : reused > 0
            ? { connection: 100 + [...this.refs.keys()].indexOf(pod) }
            : {}),
        ...(more.direct === true ? { address: this.ip(pod) } : {}),
        ...(more.template === undefined ? {} : { template: more.template }),
      })
      i++
    }
    return this
  }

  /** One failed request and what is to be said of it. */
  fail(kind: FailureKind, plan: FailPlan, expected: Omit<Expected, 'requestId'>): this {
    const { at, took = 1, pod = null, reused = 0, layer = null, template = 'home', worker = 0 } = plan
    const id = ++this.lastId
    const connecting = PHASE_OF[kind] === 'connecting'
    const status = plan.status ?? (kind === 'truncated' ? 200 : null)
    const answered =
      plan.firstByte ?? (kind === 'truncated' || kind === 'status' || kind === 'check' || kind === 'protocol')
    const address = plan.address === undefined ? '10.96.50.80' : plan.address
    const idle = plan.idle ?? (reused > 0 ? 950 : null)
    const port = plan.port ?? 40_000 + (id % 20_000)
    const connection = plan.connection ?? ++this.lastConnection
    const vu = plan.vu ?? id % 20
    const written = connecting ? null : at + 0.5
    const connected = connecting ? null : reused > 0 ? at - 500 : at + 0.3
    const firstByte = answered ? at + took * 0.8 : null
    const us = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 1000))
    this.row(id, at, took, {
      vu,
      worker,
      template,
      writtenUs: us(written),
      connectedUs: us(connected),
      firstByteUs: us(firstByte),
      outcome: 'failed',
      kind,
      status,
      connectionId: connection,
      requestsOnConnection: reused,
      idleUs: us(idle),
      localPort: port,
      remoteAddress: address,
      pod,
      layer,
    })
    const run = (ms: number | null) => (ms === null ? null : runMs(ms))
    this.fact(at + took + 0.01, {
      type: 'request.failed',
      failure: {
        kind,
        phase: PHASE_OF[kind],
        code: plan.code ?? null,
        syscall: null,
        message: kind,
        status,
        layer,
        bytesSeen: kind === 'truncated' ? 40 : 0,
      },
      requestId: id,
      source: 'vuser',
      vu,
      worker,
      template,
      method: template === 'order' ? 'POST' : 'GET',
      path: '/',
      ...this.phaseAt(at),
      intendedAtMs: runMs(at),
      startedAtMs: runMs(at),
      writtenAtMs: run(written),
      connectedAtMs: run(connected),
      firstByteAtMs: run(firstByte),
      endedAtMs: runMs(at + took),
      connectionId: connection,
      requestsOnConnection: reused,
      idleMs: idle,
      localPort: port,
      remoteAddress: address,
      pod,
    })
    if (plan.twin !== undefined)
      this.fact(at + took + 5, {
        type: 'twin.finished',
        requestId: id,
        outcome: plan.twin === 'ok' ? 'ok' : 'failed',
        kind: plan.twin === 'ok' ? null : plan.twin,
        startedAtMs: runMs(at + took + 1),
        endedAtMs: runMs(at + took + 4),
        remoteAddress: address,
        pod: null,
      })
    this.expected.push({ requestId: id, ...expected })
    return this
  }

  /** Probes of one kind, all good, and control requests. */
  controls(every = 500): this {
    for (let at = 100; at < this.endMs - 100; at += every)
      this.ok(at, null, { source: 'control', took: 1, template: 'loopback' })
    return this
  }

  finish(): { info: RunInfo; events: RunEvent[]; rows: Row[]; end: StoryEnd } {
    if (this.command === 'run')
      for (const resource of ['deployments', 'replicasets', 'pods', 'endpointslices'])
        this.fact(this.endMs - 10, {
          type: 'watch.audited',
          resource,
          resourceVersion: '9',
          final: true,
          agrees: true,
          detail: null,
        })
    this.fact(this.endMs, { type: 'phase.entered', phase: 'end', rollout: null })
    const mine = this.rows.filter(({ source }) => source === 'vuser')
    const count = (outcome: string): number => mine.filter((row) => row.outcome === outcome).length
    this.fact(this.endMs, {
      type: 'run.ended',
      reason: 'completed',
      detail: null,
      counts: {
        planned: mine.length,
        started: mine.length,
        ok: count('ok'),
        failed: count('failed'),
        cut: 0,
        dropped: 0,
        late: 0,
      },
      rows: this.rows.length,
    })
    const events = this.drafts
      .toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)
      .map(({ atMs, draft }, i): RunEvent => ({ seq: i + 1, atMs: runMs(atMs), ...draft }))
    const first = [...this.refs.values()][0]
    const info: RunInfo = {
      schemaVersion: 1,
      runId: 'story',
      command: this.command,
      name: 'story',
      versions: { rollproof: '0.1.0', node: 'v24', undici: '8', os: 'linux' },
      startedAt: { monotonicUs: 1_000_000, epochMs: epochMs(ORIGIN) },
      workers: 1,
      scenario: this.scenario,
      cluster:
        this.command === 'load' || first === undefined
          ? null
          : {
              server: 'https://10.250.0.1:6443',
              context: 'kind-story',
              serverVersion: 'v1.34.4',
              services: ['web'],
              deployment: {
                namespace: 'shop',
                name: 'web',
                uid: 'uid-web',
                resourceVersion: '1',
                generation: 1,
                observedGeneration: 1,
                replicas: 2,
                paused: false,
                maxSurge: 1,
                maxUnavailable: 0,
                minReadySeconds: 0,
                progressDeadlineSeconds: 600,
                selector: { app: 'web' },
                templateAnnotations: {},
                settings: first.settings,
                status: {
                  replicas: 2,
                  updatedReplicas: 2,
                  readyReplicas: 2,
                  availableReplicas: 2,
                  unavailableReplicas: 0,
                },
                revision: 1,
                progressing: null,
                replicaFailure: null,
              },
            },
      target: { addresses: ['10.96.50.80'], answeredBy: null },
    }
    return { info, events, rows: this.rows, end: { title: this.title, findings: this.expected } }
  }
}

/** Rows as CSV, with the columns that any row uses. */
export const csvOf = (rows: readonly Row[]): string => {
  const used = COLUMN_NAMES.filter((name) => rows.some((row) => (row[name] ?? null) !== null))
  const line = (row: Row): string => used.map((name) => row[name] ?? '').join(',')
  return `${used.join(',')}\n${rows.map((row) => `${line(row)}\n`).join('')}`
}
