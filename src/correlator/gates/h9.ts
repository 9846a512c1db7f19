import type { EventOf } from '../../model/events.ts'
import { isSightResource } from '../timeline.ts'
import { type Gate, msText } from './gate.ts'

/** Without these two the pods' transitions cannot be known. */
const NEEDED = ['pods', 'endpointslices']

export const h9: Gate = {
  id: 'H9',
  claim: 'No pod or endpoint event of a rollout was missed',
  inLoad: false,
  judge: ({ world, windows }) => {
    const limit = 'no watch gap in a rollout window, and the last LIST equals what the watch told'
    const { events, gaps } = world.timeline
    const gap = gaps.find(
      (one) =>
        isSightResource(one.resource) &&
        windows.some((span) => span.fromMs <= one.toMs && span.toMs >= one.fromMs),
    )
    if (gap !== undefined)
      return {
        value: `${gap.resource} were not seen for ${msText(gap.toMs - gap.fromMs)} (${gap.why})`,
        limit,
        holds: false,
      }
    const opened = new Set(
      events.flatMap((event) =>
        event.type === 'watch.opened' && isSightResource(event.resource) ? [event.resource] : [],
      ),
    )
    const missing = NEEDED.filter((resource) => !opened.has(resource))
    if (missing.length > 0) return { value: `${missing.join(' and ')} were not watched`, limit, holds: null }
    const last = new Map<string, EventOf<'watch.audited'>>()
    for (const event of events)
      if (event.type === 'watch.audited' && event.final && isSightResource(event.resource))
        last.set(event.resource, event)
    const wrong = [...last.values()].find(({ agrees }) => !agrees)
    if (wrong !== undefined)
      return {
        value: `the last audit of ${wrong.resource} disagrees: ${wrong.detail ?? 'no detail'}`,
        limit,
        holds: false,
      }
    const unaudited = [...opened].filter((resource) => !last.has(resource)).sort()
    if (unaudited.length > 0) return { value: `no last audit of ${unaudited.join(', ')}`, limit, holds: null }
    return { value: `${opened.size} watches without a gap; last audits agree`, limit, holds: true }
  },
}
