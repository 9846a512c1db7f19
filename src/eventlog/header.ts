import type { EpochMs } from '../kernel/units.ts'
import { SCHEMA_VERSION } from '../model/events.ts'
import type { RunInfo } from '../model/run-info.ts'
import { redactScenario } from './redact.ts'

/** All of {@link RunInfo} but what follows from it. `scenario` as resolved; secrets are hidden here. */
export type HeaderInput = Omit<RunInfo, 'schemaVersion' | 'name' | 'startedAt'> & {
  /** The same moment on both clocks: `process.hrtime` in µs, and Unix ms. */
  readonly monotonicUs: number
  readonly epochMs: EpochMs
}

/** Builds `run.json`: everything that later stages need beside the facts and the rows. Holds no secret. */
export const buildRunInfo = (input: HeaderInput): RunInfo => {
  const { monotonicUs, epochMs, scenario, ...rest } = input
  return {
    ...rest,
    schemaVersion: SCHEMA_VERSION,
    name: scenario.name,
    startedAt: { monotonicUs, epochMs },
    scenario: redactScenario(scenario),
  }
}
