import { type Random, seededRandom } from '../../src/kernel/random.ts'
import { runMs } from '../../src/kernel/units.ts'
import type { MeasuredRun } from '../../src/model/comparison.ts'
import type { FailureVerdict, RolloutReport, RunReport } from '../../src/model/finding.ts'

/** What a made-up run did: failures of each pod termination, restart by restart. */
export interface MadeRun {
  readonly restarts: readonly (readonly number[])[]
  readonly runId?: string
  /** Minutes after a fixed start: orders the runs. */
  readonly minute?: number
  readonly rolloutMs?: readonly number[]
  readonly outageMs?: readonly (number | null)[]
  readonly p50Ms?: readonly number[]
  readonly p99Ms?: readonly number[]
  readonly fewestReady?: readonly number[]
  readonly cause?: FailureVerdict['cause']
}

const RESTART_MS = 20_000
const TERMINATION_MS = 3_000

const failureAt = (
  requestId: number,
  atMs: number,
  rollout: number,
  pod: string,
  cause: FailureVerdict['cause'],
): FailureVerdict => ({
  requestId,
  kind: 'connect-refused',
  cause,
  mechanism: null,
  confidence: 'high',
  startedAtMs: runMs(atMs),
  endedAtMs: runMs(atMs + 1),
  pod,
  rollout,
  vu: requestId % 10,
  method: 'GET',
  path: '/',
  template: 'home',
  status: null,
  message: 'connect ECONNREFUSED',
  requestsOnConnection: 0,
  localPort: null,
  remoteAddress: null,
  twin: null,
  evidence: [],
  ruledOut: [],
  candidates: [],
  separator: null,
})

/** A whole report that says so: terminations 3 s apart, restarts 20 s apart. */
export const madeReport = (run: MadeRun): RunReport => {
  const cause = run.cause ?? 'A1'
  const runId = run.runId ?? `run-${run.minute ?? 0}`
  const failureList: FailureVerdict[] = []
  const pods: RunReport['pods'][number][] = []
  const rollouts: RolloutReport[] = []
  const seconds = (run.restarts.length + 1) * (RESTART_MS / 1000)
  const failed = Array.from({ length: seconds }, () => 0)
  run.restarts.forEach((terminations, r) => {
    const fromMs = 5_000 + r * RESTART_MS
    terminations.forEach((count, t) => {
      const atMs = fromMs + 100 + t * TERMINATION_MS
      const name = `web-${r}-${t}`
      pods.push({
        name,
        uid: `${runId}-${name}`,
        revision: r + 1,
        node: 'node-1',
        createdAtMs: runMs(0),
        readyAtMs: runMs(0),
        terminatingAtMs: runMs(atMs),
        sigtermAtMs: runMs(atMs),
        exitedAtMs: runMs(atMs + 500),
        exitCode: 143,
        goneAtMs: runMs(atMs + 600),
        lastNewConnectionAtMs: null,
        lastRequestAtMs: null,
        failed: count,
      })
      for (let i = 0; i < count; i++) {
        failureList.push(failureAt(failureList.length + 1, atMs + 10 + i, r + 1, name, cause))
      }
      const second = Math.floor(atMs / 1000)
      failed[second] = (failed[second] ?? 0) + count
    })
    rollouts.push({
      index: r + 1,
      requestedAtMs: runMs(fromMs),
      completedAtMs: runMs(fromMs + (run.rolloutMs?.[r] ?? 10_000)),
      oldPodsGoneAtMs: runMs(fromMs + 15_000),
      requests: 1000,
      failed: terminations.reduce((sum, count) => sum + count, 0),
      outageMs: run.outageMs?.[r] ?? null,
      p50Us: run.p50Ms?.[r] === undefined ? null : run.p50Ms[r] * 1000,
      p99Us: run.p99Ms?.[r] === undefined ? null : run.p99Ms[r] * 1000,
      readyBefore: run.fewestReady === undefined ? null : terminations.length,
      fewestReady: run.fewestReady?.[r] ?? null,
    })
  })
  const started = 1000 * (run.restarts.length + 1)
  const total = failureList.length
  return {
    schemaVersion: 1,
    runId,
    name: 'made',
    command: 'run',
    subject: { target: 'http://web.shop/', deployment: 'shop/web', load: '10 vUsers' },
    startedAt: new Date(Date.UTC(2026, 0, 1, 0, run.minute ?? 0)).toISOString(),
    durationMs: seconds * 1000,
    verdict: total > 0 ? 'failed' : 'passed',
    exitCode: total > 0 ? 1 : 0,
    reasons: [],
    sentences: ['', '', ''],
    limitations: [],
    requests: { planned: started, started, ok: started - total, failed: total, cut: 0, dropped: 0 },
    failures: {
      byKind: total > 0 ? { 'connect-refused': total } : {},
      byCause: total > 0 ? { [cause]: total } : {},
      byRollout: rollouts.map(({ index, failed: count }) => ({ index, failed: count })),
      byPod: {},
      vusersAffected: 0,
      hidden: 0,
    },
    failureList: failureList.slice(0, 10_000),
    outage: null,
    rollouts,
    pods,
    drain: null,
    findings: [],
    latency: { byPhase: {} },
    bounds: { terminations: pods.length, perTermination: null, requests: started, perRequest: null },
    phases: [],
    blind: [],
    windows: {
      started: failed.map(() => 50),
      ok: failed.map((count) => Math.max(0, 50 - count)),
      failed,
      p50Us: failed.map(() => 1000),
      p99Us: failed.map(() => 3000),
    },
  }
}

