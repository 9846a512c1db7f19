import { controlFailedDuring, stallDuring } from '../exposure.ts'
import { engineStalls } from '../timeline.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

export const f3: Rule = {
  id: 'F3',
  title: 'The machine that sends stood still, or could not reach a control target either',
  fix: 'Give the harness more processor time, or run it on a machine of its own, and repeat the run.',
  group: 'harness',
  judge: (failure, world) => {
    const stalled = failure.kind === 'client' && failure.code === 'ROLLPROOF_STALL'
    const stall = stallDuring(failure, engineStalls(world.timeline))
    const control = controlFailedDuring(failure, world.timeline)
    if (stalled) return suspects(0.95, [failure.seq, stall?.seq])
    if (control !== null) return suspects(0.9, [failure.seq, control.seq, stall?.seq])
    if (stall === null) return ruledOut('no stall of ours and no failing control at that time')
    // What the kernel or the other side said is true however late we read it.
    const said =
      failure.family === 'answer' || failure.kind === 'connect-refused' || failure.kind === 'truncated'
    return said
      ? ruledOut('our thread had stalled, but a stall cannot make such an answer')
      : suspects(0.85, [failure.seq, stall.seq])
  },
}
