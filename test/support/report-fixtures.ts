import { type Random, seededRandom } from '../../src/kernel/random.ts'
import { type RunMs, runMs } from '../../src/kernel/units.ts'
import type {
  FailureVerdict,
  Finding,
  LatencySummary,
  PodReport,
  Reason,
  RolloutReport,
  RunReport,
  Windows,
} from '../../src/model/finding.ts'
import { madeUpPredictions } from './report-predictions.ts'

/** Plans of the made-up runs below: fixed figures, so that goldens stay the same on every machine. */
const BASELINE_MS = 10_000
const ROLLOUT_EVERY_MS = 58_000
const RATE_PER_SEC = 268

interface Plan {
  readonly rollouts: number
  readonly replicas: number
  /** Failures of each rollout by cause; empty = a clean run. */
  readonly bad: boolean
}

const at = (value: number): RunMs => runMs(Math.round(value * 10) / 10)

const podName = (revision: number, random: Random): string => {
  const letters = 'bcdfghjklmnpqrstvwxz2456789'
  const word = (length: number, source: Random): string =>
    Array.from({ length }, () => letters[source.below(letters.length)]).join('')
  return `web-${word(9, seededRandom(revision))}-${word(5, random)}`
}

const makePods = (plan: Plan, random: Random): PodReport[] => {
  const pods: PodReport[] = []
  for (let revision = 1; revision <= plan.rollouts + 1; revision++) {
    const askedMs = BASELINE_MS + (revision - 2) * ROLLOUT_EVERY_MS
    for (let replica = 0; replica < plan.replicas; replica++) {
      const createdMs = revision === 1 ? null : askedMs + 60 + replica * 3100
      const readyMs = createdMs === null ? null : createdMs + 2300 + random.below(700)
      const ends = revision <= plan.rollouts
      const terminatingMs = ends
        ? askedMs + ROLLOUT_EVERY_MS + 2900 + replica * 3100 + random.below(200)
        : null
      const preStopMs = plan.bad ? 0 : 5000
      const sigtermMs = terminatingMs === null ? null : terminatingMs + preStopMs
      const exitedMs = sigtermMs === null ? null : sigtermMs + (plan.bad ? 150 : 620) + random.below(90)
      const goneMs = exitedMs === null ? null : exitedMs + 700 + random.below(500)
      pods.push({
        name: podName(revision, random),
        uid: `00000000-0000-4000-8000-${String(revision * 100 + replica).padStart(12, '0')}`,
        revision,
        node: `node${1 + (replica % 2)}`,
        createdAtMs: createdMs === null ? null : at(createdMs),
        readyAtMs: readyMs === null ? null : at(readyMs),
        terminatingAtMs: terminatingMs === null ? null : at(terminatingMs),
        sigtermAtMs: sigtermMs === null ? null : at(sigtermMs),
        exitedAtMs: exitedMs === null ? null : at(exitedMs),
        exitCode:
          exitedMs === null ? null : plan.bad && replica === 3 && revision === 2 ? 137 : plan.bad ? 143 : 0,
        goneAtMs: goneMs === null ? null : at(goneMs),
        lastNewConnectionAtMs:
          terminatingMs === null ? null : at(terminatingMs + (plan.bad ? 90 : 840 + random.below(500))),
        lastRequestAtMs:
          terminatingMs === null ? null : at(terminatingMs + (plan.bad ? 140 : 4600 + random.below(380))),
        failed: 0,
      })
    }
  }
  return pods
}

const FAILURE_SHAPES = [
  {
    cause: 'A1',
    kind: 'connect-refused',
    message: 'connect ECONNREFUSED 127.41.0.7:8080',
    n: 6,
    fromMs: 20,
    spanMs: 1150,
    reused: 0,
    twin: 'ok',
    status: null,
  },
  {
    cause: 'A16',
    kind: 'reset',
    message: 'read ECONNRESET',
    n: 3,
    fromMs: 120,
    spanMs: 60,
    reused: 14,
    twin: 'connect-refused',
    status: null,
  },
  {
    cause: 'A1',
    kind: 'connect-timeout',
    message: 'connect timed out after 10 s',
    n: 1,
    fromMs: 1500,
    spanMs: 900,
    reused: 0,
    twin: 'connect-timeout',
    status: null,
  },
] as const

