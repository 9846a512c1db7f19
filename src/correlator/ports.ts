import type { RequestRows } from '../model/request-rows.ts'
import { OK } from './codes.ts'
import type { FailureCase } from './failure-case.ts'
import type { PodIndex } from './pod-index.ts'
import type { PodLine } from './pod-line.ts'

interface Use {
  readonly endMs: number
  readonly startMs: number
  readonly pod: string
}

/** Which pod a local port was last connected to: a stale conntrack entry follows the port. */
export interface PortHistory {
  /** The pod that answered on this port most recently before `atMs`; `null` when not known. */
  lastPod(localPort: number, atMs: number): PodLine | null
}

/** Reads the rows for the ports of connects that timed out, and no others. */
export const portHistory = (
  requests: RequestRows,
  failures: readonly FailureCase[],
  index: PodIndex,
): PortHistory => {
  const wanted = new Set(
    failures
      .filter((failure) => failure.kind === 'connect-timeout')
      .flatMap((failure) => failure.localPort ?? []),
  )
  const uses = new Map<number, Use[]>()
  if (wanted.size > 0)
    for (const block of requests.blocks('localPort', 'pod', 'outcome', 'startUs', 'endUs')) {
      for (let i = 0; i < block.length; i++) {
        const port = block.localPort[i] ?? 0
        const pod = block.pod[i] ?? 0
        if (port === 0 || pod === 0 || block.outcome[i] !== OK || !wanted.has(port)) continue
        const use = {
          startMs: (block.startUs[i] ?? 0) / 1000,
          endMs: (block.endUs[i] ?? 0) / 1000,
          pod: requests.strings[pod] ?? '',
        }
        const list = uses.get(port)
        if (list === undefined) uses.set(port, [use])
        else list.push(use)
      }
    }
  for (const list of uses.values()) list.sort((a, b) => a.endMs - b.endMs || a.startMs - b.startMs)
  return {
    lastPod: (localPort, atMs) => {
      const use = uses.get(localPort)?.findLast((candidate) => candidate.endMs <= atMs)
      return use === undefined ? null : index.byName(use.pod, use.startMs)
    },
  }
}