/** How pod terminations of one variant fail: most drop nothing, some drop many. */
export interface Failing {
  /** Share of terminations that drop something. */
  readonly share: number
  /** Median of what those drop; their logarithm is normal. */
  readonly median: number
  /** Standard deviation of that logarithm. */
  readonly spread: number
  /** How alike the terminations of one restart are: 0 = independent. Standard deviation of a common shift of the share's logit. */
  readonly restartSpread?: number
  /** The same for all of one round, whatever the variant. */
  readonly roundSpread?: number
}

export interface MadeStudy {
  readonly variants: Readonly<Record<string, Failing>>
  readonly control: string
  readonly blocks: number
  readonly restarts: number
  readonly replicas: number
  readonly seed: number
}

/** Standard normal (Box and Muller). */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())

const logistic = (x: number): number => 1 / (1 + Math.exp(-x))
const logit = (p: number): number => Math.log(p / (1 - p))

const terminationFailures = (failing: Failing, shift: number, random: Random): number => {
  const share =
    failing.share <= 0 || failing.share >= 1 ? failing.share : logistic(logit(failing.share) + shift)
  if (random.next() >= share) return 0
  return Math.max(1, Math.round(failing.median * Math.exp(failing.spread * normal(random))))
}

const durationMs = (random: Random): number => Math.round(10_000 + 800 * normal(random))

/** Runs of a whole interleaved study: the order within each round is shuffled. */
export const madeStudy = ({ variants, blocks, restarts, replicas, seed }: MadeStudy): MeasuredRun[] => {
  const random = seededRandom(seed)
  const runs: MeasuredRun[] = []
  let minute = 0
  for (let block = 1; block <= blocks; block++) {
    const round = normal(random)
    const names = Object.keys(variants)
    for (let i = names.length - 1; i > 0; i--) {
      const j = random.below(i + 1)
      const kept = names[i] ?? ''
      names[i] = names[j] ?? ''
      names[j] = kept
    }
    for (const variant of names) {
      const failing = variants[variant]
      if (failing === undefined) continue
      const each = Array.from({ length: restarts }, () => {
        const shift = (failing.roundSpread ?? 0) * round + (failing.restartSpread ?? 0) * normal(random)
        return Array.from({ length: replicas }, () => terminationFailures(failing, shift, random))
      })
      runs.push({
        variant,
        block,
        report: madeReport({
          restarts: each,
          minute: minute++,
          rolloutMs: each.map(() => durationMs(random)),
          outageMs: each.map(
            (counts) => counts.filter((count) => count > 0).length * Math.round(100 + 50 * random.next()),
          ),
          p50Ms: each.map(() => 2 + 0.2 * normal(random)),
          p99Ms: each.map(() => 20 + 4 * normal(random)),
          fewestReady: each.map(() => replicas - 1),
        }),
      })
    }
  }
  return runs
}
