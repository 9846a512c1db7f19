import type { RequestColumns } from '../model/request-columns.ts'
import type { RequestColumnName } from '../model/request-rows.ts'

export type Values = RequestColumns[RequestColumnName]

/** How the values of one column in one block are kept: what all of them exceed, and the rest in as few bytes as it takes. */
export interface Packing {
  readonly base: number
  /** Bytes a value; 0 = all are the base, 8 = as they are. */
  readonly width: 0 | 1 | 2 | 4 | 8
}

/** The narrowest packing of the first `length` values. Wide ranges and fractions are kept as they are. */
export const packingOf = (values: Values, length: number): Packing => {
  let low = values[0] ?? 0
  let high = low
  let whole = true
  for (let i = 0; i < length; i++) {
    const value = values[i] ?? 0
    if (value < low) low = value
    if (value > high) high = value
    whole &&= Number.isSafeInteger(value)
  }
  const range = high - low
  if (!whole || range >= 2 ** 32) return { base: 0, width: 8 }
  return { base: low, width: range === 0 ? 0 : range < 2 ** 8 ? 1 : range < 2 ** 16 ? 2 : 4 }
}

const viewOf = (width: Exclude<Packing['width'], 0>, buffer: ArrayBuffer, at: number, length: number) => {
  switch (width) {
    case 1:
      return new Uint8Array(buffer, at, length)
    case 2:
      return new Uint16Array(buffer, at, length)
    case 4:
      return new Uint32Array(buffer, at, length)
    case 8:
      return new Float64Array(buffer, at, length)
  }
}

/** Writes the first `length` values at byte `at` of `buffer`, a multiple of 8. */
export const pack = (
  values: Values,
  length: number,
  { base, width }: Packing,
  buffer: ArrayBuffer,
  at: number,
): void => {
  if (width === 0) return
  const view = viewOf(width, buffer, at, length)
  for (let i = 0; i < length; i++) view[i] = (values[i] ?? 0) - base
}

/** Reads back what {@link pack} wrote. */
export const unpack = (
  target: Values,
  length: number,
  { base, width }: Packing,
  buffer: ArrayBuffer,
  at: number,
): void => {
  if (width === 0) {
    target.fill(base, 0, length)
    return
  }
  const view = viewOf(width, buffer, at, length)
  for (let i = 0; i < length; i++) target[i] = base + (view[i] ?? 0)
}
