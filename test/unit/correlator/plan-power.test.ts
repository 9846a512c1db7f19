import { describe, expect, test } from 'vitest'
import { parseShare, planPower, powerLines } from '../../../src/correlator/plan-power.ts'
import { fisherPower } from '../../../src/correlator/statistics/power.ts'

describe('what a plan can find out', () => {
  test('0 failures are told with their bound over pod terminations: 3/n, and exactly', () => {
    const plan = planPower({ replicas: 4, restarts: 5 })
    expect(plan).toMatchObject({ terminations: 20, bound: 0.15 })
    expect(plan?.exactBound).toBeCloseTo(1 - 0.05 ** (1 / 20), 12)
  })

  test('a target is excluded by 59 clean terminations at 5 %, and the plan says whether it has them', () => {
    const question = { replicas: 4, targetEffect: 0.05 }
    expect(planPower({ ...question, restarts: 5 })?.target?.exclude).toEqual({
      terminations: 59,
      restarts: 15,
    })
    expect(powerLines({ ...question, restarts: 14 }).at(-1)).toContain('This plan has 14: too few.')
    expect(powerLines({ ...question, restarts: 15 }).at(-1)).toContain('This plan has enough.')
  })

  test('the differences it promises are found with that power, at the level that Holm leaves each pair, with a fifth of the terminations to spare', () => {
    const plan = planPower({ replicas: 4, restarts: 8, pairs: 5 })
    const { at80, at95 } = plan?.difference ?? { at80: null, at95: null }
    expect(fisherPower({ a: 0, b: at80 ?? 0 }, 25, 25, 0.01)).toBeGreaterThanOrEqual(0.8)
    expect(fisherPower({ a: 0, b: at95 ?? 0 }, 25, 25, 0.01)).toBeGreaterThanOrEqual(0.95)
    expect(at95 ?? 0).toBeGreaterThan(at80 ?? 1)
  })

  test('more restarts find smaller differences; more pairs need larger ones', () => {
    const at = (restarts: number, pairs: number): number =>
      planPower({ replicas: 4, restarts, pairs })?.difference.at80 ?? 1
    expect(at(16, 1)).toBeLessThan(at(8, 1))
    expect(at(8, 11)).toBeGreaterThan(at(8, 1))
  })

  test('without the number of pods it says what is missing, and how many terminations a target takes', () => {
    const lines = powerLines({ replicas: null, restarts: 2, targetEffect: 0.01 })
    expect(lines[0]).toContain('the cluster was not asked')
    expect(lines[1]).toContain('299 terminations without a failure')
  })

  test.each([
    ['5%', 0.05],
    ['0.05', 0.05],
    ['.5', 0.5],
    ['12.5 %', 0.125],
    ['5', null],
    ['0', null],
    ['100%', null],
    ['-1%', null],
    ['many', null],
  ])('%s is read as %s', (text, share) => {
    expect(parseShare(text)).toBe(share)
  })
})
