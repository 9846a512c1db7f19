import type { Random } from '../../kernel/random.ts'
import type { BlockStrip, Estimate, ShareEstimate, VariantSummary } from '../../model/comparison.ts'
import { isHarness } from '../findings.ts'
import { meanOf } from '../statistics/strata.ts'
import { bootstrapMean } from '../statistics/stratified-bootstrap.ts'
import { wilson } from '../statistics/wilson.ts'
import { ruleOfThree } from '../statistics/zero-bound.ts'
import { type MeasuredBlock, type MeasuredVariant, restartsIn, terminationsIn } from './measured-variant.ts'
import { restartValues } from './metrics.ts'

export interface SummaryOptions {
  readonly rounds: number
  readonly random: Random
  readonly designEffect: number
}

const estimate = (values: readonly number[], options: SummaryOptions, designEffect = 1): Estimate | null => {
  const mean = meanOf(values)
  return mean === null ? null : { mean, interval: bootstrapMean(values, { ...options, designEffect }) }
}

/** Share of terminations that dropped something. */
const droppingShare = (values: readonly number[]): ShareEstimate | null => {
  const trials = values.length
  const hit = values.filter((value) => value > 0).length
  const interval = wilson(hit, trials)
  if (interval === null) return null
  return {
    hit,
    trials,
    share: hit / trials,
    interval,
    zeroBound: hit === 0 ? ruleOfThree(trials) : null,
  }
}

const stripOf = ({ block, order, report, measured }: MeasuredBlock): BlockStrip => {
  const terminations = measured.restarts.flatMap((restart) => restart.terminations)
  return {
    block,
    order,
    runId: report.runId,
    startedAt: report.startedAt,
    verdict: report.verdict,
    restarts: measured.restarts.length,
    terminations: terminations.length,
    hit: terminations.filter((count) => count > 0).length,
    failed: Math.round(measured.restarts.reduce((sum, { failed }) => sum + failed, 0)),
    durationMs: report.durationMs,
    failedPerSecond: report.windows.failed,
    startedPerSecond: report.windows.started,
    terminatingAtMs: report.pods
      .flatMap(({ terminatingAtMs }) => terminatingAtMs ?? [])
      .sort((a, b) => a - b),
    rollouts: measured.restarts.map(({ fromMs, toMs }) => ({ fromMs, toMs })),
  }
}

const causesOf = (blocks: readonly MeasuredBlock[]): VariantSummary['causes'] => {
  const counts = new Map<string, number>()
  for (const { report } of blocks) {
    for (const [cause, count] of Object.entries(report.failures.byCause)) {
      if (count > 0 && cause !== 'harness' && !isHarness(cause)) {
        counts.set(cause, (counts.get(cause) ?? 0) + count)
      }
    }
  }
  return [...counts]
    .map(([cause, count]) => ({ cause, count }))
    .sort((a, b) => b.count - a.count || (a.cause < b.cause ? -1 : 1))
}

/** What was measured of one variant, with intervals over terminations (failures) and over restarts (all else). */
export const summaryOf = (variant: MeasuredVariant, options: SummaryOptions): VariantSummary => {
  const restarts = restartsIn(variant)
  const terminations = terminationsIn(variant)
  const { designEffect } = options
  const seen = restarts.filter(({ readyBefore, fewestReady }) => readyBefore !== null && fewestReady !== null)
  const sum = (countOf: (block: MeasuredBlock) => number): number =>
    variant.blocks.reduce((total, block) => total + countOf(block), 0)
  return {
    variant: variant.variant,
    role: variant.role,
    blocks: variant.blocks.map(stripOf),
    restarts: restarts.length,
    terminations: terminations.length,
    requests: sum(({ report }) => report.requests.started),
    failures: Math.round(restarts.reduce((total, { failed }) => total + failed, 0)),
    notCounted: {
      harness: sum(({ measured }) => measured.harness),
      outsideRollouts: sum(({ measured }) => measured.outsideRollouts),
    },
    failuresPerRestart: estimate(restartValues(variant, 'failures'), options),
    failuresPerTermination: estimate(terminations, options, designEffect),
    dropping: droppingShare(terminations),
    outageMs: estimate(restartValues(variant, 'outageMs'), options),
    rolloutMs: estimate(restartValues(variant, 'rolloutMs'), options),
    p50Ms: estimate(restartValues(variant, 'p50Ms'), options),
    p99Ms: estimate(restartValues(variant, 'p99Ms'), options),
    capacity:
      seen.length === 0
        ? null
        : {
            replicas: Math.max(...seen.map(({ readyBefore }) => readyBefore ?? 0)),
            fewest: Math.min(...seen.map(({ fewestReady }) => fewestReady ?? 0)),
          },
    causes: causesOf(variant.blocks),
  }
}
