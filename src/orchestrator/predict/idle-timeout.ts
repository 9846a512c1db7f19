import type { Surroundings } from '../../model/surroundings.ts'
import { ALB_PREFIX, albsOf } from './load-balancers.ts'
import type { Hints, Predictor } from './predictor.ts'
import { keepAliveOf } from './timings.ts'

/** AWS, "Application Load Balancer attributes": idle_timeout.timeout_seconds, 60 by default. */
const ALB_IDLE_SECONDS = 60

const albIdleSeconds = (attributes: string | undefined): { seconds: number; source: string } => {
  const said = /idle_timeout\.timeout_seconds=(\d+)/.exec(attributes ?? '')?.[1]
  return said === undefined
    ? { seconds: ALB_IDLE_SECONDS, source: `${ALB_IDLE_SECONDS} s, the default of an ALB` }
    : { seconds: Number(said), source: `${said} s (load-balancer-attributes)` }
}

/** Who reuses connections in front of the pods, and how long it leaves them idle. */
const idleInFront = (around: Surroundings, { clientIdleSeconds }: Hints) => [
  ...albsOf(around).map(({ name, annotations }) => {
    const { seconds, source } = albIdleSeconds(annotations[`${ALB_PREFIX}load-balancer-attributes`])
    return { seconds, words: `the ALB of Ingress ${name} keeps them for ${source}` }
  }),
  ...(clientIdleSeconds === null
    ? []
    : [{ seconds: clientIdleSeconds, words: `clients leave them idle for ${clientIdleSeconds} s` }]),
]

/** D1: the server closes idle connections earlier than whoever reuses them, so a request now and then meets a close. */
export const predictIdleTimeout: Predictor = (around, hints) => {
  const keepAlive = keepAliveOf(around.workload.main)
  if (keepAlive === null || keepAlive.seconds === 0) return []
  return idleInFront(around, hints)
    .filter(({ seconds }) => keepAlive.seconds <= seconds)
    .slice(0, 1)
    .map(({ words, seconds }) => ({
      id: 'idle-timeout-inversion',
      cause: 'D1',
      alsoCauses: ['A6'],
      severity: 'medium',
      title: 'The server closes idle connections before its clients do',
      because: `container ${around.workload.main.name} has ${keepAlive.source}, and ${words}: a request can meet the close, at any time`,
      fix: `set the server's keep-alive timeout above ${seconds} s (for an ALB: 65 s and more)`,
    }))
}
