import type { COLUMN_NAMES, RequestColumns } from './request-columns.ts'

export type RequestColumnName = (typeof COLUMN_NAMES)[number]

/** Some columns of some rows that follow one another; entry i of each belongs to the same row. */
export type RequestBlock<Name extends RequestColumnName> = Pick<RequestColumns, Name | 'length'>

/**
 * The request rows of a run, read block by block, because those of a long run are not to be in memory all at once. A pass
 * names the columns that it reads, and pays for no others.
 */
export interface RequestRows {
  readonly length: number
  /** Dictionary of the string columns; entry 0 is ''. */
  readonly strings: readonly string[]
  /** One pass over all rows, in their order. The arrays of a block are good until the next one is asked for. */
  blocks<Name extends RequestColumnName>(...names: readonly Name[]): Iterable<RequestBlock<Name>>
}

/** Rows that are in memory as whole columns: one block. */
export const rowsOfColumns = (columns: RequestColumns): RequestRows => ({
  length: columns.length,
  strings: columns.strings,
  blocks: () => [columns],
})
