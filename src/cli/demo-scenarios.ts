import { HarnessError } from '../kernel/errors.ts'
import type { Scenario } from '../model/scenario.ts'
import { parseScenario } from '../scenario/parse-scenario.ts'

/** What both runs of the demo share: the load, the restarts, the data path. Only the app's settings differ. */
const shared = {
  apiVersion: 'rollproof/v1',
  load: { vus: 300, pace: '1s', timeout: '5s' },
  rollout: { restarts: 2, baseline: '4s', settle: '3s', recovery: '2s' },
  limits: { scheduleLag: '250ms', stall: '500ms', lateArrivals: 30 },
}

const path = { service: { propagation: '1s', jitter: '200ms' } }

/** No readiness probe and a slow start, no preStop, and the app exits at SIGTERM with requests in flight. */
const bad = {
  ...path,
  readinessProbe: false,
  preStop: 'none',
  preStopSeconds: 0,
  maxSurge: '25%',
  maxUnavailable: '25%',
  app: { startup: '1500ms', work: '40ms', jitter: '20ms', onSigterm: 'abrupt' },
}

/** Readiness probe, preStop longer than the propagation, `Connection: close` while draining, never fewer pods. */
const fixed = {
  ...path,
  readinessProbe: true,
  maxSurge: 2,
  maxUnavailable: 0,
  gracePeriodSeconds: 30,
  preStop: 'sleep',
  preStopSeconds: 3,
  app: {
    startup: '1500ms',
    work: '40ms',
    jitter: '20ms',
    onSigterm: 'graceful',
    drain: '2s',
    drainTimeout: '20s',
    drainClose: true,
  },
}

const parsed = (raw: unknown): Scenario => {
  const result = parseScenario(raw, { command: 'run', lab: true })
  if (result.ok) return result.scenario
  throw new HarnessError('INTERNAL', `the demo's own scenario is invalid: ${JSON.stringify(result.problems)}`)
}

/** The two runs of `rollproof demo`. */
export const demoScenarios = (): { readonly bad: Scenario; readonly fixed: Scenario } => ({
  bad: parsed({ ...shared, name: 'demo-bad', lab: bad }),
  fixed: parsed({ ...shared, name: 'demo-fixed', lab: fixed }),
})
