import { HarnessError } from '../kernel/errors.ts'
import type { LabAppConfig, LabConfig, LabIngressConfig } from './lab-config.ts'

type Injection = (config: LabConfig, strength: number) => LabConfig

const app = (config: LabConfig, change: Partial<LabAppConfig>): LabConfig => ({
  ...config,
  app: { ...config.app, ...change },
})
const ingress = (config: LabConfig, change: Partial<LabIngressConfig>): LabConfig => ({
  ...config,
  path: 'ingress',
  ingress: { ...config.ingress, ...change },
})
const noPreStop = (config: LabConfig): LabConfig => ({ ...config, preStop: 'none', preStopSeconds: 0 })
/** Routes are gone when SIGTERM comes: what fails then is not the news that spreads too slowly. */
const longPreStop = (config: LabConfig): LabConfig => {
  const slowestMs = Math.max(
    config.service.propagationMs + config.service.jitterMs,
    config.ingress.propagationMs + config.ingress.jitterMs,
  )
  return {
    ...config,
    preStop: 'sleep',
    preStopSeconds: Math.max(config.preStopSeconds, Math.ceil(slowestMs / 1000) + 1),
  }
}

/**
 * Root cause → the change of a well configured lab that brings it about. `strength` is what the unit says below;
 * 1 when the user gives none.
 */
const INJECTIONS: Readonly<Record<string, Injection>> = {
  A1: (config) => app(noPreStop(config), { onSigterm: 'close-listener' }),
  /** s of preStop, less than the 2.5 s that the news takes. */
  A2: (config, strength) => ({
    ...app(config, { onSigterm: 'close-listener' }),
    preStop: 'sleep',
    preStopSeconds: Math.max(1, Math.round(strength)),
    service: { propagationMs: 2500, jitterMs: 300 },
    ingress: { ...config.ingress, propagationMs: 2500, jitterMs: 300 },
  }),
  /** × 100 ms that a request takes. */
  A3: (config, strength) => {
    const slow = longPreStop(app(config, { onSigterm: 'ignore', workMs: 100 * strength }))
    return { ...slow, gracePeriodSeconds: slow.preStopSeconds + 2 }
  },
  /** × 3 s that a request takes. */
  A4: (config, strength) => {
    const slow = longPreStop(
      app(config, { onSigterm: 'graceful', drainMs: 0, workMs: 3000 * strength, jitterMs: 500 }),
    )
    return { ...slow, gracePeriodSeconds: slow.preStopSeconds + 1 }
  },
  A5: (config) => ({
    ...app(config, { onSigterm: 'close-listener' }),
    preStop: 'exec',
    preStopSeconds: Math.max(config.preStopSeconds, 3),
    preStopBroken: true,
  }),
  /** × 20 ms of close race. */
  A6: (config, strength) =>
    longPreStop(app(config, { onSigterm: 'tomcat', drainClose: false, closeRaceMs: 20 * strength })),
  /** s between the last read and the exit. */
  A7: (config, strength) => longPreStop(app(config, { onSigterm: 'abrupt', exitLingerMs: 1000 * strength })),
  /** × 200 ms that a request takes. */
  A9: (config, strength) =>
    longPreStop(app(config, { onSigterm: 'abrupt', truncateRatio: 1, workMs: 200 * strength })),
  A10: (config) => app(noPreStop(config), { onSigterm: 'graceful', drain503: true, drainMs: 3000 }),
  /** × 200 ms that a request takes. */
  A16: (config, strength) => longPreStop(app(config, { onSigterm: 'abrupt', workMs: 200 * strength })),
  /** × 9 s that node-1's kube-proxy lags. */
  B1: (config, strength) => ({
    ...longPreStop(app(config, { drainMs: 1000 })),
    laggingNodeMs: 9000 * strength,
  }),
  /** × 9 s that the ingress lags. */
  B3: (config, strength) => ({
    ...ingress(longPreStop(app(config, { drainMs: 1000 })), { propagationMs: 9000 * strength, retry: false }),
  }),
  /** × (preStop + 2 s) from the start until it listens: longer than old pods hold on to their connections. */
  C1: (config, strength) => ({
    ...app(config, { startupMs: (config.preStopSeconds + 2) * 1000 * strength }),
    readinessProbe: false,
  }),
  /** × 1 s from the start until it listens. */
  C5: (config, strength) => ({
    ...app(noPreStop(config), { onSigterm: 'abrupt', startupMs: 1000 * strength }),
    maxSurge: 0,
    maxUnavailable: '100%',
  }),
  /** × 4 s from listening to the crash, when the new pods have taken over; then 1 s until it listens again. */
  C8: (config, strength) => app(config, { crashAfterMs: 4000 * strength, startupMs: 1000 }),
  /** s of idle time after which the server closes; for a client that pauses that long. */
  D1: (config, strength) => app(config, { keepAliveMs: 994 * strength, closeRaceMs: 2 }),
  /** × 20 ms of close race. */
  D2: (config, strength) => ingress(config, { endpoints: 'reload', closeRaceMs: 20 * strength }),
  /** × 100 ms that a request takes. */
  D4: (config, strength) =>
    ingress(app(noPreStop(config), { onSigterm: 'abrupt', workMs: 100 * strength }), {
      retry: true,
      connectTimeoutMs: 500,
    }),
}

export const INJECTABLE: readonly string[] = Object.keys(INJECTIONS)

/**
 * Applies `inject` (`A1`, `C1:0.5`), in order, to a configuration that is otherwise taken as it is. Throws USAGE
 * for a cause that the lab cannot inject and a strength that is no positive number.
 */
export const applyInjections = (config: LabConfig): LabConfig =>
  config.inject.reduce((current, text) => {
    const [id = '', strengthText = '1'] = text.split(':')
    const injection = INJECTIONS[id.toUpperCase()]
    const strength = Number(strengthText)
    if (injection === undefined)
      throw new HarnessError('USAGE', `the lab cannot inject ${id}`, {
        hint: `it can: ${INJECTABLE.join(', ')}`,
      })
    if (!(strength > 0 && Number.isFinite(strength)))
      throw new HarnessError('USAGE', `${text}: the strength must be a positive number`)
    return injection(current, strength)
  }, config)
