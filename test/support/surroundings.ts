import type { ContainerSpec, Surroundings, WorkloadSpec } from '../../src/model/surroundings.ts'

/** A well set readiness probe. */
export const probe = {
  kind: 'http',
  port: 'http',
  path: '/readyz',
  command: [],
  initialDelaySeconds: 0,
  periodSeconds: 2,
  timeoutSeconds: 1,
  failureThreshold: 3,
} as const

/** A well set container. */
export const container = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  name: 'web',
  image: 'registry.example/web:1',
  command: [],
  args: [],
  ports: [{ name: 'http', containerPort: 8080 }],
  timings: {},
  preStop: { kind: 'sleep', seconds: 5 },
  shellIsPid1: false,
  readinessProbe: probe,
  livenessProbe: null,
  startupProbe: null,
  ...more,
})

/** A well set Deployment with nothing around it. */
export const around = (
  main: Partial<ContainerSpec> = {},
  workload: Partial<WorkloadSpec> = {},
  more: Partial<Surroundings> = {},
): Surroundings => ({
  workload: {
    namespace: 'shop',
    name: 'web',
    replicas: 4,
    strategy: 'RollingUpdate',
    maxSurge: { given: '1', pods: 1 },
    maxUnavailable: { given: '0', pods: 0 },
    gracePeriodSeconds: 30,
    labels: {},
    annotations: {},
    templateLabels: { app: 'web' },
    templateAnnotations: {},
    readinessGates: [],
    containers: [container(main)],
    main: container(main),
    ...workload,
  },
  services: [],
  ingresses: [],
  budgets: [],
  autoscalers: [],
  namespaceLabels: {},
  endpoints: [],
  pods: [],
  events: [],
  unread: [],
  ...more,
})
