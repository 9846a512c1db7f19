import { escapeHtml } from '../escape.ts'

/** A number as SVG wants it: at most two decimals. */
export const at = (value: number): string => String(Number(value.toFixed(2)))

type Attributes = Readonly<Record<string, string | number>>

/** One element; text inside is escaped, children are markup. */
export const element = (name: string, attributes: Attributes, text = '', children = ''): string => {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? at(value) : escapeHtml(value)}"`)
    .join('')
  return text === '' && children === ''
    ? `<${name}${written}/>`
    : `<${name}${written}>${escapeHtml(text)}${children}</${name}>`
}

/** A drawing of fixed size with a sentence for those who cannot see it; its figures are in a table beside it. */
export const drawing = (width: number, height: number, label: string, children: string): string =>
  element(
    'svg',
    { role: 'img', 'aria-label': label, width, height, viewBox: `0 0 ${at(width)} ${at(height)}` },
    '',
    children,
  )

/** Round steps that make about `wanted` lines between `low` and `high`: 1, 2 or 5 times a power of ten. */
export const ticks = (low: number, high: number, wanted = 5): number[] => {
  const span = high - low
  if (!(span > 0) || !Number.isFinite(span)) return [low]
  const rough = span / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10) * power
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** `text` cut to `most` characters. */
export const clipped = (text: string, most: number): string =>
  [...text].length <= most ? text : `${[...text].slice(0, most - 1).join('')}…`