const base = { ruledOut: [], candidates: [], separator: null, mechanism: null } as const

const makeFailures = (plan: Plan, pods: readonly PodReport[], random: Random): FailureVerdict[] => {
  if (!plan.bad) return []
  const failures: FailureVerdict[] = []
  const add = (
    startMs: number,
    lengthMs: number,
    rest: Partial<FailureVerdict> & Pick<FailureVerdict, 'kind' | 'cause' | 'message'>,
  ): void => {
    const post = random.below(8) === 0
    failures.push({
      requestId: 0,
      confidence: 'high',
      startedAtMs: at(startMs),
      endedAtMs: at(startMs + lengthMs),
      pod: null,
      rollout: Math.floor((startMs - BASELINE_MS) / ROLLOUT_EVERY_MS) + 1,
      vu: random.below(300),
      method: post ? 'POST' : 'GET',
      path: post ? '/orders' : '/',
      template: post ? 'order' : 'home',
      status: null,
      requestsOnConnection: 0,
      localPort: 32768 + random.below(28000),
      remoteAddress: '127.41.0.7:8080',
      twin: null,
      evidence: [40 + random.below(900), 1000 + random.below(900)],
      ...base,
      ...rest,
    })
  }
  for (const pod of pods) {
    if (pod.terminatingAtMs === null) continue
    for (const shape of FAILURE_SHAPES)
      for (let i = 0; i < shape.n; i++)
        add(
          pod.terminatingAtMs + shape.fromMs + random.next() * shape.spanMs,
          shape.kind === 'connect-timeout' ? 10_000 : 1 + random.next() * 3,
          {
            kind: shape.kind,
            cause: shape.cause,
            mechanism: shape.kind === 'connect-timeout' ? 'B9' : null,
            message: shape.message,
            pod: pod.name,
            requestsOnConnection: shape.reused === 0 ? 0 : 1 + random.below(shape.reused),
            twin: shape.twin,
            ruledOut: [
              {
                cause: 'B1',
                because: 'the failures end 1.2 s after the termination began, within one proxy sync',
              },
            ],
          },
        )
  }
  for (const pod of pods.filter(({ readyAtMs, revision }) => readyAtMs !== null && revision === 3))
    for (let i = 0; i < 4; i++)
      add((pod.readyAtMs ?? 0) + random.next() * 900, 1.2, {
        kind: 'connect-refused',
        cause: 'C1',
        confidence: 'medium',
        message: 'connect ECONNREFUSED 127.41.0.9:8080',
        pod: pod.name,
        twin: 'ok',
        ruledOut: [{ cause: 'A1', because: 'no old pod was terminating at that moment' }],
      })
  for (let i = 0; i < 5; i++)
    add(BASELINE_MS + 3 * ROLLOUT_EVERY_MS + 6100 + i * 37, 1.1, {
      kind: 'connect-refused',
      cause: 'ambiguous',
      confidence: 'low',
      message: 'connect ECONNREFUSED',
      remoteAddress: null,
      candidates: ['A1', 'C1'],
      separator: 'a direct probe of each pod address',
    })
  add(BASELINE_MS + 4 * ROLLOUT_EVERY_MS + 31_200, 84, {
    kind: 'status',
    cause: 'unexplained',
    confidence: 'low',
    status: 500,
    message: 'answered 500 Internal Server Error',
    requestsOnConnection: 212,
    pod: pods.find(({ revision }) => revision === 6)?.name ?? null,
  })
  return failures
    .toSorted((a, b) => a.startedAtMs - b.startedAtMs)
    .map((failure, index) => ({ ...failure, requestId: 2000 + index * 317 }))
}

