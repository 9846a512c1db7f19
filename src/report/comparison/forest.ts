import type { ComparisonWord, IntervalEnds } from '../../model/comparison.ts'
import { clipped, drawing, element, ticks } from './svg.ts'
import { wordTone } from './tables.ts'

export interface ForestRow {
  readonly label: string
  readonly difference: number
  /** `null` = not known: only the point is drawn. */
  readonly interval: IntervalEnds | null
  readonly word: ComparisonWord
}

export interface Forest {
  readonly label: string
  readonly rows: readonly ForestRow[]
  readonly show: (value: number) => string
  /** A second line beside 0: where "as good as" ends; `null` = none. */
  readonly margin: number | null
}

const WIDTH = 1100
const LEFT = 290
const RIGHT = 320
const TOP = 24
const ROW = 26

/** Differences with their intervals, one row each, on one scale: left of 0 is better. Empty for no rows. */
export const forestSvg = ({ label, rows, show, margin }: Forest): string => {
  if (rows.length === 0) return ''
  const values = [
    0,
    ...rows.flatMap(({ difference, interval }) => [
      difference,
      interval?.low ?? difference,
      interval?.high ?? difference,
    ]),
  ]
  if (margin !== null) values.push(margin)
  const least = Math.min(...values)
  const most = Math.max(...values)
  const pad = (most - least) * 0.04 || 1
  const low = least - pad
  const high = most + pad
  const x = (value: number): number => LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT)
  const bottom = TOP + rows.length * ROW
  const axis = ticks(low, high)
    .map(
      (value) =>
        element('line', {
          class: value === 0 ? 'grid' : 'faint',
          x1: x(value),
          x2: x(value),
          y1: TOP - 4,
          y2: bottom,
        }) +
        element('text', { class: 'label', x: x(value), y: TOP - 10, 'text-anchor': 'middle' }, show(value)),
    )
    .join('')
  const limit =
    margin === null
      ? ''
      : element('line', { class: 'margin', x1: x(margin), x2: x(margin), y1: TOP - 4, y2: bottom })
  const drawn = rows
    .map(({ label: name, difference, interval, word }, i) => {
      const y = TOP + i * ROW + ROW / 2
      const tone = wordTone(word)
      return [
        element('text', { x: LEFT - 12, y: y + 4, 'text-anchor': 'end' }, clipped(name, 44)),
        interval === null
          ? ''
          : element('line', {
              class: `range ${tone}`,
              x1: x(interval.low),
              x2: x(interval.high),
              y1: y,
              y2: y,
            }),
        element('circle', { class: `point ${tone}`, cx: x(difference), cy: y, r: 4.5 }),
        element('text', { class: `outcome ${tone}`, x: WIDTH - RIGHT + 14, y: y + 4 }, clipped(word, 40)),
      ].join('')
    })
    .join('')
  return drawing(WIDTH, bottom + 8, label, axis + limit + drawn)
}
