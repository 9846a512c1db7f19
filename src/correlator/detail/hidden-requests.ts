import type { HiddenRequest } from '../../model/detail.ts'
import type { RequestColumns } from '../../model/request-columns.ts'

const MOST_LISTED = 1000

/** The requests of hidden damage, in order of their start. */
export const hiddenRequests = (columns: RequestColumns, rows: readonly number[]): HiddenRequest[] =>
  rows
    .map((row) => ({
      requestId: columns.requestId[row] ?? 0,
      startedAtMs: (columns.startUs[row] ?? 0) / 1000,
      tookMs: ((columns.endUs[row] ?? 0) - (columns.startUs[row] ?? 0)) / 1000,
      vu: columns.vu[row] ?? 0,
      template: columns.strings[columns.template[row] ?? 0] ?? '',
      pod: columns.strings[columns.pod[row] ?? 0] || null,
      rollout: columns.rollout[row] || null,
    }))
    .sort((a, b) => a.startedAtMs - b.startedAtMs || a.requestId - b.requestId)
    .slice(0, MOST_LISTED)
