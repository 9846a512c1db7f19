import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StudyPlan } from '../../../../src/model/study.ts'
import { orderBlocks } from '../../../../src/scenario/study/block-order.ts'

const planOf = (variants: number, blocks: number, seed: number, control = 0): StudyPlan => ({
  variants: Array.from({ length: variants }, (_, at) => ({
    name: `v${at}`,
    patches: [],
    design: 'named',
    factors: {},
  })),
  blocks,
  control: `v${control}`,
  seed,
  repeat: true,
  restMs: null,
})

const plans = fc
  .record({
    variants: fc.integer({ min: 2, max: 12 }),
    blocks: fc.integer({ min: 1, max: 9 }),
    seed: fc.nat(),
  })
  .chain((shape) =>
    fc
      .nat({ max: shape.variants - 1 })
      .map((control) => planOf(shape.variants, shape.blocks, shape.seed, control)),
  )

const namesOf = (plan: StudyPlan): readonly string[] => orderBlocks(plan).map(({ variant }) => variant)

describe('the order of blocks', () => {
  test('every round has every variant once, and the control twice when there are more than two', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const blocks = orderBlocks(plan)
        expect(blocks.map(({ index }) => index)).toEqual(blocks.map((_, at) => at + 1))
        for (let round = 1; round <= plan.blocks; round++) {
          const names = blocks.filter((block) => block.round === round).map(({ variant }) => variant)
          const extra = plan.variants.length > 2 ? [plan.control] : []
          expect([...names].sort()).toEqual([...plan.variants.map(({ name }) => name), ...extra].sort())
        }
      }),
    )
  })

  test('no variant is measured three times in a row, and none twice within a round', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const blocks = orderBlocks(plan)
        blocks.forEach(({ variant, round }, at) => {
          const next = blocks[at + 1]
          const afterNext = blocks[at + 2]
          expect(variant === next?.variant && variant === afterNext?.variant).toBe(false)
          if (next?.round === round) expect(next.variant).not.toBe(variant)
        })
      }),
    )
  })

  test('with an even number of rounds a drift that is linear in time falls on all variants alike', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const blocks = orderBlocks({ ...plan, blocks: plan.blocks * 2 })
        const mean = (name: string): number => {
          const own = blocks.filter(({ variant }) => variant === name)
          return own.reduce((sum, { index }) => sum + index, 0) / own.length
        }
        for (const { name } of plan.variants) expect(mean(name)).toBeCloseTo((blocks.length + 1) / 2, 9)
      }),
    )
  })

  test('the same seed gives the same order, another seed another one', () => {
    expect(namesOf(planOf(6, 4, 7))).toEqual(namesOf(planOf(6, 4, 7)))
    const orders = new Set(Array.from({ length: 20 }, (_, seed) => namesOf(planOf(6, 4, seed)).join(' ')))
    expect(orders.size).toBeGreaterThan(15)
  })

  test('two variants come as ABBA', () => {
    for (let seed = 0; seed < 20; seed++) {
      const [a, b, c, d] = namesOf(planOf(2, 2, seed))
      expect([a, b]).toEqual([d, c])
      expect(a).not.toBe(b)
    }
  })
})
