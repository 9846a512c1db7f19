export type Tone = 'good' | 'bad' | 'warn' | 'quiet'

/** One cell: raw text; a tone repeats what the text says, it never says more. */
export interface Cell {
  readonly text: string
  readonly tone?: Tone
}

export interface Column {
  readonly label: string
  readonly align: 'left' | 'right'
  /** The narrowest it can be and still be read, in characters. */
  readonly minWidth: number
  /** Where a sink is too narrow, columns of the highest rank go first; 0 stays always. */
  readonly rank: number
}

export interface ReportTable {
  readonly id: string
  readonly title: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
  /** Sentences below the table. */
  readonly notes: readonly string[]
}

/** A column of words, or of figures with `right`. */
export const column = (
  label: string,
  minWidth: number,
  rank = 0,
  align: 'left' | 'right' = 'left',
): Column => ({ label, align, minWidth, rank })

export const cell = (text: string, tone?: Tone): Cell => (tone === undefined ? { text } : { text, tone })
