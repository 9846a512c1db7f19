import type { HiddenRequest } from '../../model/detail.ts'

const MOST_LISTED = 1000

/** The requests of hidden damage, in order of their start. */
export const hiddenRequests = (rows: readonly HiddenRequest[]): HiddenRequest[] =>
  rows.toSorted((a, b) => a.startedAtMs - b.startedAtMs || a.requestId - b.requestId).slice(0, MOST_LISTED)
