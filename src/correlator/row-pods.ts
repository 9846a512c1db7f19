import type { RequestBlock, RequestRows } from '../model/request-rows.ts'
import { OK } from './codes.ts'
import type { PodIndex } from './pod-index.ts'
import type { PodLine } from './pod-line.ts'

/** The columns that tell a row's pod. */
export const POD_COLUMNS = ['startUs', 'outcome', 'pod', 'remoteAddress'] as const

/** Says which pod a row of a block is known to have gone to; `null` = not known. */
export type RowPods = (block: RequestBlock<(typeof POD_COLUMNS)[number]>, row: number) => PodLine | null

/** Codes of addresses that are pods', into `strings`. */
export const directAddresses = (requests: RequestRows, index: PodIndex): readonly boolean[] =>
  requests.strings.map((text) => text !== '' && index.isPodAddress(text))

/**
 * By the name in the answer, or by the address where that is a pod's own. A failed answer's name is the pod that the
 * connection last answered from: true on L4 only, where it stays, so there the address tells it.
 */
export const rowPods = (requests: RequestRows, index: PodIndex): RowPods => {
  const { strings } = requests
  const unique = uniqueLines(requests, index)
  const direct = directAddresses(requests, index)
  return (block, row) => {
    const startMs = (block.startUs[row] ?? 0) / 1000
    const name = block.pod[row] ?? 0
    const address = block.remoteAddress[row] ?? 0
    if (block.outcome[row] === OK && name > 0)
      return unique[name] ?? index.byName(strings[name] ?? '', startMs)
    return direct[address] === true ? index.byAddress(strings[address] ?? '', startMs) : null
  }
}

/** Pod of each string that is the name of exactly one pod. */
export const uniqueLines = (requests: RequestRows, index: PodIndex): (PodLine | undefined)[] => {
  const byName = Map.groupBy(index.pods, (line) => line.ref.name)
  return requests.strings.map((text) => {
    const lines = byName.get(text)
    return lines?.length === 1 ? lines[0] : undefined
  })
}
