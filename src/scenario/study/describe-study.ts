import { formatDurationMs } from '../../kernel/units.ts'
import type { Scenario } from '../../model/scenario.ts'
import type { PlannedBlock, StudyPlan } from '../../model/study.ts'
import { orderBlocks } from './block-order.ts'
import { patchedPaths } from './patch-paths.ts'
import { ASSUMED_SHAPE, estimateRolloutMs, labRolloutShape, restMsOf, studyCost } from './study-cost.ts'

export interface DescribeStudyContext {
  /** Pods of the Deployment; `null` when the cluster was not asked. */
  readonly replicas: number | null
  readonly lab: boolean
}

const ORDER_SHOWN = 60

/**
 * The plan of a study in words: its variants, the order of the blocks, what it costs, and all fields that it changes. One line
 * each.
 */
export const describeStudy = (
  scenario: Scenario,
  plan: StudyPlan,
  context: DescribeStudyContext,
): readonly string[] => {
  const blocks = orderBlocks(plan)
  const restMs = restMsOf(plan, context.lab)
  const twice = plan.variants.length > 2 ? `, ${plan.control} twice in each round` : ''
  const variants = plan.variants.map(({ name }, at) => `${at + 1} ${name}`).join(', ')
  return [
    `Study      ${plan.variants.length} variants × ${plan.blocks} blocks${twice}: ${blocks.length} blocks; all are compared with ${plan.control}`,
    `Variants   ${variants}`,
    `Order      ${orderText(plan, blocks)}`,
    `Cost       ${costText(scenario, plan, blocks, context)}`,
    ...(restMs === 0
      ? []
      : [
          `Rest       at least ${formatDurationMs(restMs)} without load between two blocks: nodes remember pods that are gone`,
        ]),
    ...changesOf(plan).map(
      ({ object, paths }, at) => `${at === 0 ? 'Changes' : '       '}    ${object}: ${paths.join(', ')}`,
    ),
  ]
}

/** Every field that some variant changes, by object. */
const changesOf = ({ variants }: StudyPlan) => {
  const byObject = new Map<string, Set<string>>()
  for (const patch of variants.flatMap(({ patches }) => patches)) {
    const object = `${patch.object.kind} ${patch.object.name}`
    const paths = byObject.get(object) ?? new Set()
    for (const path of patchedPaths(patch)) paths.add(path)
    byObject.set(object, paths)
  }
  return [...byObject].map(([object, paths]) => ({ object, paths: [...paths] }))
}

const orderText = (plan: StudyPlan, blocks: readonly PlannedBlock[]): string => {
  const number = new Map(plan.variants.map(({ name }, at) => [name, at + 1]))
  const rounds: number[][] = []
  for (const { round, variant } of blocks.slice(0, ORDER_SHOWN)) {
    const of = rounds[round - 1] ?? []
    of.push(number.get(variant) ?? 0)
    rounds[round - 1] = of
  }
  const more = blocks.length > ORDER_SHOWN ? ' …' : ''
  return `by number in this list, seed ${plan.seed}: ${rounds.map((round) => round.join(' ')).join(' | ')}${more}`
}

const costText = (
  scenario: Scenario,
  plan: StudyPlan,
  blocks: readonly PlannedBlock[],
  { replicas: asked, lab }: DescribeStudyContext,
): string => {
  const known = lab && scenario.lab !== null ? labRolloutShape(scenario.lab) : null
  const replicas = asked ?? known?.replicas ?? null
  const rolloutMs = estimateRolloutMs(
    known ?? { ...ASSUMED_SHAPE, ...(replicas === null ? {} : { replicas }) },
  )
  const cost = studyCost(scenario, plan, blocks, replicas, rolloutMs, restMsOf(plan, lab))
  const pods =
    cost.podsReplaced === null ? '' : `, which replace ${cost.podsReplaced.toLocaleString('en-US')} pods`
  return (
    `${cost.restarts} measured restarts in ${cost.rollouts} rollouts${pods}; ≈ ${minutes(cost.totalMs)} when a rollout takes ` +
    `${formatDurationMs(Math.round(rolloutMs / 1000) * 1000)}${known === null ? ' (assumed)' : ''}, ${minutes(cost.loadMs)} of it without one`
  )
}

const minutes = (ms: number): string =>
  ms < 90_000
    ? `${Math.round(ms / 1000)} s`
    : ms < 7_200_000
      ? `${Math.round(ms / 60_000)} min`
      : `${(ms / 3_600_000).toFixed(1)} h`
