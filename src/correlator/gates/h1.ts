import { countText, type Gate } from './gate.ts'

/** Conservation: the engine's books, the bundle and what is reported agree. */
export const h1: Gate = {
  id: 'H1',
  claim: 'No request was lost from the books',
  inLoad: true,
  judge: ({ input, world }) => {
    const limit = 'planned = started + dropped; started = ok + failed + cut; books, rows and facts agree'
    const { ended } = world.timeline
    if (ended === null)
      return { value: 'the run has no end: it was killed, or is still going on', limit, holds: false }
    const { counts } = ended
    if (counts === null) return { value: 'the engine could not hand in its books', limit, holds: null }
    const facts = new Set<number>()
    for (const event of world.timeline.events)
      if (event.type === 'request.failed' && event.source === 'vuser') facts.add(event.requestId)
    const { rows } = world
    const wrong: string[] = []
    const check = (what: string, left: number, right: number): void => {
      if (left !== right) wrong.push(`${what}: ${countText(left)} ≠ ${countText(right)}`)
    }
    check('planned ≠ started + dropped', counts.planned, counts.started + counts.dropped)
    check('started ≠ ok + failed + cut', counts.started, counts.ok + counts.failed + counts.cut)
    check('started in books and rows', counts.started, rows.started)
    check('ok in books and rows', counts.ok, rows.ok)
    check('failed in books and rows', counts.failed, rows.failed)
    check('cut in books and rows', counts.cut, rows.cut)
    check('failed in books and facts', counts.failed, facts.size)
    check('rows handed over and rows there', ended.rows, world.requests.length)
    if (input.torn !== null) wrong.push('the last fact is torn')
    wrong.push(...input.problems)
    return wrong.length === 0
      ? {
          value: `${countText(counts.planned)} planned = ${countText(counts.started)} started + ${countText(counts.dropped)} dropped; ${countText(counts.ok)} ok + ${countText(counts.failed)} failed + ${countText(counts.cut)} cut`,
          limit,
          holds: true,
        }
      : { value: wrong.slice(0, 5).join('; '), limit, holds: false }
  },
}