const countBy = <T>(items: readonly T[], key: (item: T) => string | null): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const item of items) {
    const name = key(item)
    if (name !== null) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

const TEXTS: Readonly<
  Record<string, { title: string; fix: string; level: 'high' | 'medium' | 'low'; p: number | null }>
> = {
  A1: {
    title: 'The app stopped listening on SIGTERM before the routes to it were gone',
    fix: 'Keep the app serving until the routes are gone: preStop sleep of at least 5 s.',
    level: 'high',
    p: 0.0002,
  },
  A16: {
    title: 'The app exited on SIGTERM with requests in flight',
    fix: 'Shut down gracefully: stop accepting, finish what is in flight, then exit.',
    level: 'high',
    p: 0.0004,
  },
  C1: {
    title: 'A new pod was ready before it listened',
    fix: 'Add a readiness probe that asks the port that serves.',
    level: 'medium',
    p: 0.03,
  },
  ambiguous: {
    title: 'Could not be told apart: A1 or C1',
    fix: 'Let the harness probe the pods directly, or send an identity header.',
    level: 'low',
    p: null,
  },
  unexplained: {
    title: 'No known cause fits',
    fix: 'Look at the application log at that moment.',
    level: 'low',
    p: null,
  },
}

const makeFindings = (failures: readonly FailureVerdict[]): Finding[] =>
  Object.entries(TEXTS)
    .map(([cause, text]) => {
      const own = failures.filter((failure) => failure.cause === cause)
      return {
        cause,
        mechanism: null,
        title: text.title,
        confidence: { level: text.level, p: text.p },
        count: own.length,
        requestIds: own.map(({ requestId }) => requestId),
        evidence: own.flatMap(({ evidence }) => evidence).slice(0, 40),
        ruledOut: own[0]?.ruledOut ?? [],
        candidates: own[0]?.candidates ?? [],
        fix: text.fix,
      }
    })
    .filter(({ count }) => count > 0)

const makeWindows = (durationMs: number, failures: readonly FailureVerdict[], random: Random): Windows => {
  const seconds = Math.ceil(durationMs / 1000)
  const failed = new Array<number>(seconds).fill(0)
  for (const { endedAtMs } of failures) {
    const second = Math.min(seconds - 1, Math.floor(endedAtMs / 1000))
    failed[second] = (failed[second] ?? 0) + 1
  }
  const started = failed.map((_, i) =>
    Math.round(Math.min(1, (i + 1) / 3) * (RATE_PER_SEC + random.below(21) - 10)),
  )
  return {
    started,
    ok: started.map((n, i) => n - (failed[i] ?? 0)),
    failed,
    p50Us: started.map(() => 1700 + random.below(400)),
    p99Us: started.map((_, i) => 6200 + random.below(2600) + (failed[i] === 0 ? 0 : 21_000)),
  }
}

const latency = (count: number, scale: number): LatencySummary => {
  const own = {
    p50Us: 1840 * scale,
    p90Us: 3310 * scale,
    p99Us: 7420 * scale,
    p999Us: 21_800 * scale,
    maxUs: 88_300 * scale,
  }
  return { count, ...own, fromIntended: { ...own, p99Us: 7900 * scale, p999Us: 24_100 * scale } }
}

const gates = (load: boolean): Reason[] => {
  const all: Reason[] = [
    { id: 'H1', claim: 'The books balance', value: 'all three agree', limit: 'exactly', holds: true },
    { id: 'H2', claim: 'No arrival was dropped or late in a rollout', value: '0', limit: '≤ 0', holds: true },
    { id: 'H3', claim: 'Requests started on time', value: 'p99.9 4.1 ms', limit: '≤ 20 ms', holds: true },
    {
      id: 'H4',
      claim: 'The harness did not stall',
      value: '0.02 % of the window',
      limit: '≤ 1 %',
      holds: true,
    },
    { id: 'H5', claim: 'The control held', value: '0 of 3,180 failed', limit: '0', holds: true },
    { id: 'H6', claim: 'The engine finds every known fault', value: '24 of 24', limit: 'all', holds: true },
    {
      id: 'H7',
      claim: 'Traffic reached every old and every new pod',
      value: '20 of 20 old, 20 of 20 new',
      limit: 'all',
      holds: true,
    },
    {
      id: 'H8',
      claim: 'It rolled: new pods available, old pods gone',
      value: '5 of 5',
      limit: 'all',
      holds: true,
    },
    {
      id: 'H9',
      claim: 'Nothing was missed on the watches',
      value: '0 gaps, audit agrees',
      limit: '0',
      holds: true,
    },
    { id: 'H10', claim: 'Resolution is stated', value: '100 ms', limit: 'stated', holds: true },
  ]
  return load ? all.filter(({ id }) => !['H5', 'H7', 'H8', 'H9'].includes(id)) : all
}

const threshold = (failed: number): Reason => ({
  id: 'failures: count==0',
  claim: 'failures: count==0',
  value: String(failed),
  limit: '== 0',
  holds: failed === 0,
})

const PATCH = `spec:
  template:
    spec:
      terminationGracePeriodSeconds: 20
      containers:
        - name: web
          lifecycle:
            preStop:
              sleep:
                seconds: 5
`

const phasesOf = (plan: Plan, durationMs: number): RunReport['phases'] => {
  const rollouts = Array.from({ length: plan.rollouts }, (_, i) => {
    const fromMs = BASELINE_MS + i * ROLLOUT_EVERY_MS
    return [
      { phase: 'rollout', rollout: i + 1, fromMs: at(fromMs), toMs: at(fromMs + 21_000) },
      { phase: 'settle', rollout: i + 1, fromMs: at(fromMs + 21_000), toMs: at(fromMs + ROLLOUT_EVERY_MS) },
    ]
  }).flat()
  const lastMs = BASELINE_MS + plan.rollouts * ROLLOUT_EVERY_MS
  return [
    { phase: 'baseline', rollout: null, fromMs: at(0), toMs: at(BASELINE_MS) },
    ...rollouts,
    { phase: 'recovery', rollout: null, fromMs: at(lastMs), toMs: at(durationMs) },
  ]
}

const makeRun = (name: string, plan: Plan): RunReport => {
  const random = seededRandom(7).fork(name)
  const durationMs = BASELINE_MS + plan.rollouts * ROLLOUT_EVERY_MS + 5000
  const bare = makePods(plan, random)
  const failures = makeFailures(plan, bare, random)
  const byPod = countBy(failures, ({ pod }) => pod)
  const pods = bare.map((pod) => ({ ...pod, failed: byPod[pod.name] ?? 0 }))
  const windows = makeWindows(durationMs, failures, random)
  const started = windows.started.reduce((a, b) => a + b, 0)
  const failed = failures.length
  const ofRollout = (index: number): number => failures.filter(({ rollout }) => rollout === index).length
  const rollouts: RolloutReport[] = Array.from({ length: plan.rollouts }, (_, i) => {
    const requestedMs = BASELINE_MS + i * ROLLOUT_EVERY_MS
    return {
      index: i + 1,
      requestedAtMs: at(requestedMs),
      completedAtMs: at(requestedMs + 15_300 + random.below(800)),
      oldPodsGoneAtMs: at(requestedMs + 18_400 + random.below(900)),
      requests: RATE_PER_SEC * 21 + random.below(60),
      failed: ofRollout(i + 1),
      outageMs: plan.bad ? 700 + 90 * i : 0,
      vusersAffected: new Set(failures.filter(({ rollout }) => rollout === i + 1).map(({ vu }) => vu)).size,
      hidden: plan.bad && i < 2 ? 3 + i : 0,
    }
  })
  const terminations = plan.rollouts * plan.replicas
  return {
    schemaVersion: 1,
    runId: '7f3k9q2d',
    name,
    command: 'run',
    subject: {
      target: 'http://web.shop/',
      deployment: 'shop/web',
      load: '300 vUsers, one request each per 1 s, keep-alive',
    },
    startedAt: '2026-11-21T10:30:00.000Z',
    durationMs,
    verdict: failed > 0 ? 'failed' : 'passed',
    exitCode: failed > 0 ? 1 : 0,
    reasons: [threshold(failed), ...gates(false)],
    sentences:
      failed > 0
        ? [
            `${failed} of ${started} requests failed, in ${rollouts.filter((r) => r.failed > 0).length} of ${plan.rollouts} rollouts: mostly refused connections in the first 1.2 s after a pod began to terminate.`,
            'The app stopped listening on SIGTERM while the service still sent new connections to it (A1), and exited with requests in flight (A16).',
            'Add a preStop sleep of 5 s, let the app finish what is in flight, and give it a grace period of 20 s.',
          ]
        : [
            `Nothing broke: 0 of ${started} requests failed over ${plan.rollouts} rollouts and ${terminations} pod terminations.`,
            'Every old pod kept serving until the last new connection had reached another pod: at most 1.3 s were needed, preStop gave 5 s.',
            'Nothing has to change.',
          ],
    limitations: [
      'An outage shorter than 100 ms on one path could be missed.',
      'The network path itself was not controlled: no --control URL was given, only the loopback echo.',
      'Answers without a length that are cut by a plain close cannot be told from complete ones.',
    ],
    requests: { planned: started, started, ok: started - failed, failed, cut: 0, dropped: 0 },
    failures: {
      byKind: countBy(failures, ({ kind }) => kind),
      byCause: countBy(failures, ({ cause }) => cause),
      byRollout: rollouts.map(({ index, failed: n }) => ({ index, failed: n })),
      byPod,
      vusersAffected: new Set(failures.map(({ vu }) => vu)).size,
      hidden: plan.bad ? 7 : 0,
    },
    failureList: failures,
    outage: {
      anyMs: plan.bad ? 4310 : 0,
      allMs: plan.bad ? 210 : 0,
      longestMs: plan.bad ? 412 : 0,
      method: 'fresh probes at 10/s, reused probes at 10/s',
    },
    rollouts,
    pods,
    drain: {
      newConnections: plan.bad
        ? { n: terminations, censored: terminations, p50Ms: 90, p95Ms: 90, maxMs: 90 }
        : { n: terminations, censored: 0, p50Ms: 1080, p95Ms: 1290, maxMs: 1330 },
      reusedConnections: plan.bad
        ? { n: terminations, censored: terminations, p50Ms: 140, p95Ms: 140, maxMs: 140 }
        : { n: terminations, censored: 0, p50Ms: 4780, p95Ms: 4950, maxMs: 4970 },
      recommendation: plan.bad
        ? {
            preStopSeconds: 5,
            terminationGracePeriodSeconds: 20,
            patch: PATCH,
            because:
              'the last failure of a new connection started 2.4 s after a termination began; 2.4 s + 2 s margin, rounded up, is 5 s; grace = 5 s preStop + 10 s longest request + 5 s margin',
          }
        : null,
    },
    findings: makeFindings(failures),
    predictions: madeUpPredictions(countBy(failures, ({ cause }) => cause)),
    latency: {
      byPhase: {
        baseline: latency(2670, 1),
        rollout: latency(28_100, plan.bad ? 1.6 : 1.1),
        settle: latency(started - 34_000, 1),
        recovery: latency(1330, 1),
      },
    },
    bounds: {
      terminations,
      perTermination: failed > 0 ? null : 3 / terminations,
      requests: started,
      perRequest: failed > 0 ? null : 3 / started,
    },
    phases: phasesOf(plan, durationMs),
    blind: [],
    windows,
  }
}

/** 5 rollouts of 4 pods with a fixed app: nothing fails. */
export const cleanRun = (): RunReport => makeRun('spring-300 fixed', { rollouts: 5, replicas: 4, bad: false })

/** 5 rollouts of 4 pods with a bad app: A1, A16, C1, an ambiguous burst and one failure nobody can explain. */
export const badRun = (): RunReport => makeRun('spring-300', { rollouts: 5, replicas: 4, bad: true })

/** As {@link badRun} with `replicas` pods of each revision, for pages with many lanes. */
export const wideRun = (replicas: number): RunReport => makeRun('wide', { rollouts: 2, replicas, bad: true })

/** Nothing failed, and it cannot be said that nothing would have: coverage not shown, a watch gap and a stall. */
export const inconclusiveRun = (): RunReport => {
  const report = makeRun('checklist', { rollouts: 2, replicas: 3, bad: false })
  const changed: Readonly<Record<string, Partial<Reason>>> = {
    H4: { value: '2.1 % of the window', holds: false },
    H7: { value: 'kept-alive traffic without identity header', holds: null },
    H9: { value: '1 gap of 3.4 s in rollout 2', holds: false },
  }
  return {
    ...report,
    verdict: 'inconclusive',
    exitCode: 4,
    reasons: report.reasons.map((reason) => ({ ...reason, ...changed[reason.id] })),
    sentences: [
      'No request failed, but the run does not prove it: part of a rollout was not seen.',
      'The pod watch was lost for 3.4 s while rollout 2 was under way, the harness stalled for 2.1 % of it, and nothing shows that traffic reached every pod.',
      'Give the harness a quieter machine, let the app name its pod in a header (--pod-header), and run again.',
    ],
    rollouts: report.rollouts.map((rollout) =>
      rollout.index === 2 ? { ...rollout, oldPodsGoneAtMs: null } : rollout,
    ),
    blind: [
      { what: 'watch gap: pods', fromMs: at(72_100), toMs: at(75_500) },
      { what: 'stall: engine-0', fromMs: at(81_000), toMs: at(81_420) },
    ],
    limitations: [
      ...report.limitations,
      'What happened to pods between 1:12.1 and 1:15.5 may have been missed.',
    ],
  }
}

/** `rollproof load`: no cluster, a handful of failures. */
export const loadRun = (): RunReport => {
  const report = makeRun('load', { rollouts: 0, replicas: 0, bad: false })
  const random = seededRandom(11)
  const durationMs = 30_000
  const failures: FailureVerdict[] = Array.from({ length: 12 }, (_, i) => ({
    requestId: 512 + i * 701,
    kind: i % 3 === 0 ? ('truncated' as const) : ('status' as const),
    cause: 'unexplained',
    mechanism: null,
    confidence: 'low' as const,
    startedAtMs: at(2000 + i * 2210.4),
    endedAtMs: at(2003 + i * 2210.4),
    pod: null,
    rollout: null,
    vu: i * 4,
    method: 'GET',
    path: '/',
    template: 'default',
    status: i % 3 === 0 ? 200 : 502,
    message: i % 3 === 0 ? 'the body ended after 512 of 1,024 bytes' : 'answered 502 Bad Gateway',
    requestsOnConnection: i * 17,
    localPort: 40_000 + i,
    remoteAddress: '127.0.0.1:8080',
    twin: null,
    evidence: [],
    ruledOut: [],
    candidates: [],
    separator: null,
  }))
  const windows = makeWindows(durationMs, failures, random)
  const started = windows.started.reduce((a, b) => a + b, 0)
  const failed = failures.length
  const { predictions: _, ...unpredicted } = report
  return {
    ...unpredicted,
    command: 'load',
    subject: {
      target: 'http://127.0.0.1:8080/',
      deployment: null,
      load: '50 vUsers without pause, keep-alive',
    },
    durationMs,
    verdict: 'failed',
    exitCode: 1,
    reasons: [threshold(failed), ...gates(true)],
    sentences: [
      `${failed} of ${started} requests failed, spread over the whole run.`,
      'There was no rollout to blame: 8 answers with status 502, 4 answers cut in the middle.',
      'Look at what stands between the client and the app.',
    ],
    limitations: ['No cluster was watched: failures cannot be matched to pods.'],
    requests: { planned: started, started, ok: started - failed, failed, cut: 3, dropped: 0 },
    failures: {
      byKind: countBy(failures, ({ kind }) => kind),
      byCause: { unexplained: failed },
      byRollout: [],
      byPod: {},
      vusersAffected: failed,
      hidden: 0,
    },
    failureList: failures,
    findings: makeFindings(failures),
    outage: null,
    rollouts: [],
    pods: [],
    drain: null,
    latency: { byPhase: { steady: latency(started, 0.8) } },
    bounds: { terminations: 0, perTermination: null, requests: started, perRequest: null },
    phases: [{ phase: 'steady', rollout: null, fromMs: at(0), toMs: at(durationMs) }],
    windows,
  }
}

/** These strings are ours, never from outside. */
const OWN_KEYS = ['verdict', 'command', 'startedAt', 'level', 'confidence', 'severity', 'outcome']

const poison = (value: unknown, next: () => string): unknown => {
  if (typeof value === 'string') return next()
  if (Array.isArray(value)) return value.map((item) => poison(item, next))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      OWN_KEYS.includes(key) && typeof inner === 'string' ? inner : poison(inner, next),
    ]),
  )
}

