import type { ErrorCode } from '../kernel/errors.ts'
import type { LabInfo } from './lab-config.ts'

/** Environment variable that carries the configuration instead of stdin. */
export const CONFIG_VARIABLE = 'ROLLPROOF_LAB_CONFIG'

/** The one line that the lab's process writes to stdout. */
export type LabAnswer =
  | { readonly ok: true; readonly info: LabInfo }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly hint: string | null }
