import { seededRandom } from '../kernel/random.ts'
import { runMs } from '../kernel/units.ts'
import type { RunDetail } from '../model/detail.ts'
import { SCHEMA_VERSION } from '../model/events.ts'
import type { FailureVerdict, RunReport } from '../model/finding.ts'
import { PHASES } from '../model/phase.ts'
import { boundsOf } from './bounds.ts'
import type { HistoryRun } from './budget/history-run.ts'
import { judgeHistory } from './budget/judge-history.ts'
import { drainCurve } from './counterfactual/curve.ts'
import { verdictOf } from './decide.ts'
import { detailOf } from './detail/detail.ts'
import { drainStatistics, podDrains } from './drain.ts'
import { isValid } from './exposure.ts'
import { countBy, countByCause, findingsOf } from './findings.ts'
import { judgeGates } from './gates/all.ts'
import { gateContext } from './gates/gate.ts'
import { hiddenDamage } from './hidden.ts'
import type { CorrelatorInput, LongInput } from './input.ts'
import { latencyBooks, latencySummaries } from './latency.ts'
import { limitationsOf } from './limitations.ts'
import { outageOf, outageSpans } from './outage.ts'
import { perSecond } from './per-second.ts'
import { latencyByPodAge } from './pod-age.ts'
import { podReports, rolloutReports } from './pod-reports.ts'
import { comparePredictions, joined } from './predictions.ts'
import { recommend } from './recommend.ts'
import { rolloutMeasures } from './rollout-measures.ts'
import { rowPods } from './row-pods.ts'
import { sentencesOf } from './sentences.ts'
import { livenessBelowAnswers } from './slow-liveness.ts'
import { subjectOf } from './subject.ts'
import { rolloutDurations } from './thresholds.ts'
import { engineStalls } from './timeline.ts'
import { judge } from './verdict.ts'
import { buildWorld, type World } from './world.ts'

const MOST_LISTED = 10_000

export interface Correlation {
  readonly report: RunReport
  /** Every failure's verdict, in order of exposure: findings.jsonl. */
  readonly findings: readonly FailureVerdict[]
  /** For the HTML report; made when it is asked for, since it costs passes over all rows, which must still be readable. */
  detail(): RunDetail
}

const requestsOf = (world: World): RunReport['requests'] => {
  const counts = world.timeline.ended?.counts ?? null
  const failed = world.failures.length
  // Without the engine's books, what the files show. A failure that only a fact tells of was started, too.
  const started = counts?.started ?? world.rows.started + Math.max(0, failed - world.rows.failed)
  return {
    planned: counts?.planned ?? started,
    started,
    ok: counts?.ok ?? world.rows.ok,
    failed,
    cut: counts?.cut ?? world.rows.cut,
    dropped: counts?.dropped ?? 0,
  }
}

const blindSpans = (world: World): RunReport['blind'] =>
  [
    ...world.timeline.gaps.map((gap) => ({ what: `watch of ${gap.resource}: ${gap.why}`, ...gap })),
    ...world.timeline.stalls.map((stall) => ({ what: `stall of ${stall.thread}`, ...stall })),
  ]
    .sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs || (a.what < b.what ? -1 : 1))
    .map(({ what, fromMs, toMs }) => ({ what, fromMs: runMs(fromMs), toMs: runMs(toMs) }))

/**
 * Judges a run: one verdict per failed request, and the report. Pure: the same bundle gives the same bytes, whatever
 * the order of its facts and rows, and chance (permutation tests) is seeded by the run's id.
 * @param history earlier runs, for a history budget in the place of "no failure at all"; `null` = none is wanted
 */
