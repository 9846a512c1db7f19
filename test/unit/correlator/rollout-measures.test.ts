import { describe, expect, test } from 'vitest'
import { correlate } from '../../../src/correlator/correlate.ts'
import { readBundle } from '../../../src/eventlog/bundle-reader.ts'
import { readStory } from '../../support/story.ts'

const rolloutOf = (story: string) => {
  const { report } = correlate(readStory(story))
  const [rollout] = report.rollouts
  if (rollout === undefined) throw new Error(`${story} has no rollout`)
  return { report, rollout }
}

describe('what one restart did beside its failures', () => {
  test('a rollout that leaves no endpoint has none ready at its worst moment', () => {
    expect(rolloutOf('c5-no-endpoint-left').rollout).toMatchObject({ fewestReady: 0 })
  })
  test('a rollout that surges keeps as many ready endpoints as it had', () => {
    const { rollout } = rolloutOf('clean-run')
    expect(rollout.fewestReady).toBe(rollout.readyBefore)
  })
  test('latency is of good answers to requests that started before the old pods were gone', () => {
    const { report, rollout } = rolloutOf('clean-run')
    expect(rollout.p50Us).toBeGreaterThan(0)
    expect(rollout.p99Us).toBeGreaterThanOrEqual(rollout.p50Us ?? 0)
    expect(rollout.p99Us).toBeLessThanOrEqual(
      Math.max(...Object.values(report.latency.byPhase).map(({ maxUs }) => maxUs)),
    )
  })
  test('the outages of the restarts add up to that of a run that had one in its rollouts only', async () => {
    const { report } = correlate(await readBundle('reports/sample'))
    const sum = report.rollouts.reduce((total, { outageMs }) => total + (outageMs ?? 0), 0)
    expect(report.outage?.anyMs).toBeGreaterThan(1000)
    expect(sum).toBe(report.outage?.anyMs)
  })
})
