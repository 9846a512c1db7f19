import { FAILURE_KINDS, OUTCOMES, SOURCES } from '../model/outcome.ts'
import { PHASES } from '../model/phase.ts'

/** Codes that the request columns use for the words of the model. */
export const VUSER = SOURCES.indexOf('vuser')
export const FRESH_PROBE = SOURCES.indexOf('fresh')
export const REUSED_PROBE = SOURCES.indexOf('reused')
export const CONTROL_PROBE = SOURCES.indexOf('control')
export const OK = OUTCOMES.indexOf('ok')
export const FAILED = OUTCOMES.indexOf('failed')
export const CUT = OUTCOMES.indexOf('cut')

export const phaseName = (code: number): string => PHASES[code] ?? 'end'
export const kindName = (code: number): (typeof FAILURE_KINDS)[number] =>
  FAILURE_KINDS[code - 1] ?? 'protocol'
