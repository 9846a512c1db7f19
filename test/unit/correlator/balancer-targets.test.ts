import { expect, test } from 'vitest'
import { balancerTargets } from '../../../src/correlator/balancer-targets.ts'
import type { CorrelatorInput } from '../../../src/correlator/input.ts'
import { buildWorld } from '../../../src/correlator/world.ts'
import type { RunEvent } from '../../../src/model/events.ts'
import type { Prediction } from '../../../src/model/prediction.ts'
import { readStory } from '../../support/story.ts'

const story = readStory('a1-alb-of-unknown-targets')

const targetsOf = (input: CorrelatorInput): ReturnType<typeof balancerTargets> => {
  const { info, timeline, index } = buildWorld(input)
  return balancerTargets(info, timeline, index)
}
const told = (targets: readonly string[]): CorrelatorInput => ({
  ...story,
  events: story.events.flatMap((event): RunEvent[] =>
    event.type === 'clock.offset'
      ? [
          event,
          ...targets.map(
            (target): RunEvent => ({
              seq: event.seq,
              atMs: event.atMs,
              type: 'target.state',
              target,
              pod: null,
              state: 'healthy',
            }),
          ),
        ]
      : [event],
  ),
})
const predicted = (...ids: readonly string[]): CorrelatorInput => {
  const { cluster } = story.info
  if (cluster === null) throw new Error('the story has a cluster')
  const predictions = ids.map(
    (id): Prediction => ({
      id,
      cause: 'C4',
      alsoCauses: [],
      severity: 'medium',
      title: '',
      because: '',
      fix: '',
    }),
  )
  return { ...story, info: { ...story.info, cluster: { ...cluster, predictions } } }
}

test('without a word of the load balancer, a gate or an Ingress nothing is known', () => {
  expect(targetsOf(story)).toBeNull()
})

test('targets that are addresses of pods are pods, others are nodes', () => {
  expect(targetsOf(told(['10.244.1.1', '10.244.1.2']))).toBe('pods')
  expect(targetsOf(told(['i-0a1b2c3d4e5f60718']))).toBe('nodes')
})

test('what preflight read of the Ingress tells, unless it read of both kinds', () => {
  expect(targetsOf(predicted('alb-target-type-instance'))).toBe('nodes')
  expect(targetsOf(predicted('no-readiness-gate'))).toBe('pods')
  expect(targetsOf(predicted('alb-target-type-instance', 'no-readiness-gate'))).toBeNull()
})

test('a readiness gate of the load balancer is there only with pods as targets', () => {
  const { info, timeline, index } = buildWorld(readStory('c3-alb-503-in-spite-of-the-gate'))
  const silent = { ...timeline, events: timeline.events.filter(({ type }) => type !== 'target.state') }
  expect(balancerTargets(info, silent, index)).toBe('pods')
})
