import { expect, test } from 'vitest'
import { silentLogger } from '../../../src/kernel/logger.ts'
import { runMs } from '../../../src/kernel/units.ts'
import type { EventDraft } from '../../../src/model/events.ts'
import { watchTargets } from '../../../src/watchers/watch-targets.ts'
import { createStepClock } from '../../support/step-clock.ts'

type Answer = readonly { readonly target: string; readonly state: string }[]

/** Answers in turn, one a second; an Error is a question that failed. */
const watched = async (answers: readonly (Answer | Error)[]): Promise<string[]> => {
  const clock = createStepClock()
  const told: string[] = []
  let turn = 0
  const stop = watchTargets({
    read: () => {
      const answer = answers[turn++] ?? []
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
    },
    sink: (draft: EventDraft) => {
      if (draft.type === 'target.state') told.push(`${turn} ${draft.target} ${draft.state}`)
      return { seq: 1, atMs: runMs(0), ...draft }
    },
    clock,
    log: silentLogger,
  })
  for (let i = 1; i < answers.length; i++) {
    // Lets the last answer arrive.
    await new Promise((done) => setImmediate(done))
    clock.advance(1000)
  }
  await new Promise((done) => setImmediate(done))
  stop()
  return told
}

test('each change of a target is told once, and one that is no longer there is unused', async () => {
  const old = (state: string) => ({ target: 'a', state })
  const told = await watched([
    [old('healthy')],
    [old('healthy'), { target: 'b', state: 'initial' }],
    [old('draining'), { target: 'b', state: 'healthy' }],
    [{ target: 'b', state: 'healthy' }],
  ])
  expect(told).toEqual(['1 a healthy', '2 b initial', '3 a draining', '3 b healthy', '4 a unused'])
})

test('an answer that does not come changes nothing that is known', async () => {
  const a = [{ target: 'a', state: 'healthy' }]
  expect(await watched([a, new Error('refused'), a])).toEqual(['1 a healthy'])
})
