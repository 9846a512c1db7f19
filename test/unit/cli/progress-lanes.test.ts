import { expect, test } from 'vitest'
import { loadBars, phaseRuler, podLane, secondsShown } from '../../../src/cli/progress-lanes.ts'
import type { PodProgress } from '../../../src/cli/progress-state.ts'

const pod: PodProgress = {
  name: 'web-1',
  revision: 1,
  steps: [
    { state: 'pending', atMs: 1_100 },
    { state: 'not-ready', atMs: 2_050 },
    { state: 'ready', atMs: 4_900 },
    { state: 'terminating', atMs: 8_000 },
    { state: 'exited', atMs: 9_500 },
    { state: 'gone', atMs: 10_200 },
  ],
  failedSeconds: new Set([8]),
  failed: 3,
}

const lane = (elapsedMs: number, width: number): string =>
  podLane(pod, secondsShown(elapsedMs, width), elapsedMs)
    .map(({ sign }) => sign)
    .join('')

test('a lane shows the state at the end of each second, and where requests failed', () => {
  expect(lane(11_900, 14)).toBe(' ·┄┄━━━━!×    ')
  expect(lane(8_400, 14)).toBe(' ·┄┄━━━━!     ')
})

test('lanes fill from the left, then move; a state that began before them is still there', () => {
  expect(secondsShown(3_900, 5)).toEqual([0, 1, 2, 3, 4])
  expect(secondsShown(9_000, 5)).toEqual([5, 6, 7, 8, 9])
  expect(lane(7_500, 3)).toBe('━━━')
})

test('bars are scaled to the highest second in sight; a blank is nothing, or nothing known', () => {
  const seconds = [1, 2, 4, 8].map((ended, second) => ({ second, ended, failed: 0, p99Us: null }))
  expect(loadBars(seconds, [0, 1, 2, 3, 4], ({ ended }) => ended)).toBe('▁▂▄█ ')
  expect(loadBars(seconds, [0, 1], ({ ended }) => ended)).toBe('▄█')
  expect(loadBars(seconds, [0, 1], ({ p99Us }) => p99Us)).toBe('  ')
})

test('the ruler names each phase where it begins, as far as there is room', () => {
  const phases = [
    { phase: 'baseline', rollout: null, atMs: 0 },
    { phase: 'rollout', rollout: 1, atMs: 4_000 },
    { phase: 'settle', rollout: 1, atMs: 16_000 },
  ]
  expect(phaseRuler(phases, secondsShown(20_000, 24))).toBe('│bas│rollout 1  │settle ')
  expect(phaseRuler(phases, secondsShown(30_000, 20))).toBe('rollo│settle        ')
})
