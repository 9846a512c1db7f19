import { describe, expect, test } from 'vitest'
import { epochMs } from '../../../../src/kernel/units.ts'
import type { PlannedBlock } from '../../../../src/model/study.ts'
import type { StudyProgress } from '../../../../src/model/study-record.ts'
import { blockFolder, stateOf } from '../../../../src/scenario/study/block-state.ts'

const ORDER: readonly PlannedBlock[] = ['a', 'b', 'b', 'a', 'a', 'b'].map((variant, at) => ({
  index: at + 1,
  round: Math.floor(at / 2) + 1,
  variant,
}))
const atMs = epochMs(0)

const started = (index: number, folder: string, repeats: number | null = null): StudyProgress => {
  const block = ORDER.find((one) => one.index === (repeats ?? index))
  return {
    type: 'block.started',
    atMs,
    index,
    round: block?.round ?? 0,
    variant: block?.variant ?? '',
    repeats,
    folder,
  }
}
const ended = (index: number, folder: string, doubts: readonly string[] = []): StudyProgress => ({
  type: 'block.ended',
  atMs,
  index,
  folder,
  outcome: 'measured',
  doubts,
  verdict: doubts.length > 0 ? 'inconclusive' : 'passed',
  detail: null,
})
const half = (index: number, folder: string): StudyProgress => ({
  type: 'block.ended',
  atMs,
  index,
  folder,
  outcome: 'half',
  doubts: [],
  verdict: null,
  detail: 'SIGINT',
})
const measured = (index: number, doubts: readonly string[] = []): StudyProgress[] => [
  started(index, `f${index}`),
  ended(index, `f${index}`, doubts),
]

describe('where a study stands', () => {
  test('nothing is done at first, and all is left', () => {
    expect(stateOf(ORDER, [], true)).toMatchObject({ counted: [], left: ORDER, repeats: [], halves: [] })
  })

  test('a block that was broken off, by a signal or a crash, is left to be run anew, and does not count', () => {
    const progress = [...measured(1), started(2, 'f2'), half(2, 'f2'), started(2, 'f2-2')]
    const { counted, left, halves } = stateOf(ORDER, progress, true)
    expect(counted.map(({ index }) => index)).toEqual([1])
    expect(left.map(({ index }) => index)).toEqual([2, 3, 4, 5, 6])
    expect(halves).toEqual(['f2', 'f2-2'])
  })

  test('a block that was run anew counts once, by the folder that was measured to its end', () => {
    const progress = [started(1, 'f1'), started(1, 'f1-2'), ended(1, 'f1-2'), ...measured(2)]
    const { counted, halves } = stateOf(ORDER, progress, true)
    expect(counted.map(({ folder }) => folder)).toEqual(['f1-2', 'f2'])
    expect(halves).toEqual(['f1'])
  })

  test('a doubtful block is repeated once at the end, and a repetition without doubts takes its place', () => {
    const all = [1, 2, 3, 4, 5, 6].flatMap((index) => measured(index, index === 3 ? ['H4'] : []))
    const [repeat, ...more] = stateOf(ORDER, all, true).repeats
    expect(more).toEqual([])
    expect(repeat).toMatchObject({ repeats: 3, round: 2, variant: 'b' })
    const index = repeat?.index ?? 0
    const good = stateOf(ORDER, [...all, started(index, 'again', 3), ended(index, 'again')], true)
    expect(good.counted.map(({ folder }) => folder)).toEqual(['f1', 'f2', 'again', 'f4', 'f5', 'f6'])
    expect(good.counted[2]).toMatchObject({ round: 2, variant: 'b', repeats: 3 })
    expect(good.replaced.map(({ folder }) => folder)).toEqual(['f3'])
    expect(good.repeats).toEqual([])
    const bad = stateOf(ORDER, [...all, started(index, 'again', 3), ended(index, 'again', ['H4'])], true)
    expect(bad.counted.map(({ folder }) => folder)).toEqual(['f1', 'f2', 'f3', 'f4', 'f5', 'f6'])
    expect(bad.repeats).toEqual([])
  })

  test('nothing is repeated while blocks are left, when it was not asked for, or when most are doubtful', () => {
    const doubtful = [1, 2, 3].flatMap((index) => measured(index, ['H7']))
    const rest = [4, 5, 6].flatMap((index) => measured(index))
    expect(stateOf(ORDER, measured(1, ['H4']), true).repeats).toEqual([])
    expect(
      stateOf(ORDER, [...measured(1, ['H4']), ...[2, 3, 4, 5, 6].flatMap((i) => measured(i))], false).repeats,
    ).toEqual([])
    expect(stateOf(ORDER, [...doubtful, ...rest], true).repeats).toEqual([])
  })

  test('the blocks of a variant that cannot be measured are left out', () => {
    const dropped: StudyProgress = {
      type: 'variant.dropped',
      atMs,
      variant: 'b',
      why: 'its pods do not come up',
    }
    const { left, dropped: told } = stateOf(ORDER, [...measured(1), dropped], true)
    expect(left.map(({ index }) => index)).toEqual([4, 5])
    expect([...told]).toEqual([['b', 'its pods do not come up']])
  })
})

test('folders are named by index and variant, and never twice', () => {
  const block = { index: 7, round: 2, variant: 'all but preStop = 5/s' }
  expect(blockFolder(block, [])).toBe('007-all-but-preStop-5-s')
  expect(blockFolder(block, [{ ...started(1, 'x'), index: 7 } as StudyProgress])).toBe(
    '007-all-but-preStop-5-s-2',
  )
})
