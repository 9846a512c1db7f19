import { hasCloudTargets } from './load-balancers.ts'
import { hookSeconds, hookWords, type Predictor } from './predictor.ts'
import { shutdownDelayOf } from './timings.ts'

/** What kube-proxy needs at its default minSyncPeriod of 1 s, with the EndpointSlice and some room. */
const IN_CLUSTER_SECONDS = 2
/** Reports of the ALB's propagation begin at 10 s (aws-load-balancer-controller #1064, #2106, #2366). */
const CLOUD_SECONDS = 15

const STOPS_AT_ONCE =
  /\bnginx\s+-s\s+(stop|quit)\b|\bkill\b|\bapachectl\b.*\bstop\b|\bhttpd\b.*-k\s+\S*stop\b/

/** A1: nothing keeps a pod alive until the routes to it are gone. A2: something does, for less time than they take. */
export const predictPreStop: Predictor = (around) => {
  const { main, gracePeriodSeconds } = around.workload
  const { preStop } = main
  const needed = hasCloudTargets(around) ? CLOUD_SECONDS : IN_CLUSTER_SECONDS
  const delay = shutdownDelayOf(main)
  if (gracePeriodSeconds === 0) return []
  const where = `lifecycle.preStop of container ${main.name}`
  const waits = delay !== null && delay.seconds >= needed ? delay : null
  const fix = `add preStop sleep of ${needed === CLOUD_SECONDS ? '60 s for a cloud load balancer' : '5 s'} or more, keep accepting after SIGTERM, and keep the grace period above preStop + longest request`
  if (preStop.kind === 'exec' && preStop.seconds === null && STOPS_AT_ONCE.test(preStop.command.join(' '))) {
    return [
      {
        id: 'pre-stop-stops-server',
        cause: 'A1',
        alsoCauses: ['A2'],
        severity: 'high',
        title: 'The preStop hook itself stops the server before the routes to it are gone',
        because: `${where} runs ${preStop.command[0] ?? ''} to stop the server, and it runs at the very start of the termination, while endpoints and proxies still send requests`,
        fix: `sleep first, then stop: ${fix}`,
      },
    ]
  }
  const seconds = hookSeconds(preStop)
  if (seconds === null || seconds >= needed || (seconds > 0 && waits !== null)) return []
  if (seconds === 0) {
    return [
      {
        id: 'no-pre-stop',
        cause: 'A1',
        alsoCauses: [],
        severity: waits === null ? 'high' : 'medium',
        title: 'No preStop: an ending pod stops listening while it is still sent requests',
        because: `${where} is ${preStop.kind === 'none' ? 'not set' : 'a sleep of 0 s'}, so SIGTERM comes at once, while kube-proxy${needed === CLOUD_SECONDS ? ' takes about 1 s and the cloud load balancer 10 s and more' : ' and ingress controllers take about 1 s'} to learn of it${waits === null ? '' : `; ${waits.source} helps only if the app really keeps accepting for so long`}`,
        fix,
      },
    ]
  }
  return [
    {
      id: 'short-pre-stop',
      cause: 'A2',
      alsoCauses: ['A1', 'B4'],
      severity: 'medium',
      title: 'preStop is shorter than the news of the termination takes',
      because: `${hookWords(preStop)} (${where}), and the path needs about ${needed} s${needed === CLOUD_SECONDS ? ': a cloud load balancer sends to the pods themselves' : ''}`,
      fix,
    },
  ]
}
