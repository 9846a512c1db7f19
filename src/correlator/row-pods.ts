import type { RequestColumns } from '../model/request-columns.ts'
import { OK } from './codes.ts'
import type { PodIndex } from './pod-index.ts'
import type { PodLine } from './pod-line.ts'

/** Says which pod a row is known to have gone to; `null` = not known. */
export type RowPods = (row: number) => PodLine | null

/** Codes of addresses that are pods', into `strings`. */
export const directAddresses = (columns: RequestColumns, index: PodIndex): readonly boolean[] =>
  columns.strings.map((text) => text !== '' && index.isPodAddress(text))

/**
 * By the name in the answer, or by the address where that is a pod's own. A failed answer's name is the pod that the
 * connection last answered from: true on L4 only, where it stays, so there the address tells it.
 */
export const rowPods = (columns: RequestColumns, index: PodIndex): RowPods => {
  const unique = uniqueLines(columns, index)
  const direct = directAddresses(columns, index)
  return (row) => {
    const startMs = (columns.startUs[row] ?? 0) / 1000
    const name = columns.pod[row] ?? 0
    const address = columns.remoteAddress[row] ?? 0
    if (columns.outcome[row] === OK && name > 0)
      return unique[name] ?? index.byName(columns.strings[name] ?? '', startMs)
    return direct[address] === true ? index.byAddress(columns.strings[address] ?? '', startMs) : null
  }
}

/** Pod of each string that is the name of exactly one pod. */
export const uniqueLines = (columns: RequestColumns, index: PodIndex): (PodLine | undefined)[] => {
  const byName = Map.groupBy(index.pods, (line) => line.ref.name)
  return columns.strings.map((text) => {
    const lines = byName.get(text)
    return lines?.length === 1 ? lines[0] : undefined
  })
}
