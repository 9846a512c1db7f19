/** Phases of a run, in order; `rollout` and `settle` repeat. `load` knows only `self-test` and `steady`. */
export const PHASES = [
  'preflight',
  'self-test',
  'baseline',
  'rollout',
  'settle',
  'recovery',
  'steady',
  'end',
] as const
export type Phase = (typeof PHASES)[number]
