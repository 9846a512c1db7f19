import type { BlockStrip, VariantSummary } from '../../model/comparison.ts'
import { countOf, countText, runClockText } from '../format.ts'
import { drawing, element, ticks } from './svg.ts'

const WIDTH = 1000
const LEFT = 210
/** Room for half of the last label of the axis. */
const RIGHT = 20
const HEIGHT = 40
const BARS = 28

/** Largest count in a list, without spreading it. */
const largest = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, value), 0)

export interface StripScale {
  readonly toMs: number
  readonly mostFailed: number
}

/** One scale for all strips, so that they can be compared by eye. */
export const stripScale = (variants: readonly VariantSummary[]): StripScale => {
  const blocks = variants.flatMap((variant) => variant.blocks)
  return {
    toMs: Math.max(1000, largest(blocks.map(({ durationMs }) => durationMs))),
    mostFailed: Math.max(1, largest(blocks.map(({ failedPerSecond }) => largest(failedPerSecond)))),
  }
}

/** Failures of one run over its time: restarts as bands, starts of pod terminations as ticks, failed requests as bars. */
export const stripSvg = (variant: string, block: BlockStrip, { toMs, mostFailed }: StripScale): string => {
  const x = (ms: number): number => LEFT + (Math.min(toMs, Math.max(0, ms)) / toMs) * (WIDTH - LEFT - RIGHT)
  const second = x(1000) - x(0)
  const height = (count: number): number => (count === 0 ? 0 : Math.max(2, (count / mostFailed) * BARS))
  const bands = block.rollouts.map(({ fromMs, toMs: endMs }) =>
    element('rect', {
      class: 'rollout',
      x: x(fromMs),
      y: 2,
      width: Math.max(1, x(endMs) - x(fromMs)),
      height: BARS + 2,
    }),
  )
  const bars = block.failedPerSecond.flatMap((count, i) =>
    count === 0
      ? []
      : [
          element('rect', {
            class: 'failed-bar',
            x: x(i * 1000),
            y: 4 + BARS - height(count),
            width: Math.max(1.5, second - 0.5),
            height: height(count),
          }),
        ],
  )
  const ends = block.terminatingAtMs.map((ms) =>
    element('line', { class: 'sigterm', x1: x(ms), x2: x(ms), y1: 4 + BARS, y2: 9 + BARS }),
  )
  const summary = `${block.hit} of ${block.terminations} dropped, ${countText(block.failed)} failed`
  return drawing(
    WIDTH,
    HEIGHT,
    `${variant}, round ${block.block}: ${countOf(block.failed, 'failed request')}, ${block.hit} of ${block.terminations} terminations dropped something`,
    [
      element('text', { x: 0, y: 14 }, `round ${block.block} · run ${block.order}`),
      element('text', { class: block.hit > 0 ? 'end bad' : 'label', x: 0, y: 29 }, summary),
      ...bands,
      element('line', { class: 'faint', x1: LEFT, x2: WIDTH - RIGHT, y1: 4 + BARS, y2: 4 + BARS }),
      ...bars,
      ...ends,
    ].join(''),
  )
}

/** The time axis below the strips. */
export const stripAxis = ({ toMs }: StripScale): string =>
  drawing(
    WIDTH,
    20,
    `time from 0 to ${runClockText(toMs, 0)}`,
    ticks(0, toMs / 1000, 8)
      .map((second) => {
        const x = LEFT + ((second * 1000) / toMs) * (WIDTH - LEFT - RIGHT)
        return element(
          'text',
          { class: 'label', x, y: 13, 'text-anchor': 'middle' },
          runClockText(second * 1000, 0),
        )
      })
      .join(''),
  )
