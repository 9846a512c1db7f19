import { isProxyAnswer, only } from './ending-pods.ts'
import { breakdownOf, livenessKill } from './new-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

export const c8: Rule = {
  id: 'C8',
  title: 'The app crashes and is restarted',
  fix: 'Look at the logs of the container that ended; minReadySeconds and progressDeadlineSeconds stop a rollout of a version that does not stay up.',
  group: 'cause',
  judge: (failure, world) => {
    const wire = failure.family === 'cut' || failure.kind === 'connect-refused'
    if (!(wire && world.legOf(failure) !== 'l7') && !isProxyAnswer(failure, world)) return null
    const known = world.podOf(failure)
    const broken = (known === null ? world.index.pods : [known.line]).flatMap((line) => {
      const moment = breakdownOf(failure, line)
      return moment === null ? [] : [{ line, moment }]
    })
    if (broken.length === 0) return ruledOut('no container had ended without being asked to')
    if (broken.every(({ line }) => livenessKill(failure, line, world) !== null))
      return ruledOut('the kubelet had restarted it because of its liveness probe (E6)')
    return suspects(
      known === null ? 0.7 : 0.95,
      [failure.seq, ...broken.slice(0, 3).map(({ moment }) => moment.seq)],
      {
        pod: only(broken.map(({ line }) => line)),
      },
    )
  },
}
