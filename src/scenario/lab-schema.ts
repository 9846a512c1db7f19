import { z } from 'zod'
import {
  choice,
  decimal,
  duration,
  list,
  map,
  optional,
  required,
  text,
  textLike,
  wholeNumber,
  yesNo,
} from './schema-fields.ts'
import { shown } from './shown.ts'

/** Pods, or a share of the replicas: what Kubernetes calls IntOrString. */
const podsOrPercent = z
  .union([z.number(), z.string()])
  .refine(
    (value) =>
      typeof value === 'number'
        ? Number.isInteger(value) && value >= 0 && value <= 1000
        : /^(100|\d{1,2})%$/.test(value),
    { error: ({ input }) => `expected a number of pods, or a share such as 25%, got ${shown(input)}` },
  )

const app = map({
  command: optional(text('a command line').nullable(), {
    description:
      'Your own server instead of the sample app; PORT and HOST in its environment say where to listen.',
    default: null,
    examples: ['java -jar app.jar'],
  }),
  startup: optional(duration(0, 600_000), {
    description: 'From process start to listening.',
    default: '300ms',
  }),
  ready: optional(duration(0, 600_000), {
    description: 'From listening to a good answer of the readiness path.',
    default: '100ms',
  }),
  work: optional(duration(0, 600_000), { description: 'Time of an ordinary request.', default: '10ms' }),
  jitter: optional(duration(0, 600_000), { description: '± on work.', default: '5ms' }),
  onSigterm: optional(choice(['graceful', 'abrupt', 'ignore', 'close-listener', 'tomcat']), {
    description:
      'graceful: finishes what is in flight, then exits 0. abrupt: exits 143 at once with requests in flight. ignore: nothing until SIGKILL. close-listener: refuses new connections at once, finishes what is in flight. tomcat: the same, and waits up to 20 s for requests in flight.',
    default: 'graceful',
  }),
  drain: optional(duration(0, 600_000), {
    description: 'graceful: keeps accepting this long after SIGTERM.',
    default: '3s',
  }),
  drainTimeout: optional(duration(0, 600_000), {
    description: 'graceful: requests still in flight after this are dropped.',
    default: '20s',
  }),
  drainClose: optional(yesNo(), {
    description: 'Answers `Connection: close` while draining, so that kept connections move away.',
    default: true,
  }),
  drain503: optional(yesNo(), { description: 'Answers 503 while draining.', default: false }),
  keepAlive: optional(duration(1, 3_600_000), {
    description: 'The server closes a connection that has been idle this long.',
    default: '75s',
  }),
  truncate: optional(decimal(0, 1), {
    description: 'Share of answers that are cut in the middle of the body when the process ends.',
    default: 0,
  }),
})

const pathFields = {
  propagation: optional(duration(0, 600_000), {
    description: 'From the EndpointSlice change until this path follows it.',
    default: '800ms',
  }),
  jitter: optional(duration(0, 600_000), { description: '± on propagation.', default: '400ms' }),
}

const alb = map({
  targetType: optional(choice(['ip', 'instance']), {
    description:
      'alb.ingress.kubernetes.io/target-type. ip: pods are the targets. instance: nodes are, and their kube-proxy chooses the pod.',
    default: 'ip',
  }),
  readinessGate: optional(yesNo(), {
    description:
      'The namespace has the label elbv2.k8s.aws/pod-readiness-gate-inject: enabled, so that new pods get the readiness gate (with targetType ip).',
    default: true,
  }),
  nodes: optional(wholeNumber(1, 8), {
    description: 'Load balancer nodes, each of which learns of targets at its own time.',
    default: 2,
  }),
  propagation: optional(duration(0, 600_000), {
    description: 'From a registration or deregistration until a load balancer node follows it.',
    default: '20s',
  }),
  jitter: optional(duration(0, 600_000), { description: '± on propagation, for each node.', default: '10s' }),
  registration: optional(duration(0, 600_000), {
    description:
      'From its registration until a target is checked; the first check falls into the interval after it.',
    default: '10s',
  }),
  deregistrationDelaySeconds: optional(wholeNumber(0, 3600), {
    description: 'target-group-attributes: deregistration_delay.timeout_seconds.',
    default: 300,
  }),
  healthCheckIntervalSeconds: optional(wholeNumber(5, 300), {
    description: 'healthcheck-interval-seconds.',
    default: 15,
  }),
  healthCheckTimeoutSeconds: optional(wholeNumber(2, 120), {
    description: 'healthcheck-timeout-seconds.',
    default: 5,
  }),
  healthCheckPath: optional(textLike(/^\/[^\s]*$/, 'a path such as /healthz'), {
    description: 'healthcheck-path.',
    default: '/',
  }),
  healthyThreshold: optional(wholeNumber(2, 10), { description: 'healthy-threshold-count.', default: 2 }),
  unhealthyThreshold: optional(wholeNumber(2, 10), { description: 'unhealthy-threshold-count.', default: 2 }),
  idleTimeoutSeconds: optional(wholeNumber(1, 4000), {
    description: 'load-balancer-attributes: idle_timeout.timeout_seconds.',
    default: 60,
  }),
  timeScale: optional(decimal(0.001, 100), {
    description: 'Multiplies all times of the load balancer: with 0.1, a delay of 300 s takes 30 s.',
    default: 1,
  }),
})

