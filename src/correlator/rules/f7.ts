import { type Rule, suspects } from './rule.ts'

export const f7: Rule = {
  id: 'F7',
  title: 'The request belongs to the end of the load, not to the target',
  fix: 'Let the load run until the last old pod is gone and has settled.',
  group: 'harness',
  judge: (failure, world) => {
    const end = world.timeline.phases.find((phase) => phase.phase === 'end')
    return end !== undefined && failure.startMs >= end.fromMs ? suspects(0.9, [failure.seq]) : null
  },
}
