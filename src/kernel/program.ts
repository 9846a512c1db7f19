/**
 * What a new thread or process of this program can be. The program has one entry file (the bundle), so a
 * role says what to do: workers get it as `workerData.role`, processes as ROLLPROOF_ROLE in the environment.
 */
export type Role =
  | 'cli'
  | 'engine-worker'
  | 'record-writer'
  | 'judge'
  | 'lab'
  | 'lab-app'
  | 'lab-ingress'
  | 'lab-alb'
  | 'lab-parking'

/**
 * What a thread's heap may use for new objects. By itself V8 lets each thread of a busy program grow to 128 MB of it,
 * which our threads gain nothing from: what they keep is in typed arrays, and the rest is dead at once.
 */
export const THREAD_LIMITS = { maxYoungGenerationSizeMb: 16 } as const

export const ROLE_VARIABLE = 'ROLLPROOF_ROLE'

/** Entry file: `src/cli/entry.ts` when run from source, else `cli.mjs` beside the bundle that is running. */
export const programUrl = (): URL => {
  const here = new URL(import.meta.url)
  if (here.pathname.endsWith('/kernel/program.ts')) return new URL('../cli/entry.ts', here)
  return new URL('./cli.mjs', here)
}
