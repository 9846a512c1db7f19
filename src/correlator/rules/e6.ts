import { isProxyAnswer, only } from './ending-pods.ts'
import { breakdownOf, livenessKill } from './new-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** Evidence: a restart, and an Event of the kubelet that names the liveness probe. */
export const e6: Rule = {
  id: 'E6',
  title: 'The liveness probe restarts the container',
  fix: 'Raise failureThreshold and the time-out above the slowest answer under load, and use a startupProbe for slow starts.',
  group: 'cause',
  judge: (failure, world) => {
    const wire = failure.family === 'cut' || failure.kind === 'connect-refused'
    if (!(wire && world.legOf(failure) !== 'l7') && !isProxyAnswer(failure, world)) return null
    const known = world.podOf(failure)
    const killed = (known === null ? world.index.pods : [known.line]).flatMap((line) => {
      const moment = breakdownOf(failure, line)
      const told = moment === null ? null : livenessKill(failure, line, world)
      return moment === null || told === null ? [] : [{ line, seqs: [moment.seq, told] }]
    })
    if (killed.length === 0) return ruledOut('no liveness probe had made the kubelet restart a container')
    return suspects(
      known === null ? 0.7 : 0.95,
      [failure.seq, ...killed.slice(0, 3).flatMap(({ seqs }) => seqs)],
      {
        pod: only(killed.map(({ line }) => line)),
      },
    )
  },
}