export const correlate = (
  input: CorrelatorInput | LongInput,
  history: readonly HistoryRun[] | null = null,
): Correlation => {
  const world = buildWorld(input)
  const { info, timeline, requests: rows } = world
  const random = seededRandom(info.scenario.seed).fork(info.runId)
  const findings = world.failures.map((failure) => verdictOf(failure, world))
  const stalls = engineStalls(timeline)
  const valid = world.failures.filter((failure) => isValid(failure, timeline, stalls))
  const validIds = new Set(valid.map(({ requestId }) => requestId))
  const context = gateContext(input, world, valid)
  const gates = judgeGates(context)
  const latency = latencyBooks(rows)
  const outage = outageOf(rows)
  const requests = requestsOf(world)
  const measures = {
    verdicts: findings,
    phaseOf: new Map(world.failures.map(({ requestId, phase }) => [requestId, phase])),
    latency,
    outage,
    started: requests.started,
    dropped: requests.dropped,
    rolloutsMs: rolloutDurations(world),
  }
  const isTargets = ({ requestId }: FailureVerdict): boolean => validIds.has(requestId)
  const budget =
    history === null
      ? null
      : judgeHistory({
          world,
          verdicts: findings,
          requests,
          isValid: isTargets,
          history,
          random: random.fork('budget'),
        })
  const judged = judge(world, gates, measures, isTargets, budget)
  const groups = findingsOf(findings, world, random)
  const bounds = boundsOf(world, requests.started, requests.failed)
  const drains = podDrains(world)
  const { recommendation, reason } = recommend(drains, findings, world, latency.all.maxUs / 1000)
  const hidden = hiddenDamage(rows, timeline)
  const rollouts = rolloutReports(world, findings, hidden, rolloutMeasures(timeline, rows, outageSpans(rows)))
  const podOf = rowPods(rows, world.index)
  const byPodAge = latencyByPodAge(rows, podOf)
  const rolled = rollouts.some(({ completedAtMs }) => completedAtMs !== null)
  const learnt = livenessBelowAnswers(info.cluster?.deployment.settings, {
    count: latency.all.count,
    p999Us: latency.all.fromStart.valueAtUs(99.9) ?? 0,
    maxUs: latency.all.maxUs,
  })
  const predictions = comparePredictions(
    joined(info.cluster?.predictions, learnt === null ? [] : [learnt]),
    groups,
    rolled,
  )
  const report: RunReport = {
    schemaVersion: SCHEMA_VERSION,
    runId: info.runId,
    name: info.name,
    command: info.command,
    subject: subjectOf(info),
    startedAt: new Date(info.startedAt.epochMs).toISOString(),
    durationMs: Math.round(timeline.endMs),
    verdict: judged.verdict,
    exitCode: judged.exitCode,
    reasons: judged.reasons,
    sentences: sentencesOf(world, {
      judged,
      findings: groups,
      verdicts: findings,
      requests,
      bounds,
      outage,
      recommendation,
    }),
    limitations: limitationsOf(context, judged, bounds, hidden, reason),
    requests,
    failures: {
      byKind: countBy(findings, ({ kind }) => kind),
      byCause: countByCause(findings),
      byRollout: rollouts.map(({ index, failed }) => ({ index, failed })),
      byPod: countBy(
        findings.filter(({ pod }) => pod !== null),
        ({ pod }) => pod ?? '',
      ),
      vusersAffected: new Set(findings.map(({ vu }) => vu)).size,
      hidden: hidden.count,
    },
    failureList: findings.slice(0, MOST_LISTED),
    outage,
    rollouts,
    pods: podReports(world, findings),
    drain:
      info.command === 'load'
        ? null
        : {
            ...drainStatistics(drains),
            recommendation,
            curve: drainCurve(world, findings, random.fork('curve')),
          },
    findings: groups,
    ...(predictions === undefined ? {} : { predictions }),
    latency: {
      byPhase: latencySummaries(latency, PHASES),
      ...(byPodAge.length === 0 ? {} : { byPodAge }),
    },
    bounds,
    phases: timeline.phases.map(({ phase, rollout, fromMs, toMs }) => ({
      phase,
      rollout,
      fromMs: runMs(fromMs),
      toMs: runMs(toMs),
    })),
    blind: blindSpans(world),
    windows: perSecond(rows, timeline.endMs),
  }
  return { report, findings, detail: () => detailOf(world, findings, hidden, podOf) }
}