/** {@link badRun} with the payloads, in turn, as every string that comes from outside, keys of dictionaries too. */
export const hostileRun = (...payloads: readonly string[]): RunReport => {
  const report = badRun()
  let turn = 0
  const next = (): string => payloads[turn++ % payloads.length] ?? ''
  const payload = payloads[0] ?? ''
  const small: RunReport = {
    ...report,
    failureList: report.failureList.slice(0, 6),
    pods: report.pods.slice(0, 4),
    rollouts: report.rollouts.slice(0, 2),
    phases: report.phases.slice(0, 3),
    findings: report.findings.map((finding) => ({ ...finding, requestIds: finding.requestIds.slice(0, 5) })),
    windows: {
      started: report.windows.started.slice(0, 20),
      ok: report.windows.ok.slice(0, 20),
      failed: report.windows.failed.slice(0, 20),
      p50Us: report.windows.p50Us.slice(0, 20),
      p99Us: report.windows.p99Us.slice(0, 20),
    },
    blind: [{ what: payload, fromMs: at(70_000), toMs: at(72_000) }],
    failures: {
      ...report.failures,
      byPod: { [payload]: 3 },
      byKind: { [payload]: 2, reset: 1 },
      byCause: { [payload]: 3 },
    },
    latency: { byPhase: { [payload]: latency(10, 1) } },
  }
  return poison(small, next) as RunReport
}