/** The `lab` block of a scenario: model/lab-plan.ts with durations as text. */
export const labSchema = map({
  replicas: optional(wholeNumber(1, 60), { description: 'Pods of the Deployment.', default: 4 }),
  maxSurge: optional(podsOrPercent, {
    description: 'Pods above replicas during a rollout: a number, or a share such as 25%.',
    default: 1,
  }),
  maxUnavailable: optional(podsOrPercent, {
    description: 'Pods that may be missing during a rollout: a number, or a share such as 25%.',
    default: 0,
  }),
  minReadySeconds: optional(wholeNumber(0, 3600), {
    description: 'A new pod counts as available after being ready this long.',
    default: 0,
  }),
  gracePeriodSeconds: optional(wholeNumber(0, 3600), {
    description:
      'terminationGracePeriodSeconds: from the start of the termination, preStop included, to SIGKILL.',
    default: 30,
  }),
  preStop: optional(choice(['none', 'sleep', 'exec', 'http']), {
    description: 'Kind of the preStop hook.',
    default: 'sleep',
  }),
  preStopSeconds: optional(wholeNumber(0, 3600), { description: 'How long the hook takes.', default: 3 }),
  readinessProbe: optional(yesNo(), {
    description: 'Without one, a pod is ready as soon as its process runs.',
    default: true,
  }),
  probePeriodSeconds: optional(decimal(0.1, 3600), {
    description: 'Period of the readiness and liveness probes, in s; fractions are possible in the lab only.',
    default: 1,
  }),
  autoscaler: optional(
    map({
      minReplicas: optional(wholeNumber(1, 60), { description: 'spec.minReplicas.', default: 1 }),
      maxReplicas: required(wholeNumber(1, 60), { description: 'spec.maxReplicas.' }),
      sync: optional(duration(10, 3_600_000), {
        description: 'Between two looks of its controller; kube-controller-manager has 15s.',
        default: '15s',
      }),
    }),
    {
      description:
        'A HorizontalPodAutoscaler of the Deployment, with its name, web. The lab has no metrics: it keeps the Deployment within its bounds and decides nothing else.',
    },
  ),
  app: optional(app, { description: 'The app in the pods, and its bad habits.' }),
  path: optional(choice(['service', 'ingress', 'alb']), {
    description:
      "Which way the load takes: service (L4, each connection to a pod) ingress (L7 proxy with kept connections to pods) or alb (an AWS Application Load Balancer). With ingress and alb the target is replaced by the URL of the lab's.",
    default: 'service',
  }),
  service: optional(map(pathFields), { description: 'The L4 path.' }),
  ingress: optional(
    map({
      ...pathFields,
      retry: optional(yesNo(), {
        description: 'Tries a second pod where that is safe, as nginx does.',
        default: true,
      }),
      endpoints: optional(choice(['live', 'reload']), {
        description: 'live: new endpoints without a reload. reload: a reload closes idle client connections.',
        default: 'live',
      }),
    }),
    { description: 'The L7 path.' },
  ),
  alb: optional(alb, {
    description:
      "The Application Load Balancer of path alb. Its times are AWS's; timeScale multiplies them all. What AWS takes from annotations of the Ingress is written there.",
  }),
  inject: optional(
    list(textLike(/^[A-F]\d{1,2}(:\d{1,4}(\.\d{1,4})?)?$/, 'a cause such as A1 or C1:0.5', 20), 'causes', 20),
    {
      description:
        'Causes of the catalogue to inject, with an optional strength (1 when there is none; docs/lab.md).',
      default: [],
    },
  ),
  seed: optional(wholeNumber(0, 4_294_967_295), { description: "Seed of the lab's jitter.", default: 1 }),
})
