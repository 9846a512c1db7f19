import type { EventOf } from '../../model/events.ts'
import type { Gate } from './gate.ts'

export const h6: Gate = {
  id: 'H6',
  claim: 'The engine found every known fault of a faulty server before the run',
  inLoad: true,
  judge: ({ world }) => {
    const limit = 'all found'
    const test = world.timeline.events.findLast(
      (event): event is EventOf<'engine.self-tested'> => event.type === 'engine.self-tested',
    )
    if (test === undefined || test.of === 0) return { value: 'the engine was not tested', limit, holds: null }
    const missed = test.missed.length === 0 ? '' : `; missed ${test.missed.join(', ')}`
    return { value: `${test.found} of ${test.of}${missed}`, limit, holds: test.found === test.of }
  },
}