/**
 * One of each: a failure, a pod, a rollout, a finding … with the payload as every string that comes from outside. Small,
 * so that each of hundreds of payloads can go through every sink.
 */
export const tinyHostileRun = (payload: string): RunReport => {
  const report = badRun()
  const tiny: RunReport = {
    ...report,
    reasons: [
      ...report.reasons.slice(0, 2),
      { id: payload, claim: 'x', value: 'x', limit: 'x', holds: null },
    ],
    limitations: report.limitations.slice(0, 1),
    failureList: report.failureList.slice(0, 1).map((failure) => ({
      ...failure,
      mechanism: 'B9',
      candidates: ['A1'],
      separator: 'x',
      ruledOut: [{ cause: 'A1', because: 'x' }],
    })),
    pods: report.pods.slice(0, 1),
    rollouts: report.rollouts.slice(0, 1),
    phases: report.phases.slice(0, 1),
    findings: report.findings.slice(0, 1).map((finding) => ({
      ...finding,
      mechanism: 'B9',
      requestIds: [1],
      evidence: [],
      candidates: ['A1'],
      ruledOut: [{ cause: 'A1', because: 'x' }],
    })),
    ...(report.predictions === undefined
      ? {}
      : { predictions: { ...report.predictions, made: report.predictions.made.slice(0, 1) } }),
    windows: { started: [1], ok: [1], failed: [0], p50Us: [1], p99Us: [1] },
    blind: [{ what: payload, fromMs: at(70_000), toMs: at(72_000) }],
    failures: {
      ...report.failures,
      byPod: { [payload]: 3 },
      byKind: { [payload]: 2 },
      byCause: { [payload]: 3 },
      byRollout: [],
    },
    latency: { byPhase: { [payload]: latency(10, 1) } },
  }
  return poison(tiny, () => payload) as RunReport
}
