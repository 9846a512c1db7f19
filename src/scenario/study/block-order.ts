import { type Random, seededRandom } from '../../kernel/random.ts'
import type { PlannedBlock, StudyPlan } from '../../model/study.ts'

/**
 * The blocks of a study in the order of their measurement. Each round has every variant once, the control twice when there are more
 * than two (one in each half). Odd rounds are shuffled by the seed; the even round after is its mirror (ABBA), so that a
 * drift that is linear in time falls on all variants alike. No variant comes more than twice in a row.
 */
export const orderBlocks = (plan: StudyPlan): readonly PlannedBlock[] => {
  const random = seededRandom(plan.seed).fork('blocks')
  const names = plan.variants.map(({ name }) => name)
  const order: PlannedBlock[] = []
  let last: readonly string[] = []
  for (let round = 1; round <= plan.blocks; round++) {
    last = round % 2 === 0 ? last.toReversed() : drawRound(names, plan.control, random)
    for (const variant of last) order.push({ index: order.length + 1, round, variant })
  }
  return order
}

const drawRound = (names: readonly string[], control: string, random: Random): readonly string[] => {
  if (names.length <= 2 || !names.includes(control)) return shuffled(names, random)
  const others = shuffled(
    names.filter((name) => name !== control),
    random,
  )
  // Two different gaps between the others, so that the control never follows itself within a round.
  const half = Math.floor(others.length / 2)
  const first = random.below(half + 1)
  const second = half + 1 + random.below(others.length - half)
  return [
    ...others.slice(0, first),
    control,
    ...others.slice(first, second),
    control,
    ...others.slice(second),
  ]
}

/** Fisher and Yates. */
const shuffled = (names: readonly string[], random: Random): readonly string[] => {
  const result = [...names]
  for (let at = result.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    const a = result[at]
    const b = result[other]
    if (a === undefined || b === undefined) continue
    result[at] = b
    result[other] = a
  }
  return result
}
