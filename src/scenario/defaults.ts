import type { LabPlan } from '../model/lab-plan.ts'

/** What holds when a scenario does not say it. Durations in ms, as their names say. CONTRACTS names most of them. */
export const DEFAULTS = {
  podHeader: 'X-Pod',
  requestIdHeader: 'X-Request-Id',
  /** vUsers without a pause load a server hard, so `load` starts gently. */
  loadVus: 10,
  loadPaceMs: 0,
  /** `load` without --duration and --requests. */
  loadDurationMs: 30_000,
  /** With a pace of 1 s about 50 requests/s: one every 20 ms, the finest outage that such a run can see. */
  runVus: 50,
  runPaceMs: 1000,
  thinkMs: 0,
  timeoutMs: 10_000,
  /** Above the usual keep-alive of servers and think time of users (undici's own 4 s is below both). */
  idleTimeoutMs: 75_000,
  restarts: 1,
  baselineMs: 10_000,
  settleMs: 5000,
  recoveryMs: 5000,
  /** As long as a Deployment's progressDeadlineSeconds. */
  rolloutTimeoutMs: 600_000,
  probes: { freshPerSec: 10, reusedPerSec: 5, controlPerSec: 2, twinPerSec: 20 },
  scheduleLagMs: 20,
  stallMs: 100,
  lateArrivals: 0,
  /** The lab shares the cores with the engine, so that its runs judge schedule and stalls more mildly. */
  labScheduleLagMs: 250,
  labStallMs: 500,
  threshold: { metric: 'failures', expression: 'count==0' },
  seed: 1,
  labTarget: 'http://web.shop:8080/',
  labNamespace: 'shop',
  labDeployment: 'web',
} as const

/** A well configured Deployment: a scenario's lab block names its bad habits. */
export const LAB_DEFAULTS: LabPlan = {
  replicas: 4,
  maxSurge: 1,
  maxUnavailable: 0,
  minReadySeconds: 0,
  gracePeriodSeconds: 30,
  preStop: 'sleep',
  preStopSeconds: 3,
  readinessProbe: true,
  probePeriodSeconds: 1,
  app: {
    command: null,
    startupMs: 300,
    readyMs: 100,
    workMs: 10,
    jitterMs: 5,
    onSigterm: 'graceful',
    drainMs: 3000,
    drainTimeoutMs: 20_000,
    drainClose: true,
    drain503: false,
    keepAliveMs: 75_000,
    truncateRatio: 0,
  },
  path: 'service',
  service: { propagationMs: 800, jitterMs: 400 },
  ingress: { propagationMs: 800, jitterMs: 400, retry: true, endpoints: 'live' },
  alb: {
    targetType: 'ip',
    readinessGate: true,
    nodes: 2,
    propagationMs: 20_000,
    jitterMs: 10_000,
    registrationMs: 10_000,
    deregistrationDelaySeconds: 300,
    healthCheckIntervalSeconds: 15,
    healthCheckTimeoutSeconds: 5,
    healthCheckPath: '/',
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    idleTimeoutSeconds: 60,
    timeScale: 1,
  },
  inject: [],
  seed: 1,
}

/** Most requests at once in the open model, when the scenario does not say: CONTRACTS, --max-vus. */
export const defaultMaxVus = (ratePerSec: number, timeoutMs: number): number =>
  Math.min(10_000, Math.max(100, Math.ceil((ratePerSec * timeoutMs) / 1000)))
