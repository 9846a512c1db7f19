import { arrivalsOf } from './arrivals.ts'
import { countText, type Gate } from './gate.ts'

export const h2: Gate = {
  id: 'H2',
  claim: 'The load was sent as planned',
  inLoad: true,
  judge: (context) => {
    const most = context.world.info.scenario.limits.lateArrivals
    const where = context.world.info.command === 'load' ? '' : ' in rollout windows'
    const limit = `at most ${countText(most)} late or dropped arrivals${where}`
    if (context.windows.length === 0) return { value: 'no window to look at', limit, holds: null }
    const { late, dropped, excused, dueWhileOpen, count } = arrivalsOf(context)
    if (count + dueWhileOpen + dropped === 0) return { value: `no arrivals${where}`, limit, holds: null }
    const aside = excused === 0 ? '' : ` (and ${countText(excused)} while failures were open)`
    return {
      value: `${countText(late)} late, ${countText(dropped)} dropped${aside}`,
      limit,
      holds: late + dropped <= most,
    }
  },
}
