import { arrivalsOf } from './arrivals.ts'
import { type Gate, msText } from './gate.ts'

export const h3: Gate = {
  id: 'H3',
  claim: 'Requests started when they were due',
  inLoad: true,
  judge: (context) => {
    const mostMs = context.world.info.scenario.limits.scheduleLagMs
    const limit = `p99.9 of (real − intended start) ≤ ${msText(mostMs)}`
    const { lagUs, dueWhileOpen } = arrivalsOf(context)
    const p999Us = lagUs.valueAtUs(99.9)
    if (p999Us === null)
      return dueWhileOpen > 0
        ? { value: 'every arrival was due while failures were open', limit, holds: null }
        : { value: 'no arrivals to look at', limit, holds: null }
    return { value: `p99.9 = ${msText(p999Us / 1000)}`, limit, holds: p999Us / 1000 <= mostMs }
  },
}
