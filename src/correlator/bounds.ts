import type { RunReport } from '../model/finding.ts'
import { terminationWindows } from './baseline.ts'
import { wilson } from './statistics/wilson.ts'
import { ruleOfThree } from './statistics/zero-bound.ts'
import type { World } from './world.ts'

/**
 * Upper 95 % bounds: rule of three for a zero, else Wilson's upper limit. Trials are pod terminations for systematic
 * causes and requests for random ones; failures cluster, so the termination is the one that counts.
 */
export const boundsOf = (world: World, started: number, failed: number): RunReport['bounds'] => {
  const windows = terminationWindows(world.timeline)
  const hit = windows.filter((window) =>
    world.failures.some((failure) => failure.startMs <= window.toMs && failure.endMs >= window.fromMs),
  ).length
  const upper = (k: number, n: number): number | null =>
    k === 0 ? ruleOfThree(n) : (wilson(k, n)?.high ?? null)
  return {
    terminations: windows.length,
    perTermination: upper(hit, windows.length),
    requests: started,
    perRequest: upper(Math.min(failed, started), started),
  }
}
