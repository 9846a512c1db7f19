import { hasCode } from '../kernel/errors.ts'

/** Whether a write with this error may have happened all the same: nobody said no. */
export const isOutcomeUnknown = (error: unknown): boolean =>
  hasCode(error, 'KUBE_UNREACHABLE') || hasCode(error, 'KUBE_SERVER') || hasCode(error, 'KUBE_PROTOCOL')
