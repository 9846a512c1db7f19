/** A run of the grid: its name, and what `rollproof run` is told beyond the scenario. */
export interface GridRun {
  readonly name: string
  readonly set: Readonly<Record<string, string>>
}

type Values = Readonly<Record<string, string>>

/** Which way the load takes. Each 503 of a proxy without retry, each 502 is seen by the client. */
const PATHS: Readonly<Record<string, Values>> = {
  'alb-ip': { 'lab.path': 'alb', 'lab.alb.targetType': 'ip' },
  'alb-instance': { 'lab.path': 'alb', 'lab.alb.targetType': 'instance' },
  service: { 'lab.path': 'service' },
  ingress: { 'lab.path': 'ingress', 'lab.ingress.retry': 'false' },
}

const HABITS: Readonly<Record<string, Values>> = {
  graceful: { 'lab.preStop': 'none', 'lab.app.onSigterm': 'graceful', 'lab.app.drain': '0ms' },
  'graceful-drain-500ms': {
    'lab.preStop': 'none',
    'lab.app.onSigterm': 'graceful',
    'lab.app.drain': '500ms',
  },
  abrupt: { 'lab.preStop': 'none', 'lab.app.onSigterm': 'abrupt' },
  'close-listener': { 'lab.preStop': 'none', 'lab.app.onSigterm': 'close-listener' },
  tomcat: { 'lab.preStop': 'none', 'lab.app.onSigterm': 'tomcat' },
  'preStop-1s': {
    'lab.preStop': 'sleep',
    'lab.preStopSeconds': '1',
    'lab.app.onSigterm': 'graceful',
    'lab.app.drain': '0ms',
  },
  'preStop-1s-abrupt': {
    'lab.preStop': 'sleep',
    'lab.preStopSeconds': '1',
    'lab.app.onSigterm': 'abrupt',
  },
  fresh: {
    'load.connections': 'fresh',
    'lab.preStop': 'none',
    'lab.app.onSigterm': 'graceful',
    'lab.app.drain': '0ms',
  },
  'no-gate-0-1': {
    'lab.alb.readinessGate': 'false',
    'lab.maxSurge': '0',
    'lab.maxUnavailable': '1',
    'lab.preStop': 'none',
    'lab.app.onSigterm': 'graceful',
    'lab.app.drain': '0ms',
  },
  'slow-kube-proxy': {
    'lab.service.propagation': '6s',
    'lab.service.jitter': '1s',
    'lab.preStop': 'none',
    'lab.app.onSigterm': 'abrupt',
  },
}

/** Every path with every habit, in an order that mixes them. */
export const GRID: readonly GridRun[] = Object.entries(HABITS).flatMap(([habit, habits]) =>
  Object.entries(PATHS).map(([path, paths]) => ({ name: `${path} ${habit}`, set: { ...paths, ...habits } })),
)
