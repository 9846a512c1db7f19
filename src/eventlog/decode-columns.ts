import { COLUMN_NAMES, type RequestColumns } from '../model/request-columns.ts'
import type { ColumnName, ColumnSpec } from './parquet-columns.ts'

/** One dictionary for all parts; entry 0 is ''. */
export interface StringTable {
  readonly strings: string[]
  indexOf(text: string): number
}

export const createStringTable = (): StringTable => {
  const strings = ['']
  const indexes = new Map([['', 0]])
  return {
    strings,
    indexOf: (text) => {
      const known = indexes.get(text)
      if (known !== undefined) return known
      indexes.set(text, strings.length)
      strings.push(text)
      return strings.length - 1
    },
  }
}

/** The column of this name. Throws when there is none. */
export const columnNameOf = (name: string | undefined): ColumnName => {
  const known = COLUMN_NAMES.find((column) => column === name)
  if (known === undefined) throw new RangeError(`column ${name} was not asked for`)
  return known
}

/** A value of the file → what stands for it in memory. */
export type Decoder = (value: unknown) => number

/** How the values of a column are read back. Unknown words and unexpected nulls throw. */
export const decoderOf = (name: ColumnName, spec: ColumnSpec, table: StringTable): Decoder => {
  const unknown = (): number => {
    if (spec.none === null) throw new RangeError(`column ${name} has a null`)
    return spec.none
  }
  switch (spec.kind) {
    case 'integer':
      return (value) => (value === null || value === undefined ? unknown() : Number(value))
    case 'text':
      return (value) => (typeof value === 'string' ? table.indexOf(value) : unknown())
    case 'word': {
      const indexes = new Map<unknown, number>(spec.words.map((word, index) => [word, index]))
      return (value) => {
        const index = indexes.get(value)
        if (index !== undefined) return index
        if (value === null || value === undefined) return unknown()
        throw new RangeError(`column ${name} has the unknown value ${JSON.stringify(value)}`)
      }
    }
  }
}

/** Decodes `values` into `target` from entry `from` on. Throws when they do not fit. */
export const decodeInto = (
  target: RequestColumns[ColumnName],
  from: number,
  values: ArrayLike<unknown>,
  decode: Decoder,
): void => {
  if (from + values.length > target.length) throw new RangeError('more values than rows')
  for (let i = 0; i < values.length; i++) target[from + i] = decode(values[i])
}
