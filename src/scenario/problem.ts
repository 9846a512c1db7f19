import { printable } from './shown.ts'

/** Keys and indexes from the top of the scenario to a value. */
export type Path = readonly (string | number)[]

/** One thing that is wrong with a scenario. */
export interface Problem {
  readonly path: Path
  /** With `key`, the problem is the key itself (the last entry of the path), not its value. */
  readonly at: 'key' | 'value'
  /** What is wrong and what was expected. */
  readonly message: string
  /** What to do; `null` when the message says it. */
  readonly hint: string | null
  /** Characters from the start of the text value to the place of the problem. */
  readonly offset?: number
}

export const problem = (
  path: Path,
  message: string,
  hint: string | null = null,
  at: 'key' | 'value' = 'value',
): Problem => ({ path, at, message, hint })

/** `requests[0].expect.status`; the top of the scenario is ''. */
export const pathText = (path: Path): string =>
  path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${printable(step, 60)}`,
    )
    .join('')

/** `load.vus: expected a whole number …, got "many"; did you mean …?` */
export const problemText = ({ path, message, hint }: Problem): string => {
  const where = path.length === 0 ? '' : `${pathText(path)}: `
  return `${where}${message}${hint === null ? '' : `; ${hint}`}`
}
