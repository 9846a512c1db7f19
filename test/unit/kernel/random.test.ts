import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/kernel/random.ts'

const take = (seed: number, count: number, label?: string): number[] => {
  const random = label === undefined ? seededRandom(seed) : seededRandom(seed).fork(label)
  return Array.from({ length: count }, () => random.next())
}

test('the same seed gives the same numbers, which are those of mulberry32', () => {
  expect(take(1, 3)).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522])
  expect(take(7, 5)).toEqual(take(7, 5))
  expect(take(7, 5)).not.toEqual(take(8, 5))
})

test('a fork has its own numbers, whatever was drawn before it', () => {
  const random = seededRandom(7)
  random.next()
  const late = random.fork('vu-3')
  expect([late.next(), late.next()]).toEqual(take(7, 2, 'vu-3'))
  expect(take(7, 2, 'vu-3')).not.toEqual(take(7, 2, 'vu-4'))
})

test('numbers lie in [0, 1), and below(n) in [0, n)', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 1000 }), (seed, bound) => {
      const random = seededRandom(seed)
      for (let i = 0; i < 20; i++) {
        const value = random.next()
        expect(value >= 0 && value < 1).toBe(true)
        const index = random.below(bound)
        expect(Number.isInteger(index) && index >= 0 && index < bound).toBe(true)
      }
    }),
  )
})

test('ten thousand numbers are even to within five standard errors', () => {
  const numbers = take(42, 10_000)
  const counts = Array.from(
    { length: 10 },
    (_, i) => numbers.filter((value) => Math.floor(value * 10) === i).length,
  )
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(900))
})
