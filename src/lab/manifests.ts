import { appEnvironment } from './app/app-config.ts'
import type { LabConfig } from './lab-config.ts'
import { SAMPLE_IMAGE } from './node/images.ts'
import { shellSplit } from './node/shell-split.ts'
import { ALB_PREFIX } from './sim/alb/settings.ts'
import { withDefaults } from './sim/defaults.ts'
import type { KubeObject } from './sim/store.ts'

/** An object with the store's name of its resource. */
export interface Manifest {
  readonly resource: string
  readonly object: KubeObject
}

const LABEL = 'app.kubernetes.io/name'

const environment = (config: LabConfig): readonly { readonly name: string; readonly value: string }[] =>
  config.app.command === null
    ? Object.entries(appEnvironment(config.app)).map(([name, value]) => ({ name, value }))
    : []

/** The sample app drains by itself; a command of the user's gets a shell's sleep. */
const preStop = (config: LabConfig): Record<string, unknown> | null => {
  const seconds = config.preStopSeconds
  switch (config.preStop) {
    case 'none':
      return null
    case 'sleep':
      return { sleep: { seconds } }
    case 'exec':
      return { exec: { command: [config.preStopBroken ? '/bin/no-such-sleep' : 'sleep', String(seconds)] } }
    case 'http':
      return { httpGet: { path: `/prestop?seconds=${seconds}`, port: 'http', scheme: 'HTTP' } }
  }
}

const probe = (config: LabConfig, path: string, failureThreshold: number): Record<string, unknown> => {
  const own = config.app.command === null
  return {
    ...(own ? { httpGet: { path, port: 'http', scheme: 'HTTP' } } : { tcpSocket: { port: 'http' } }),
    periodSeconds: config.probePeriodSeconds,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold,
  }
}

const container = (config: LabConfig): Record<string, unknown> => {
  const command =
    config.app.command === null ? null : (shellSplit(config.app.command) ?? [config.app.command])
  const hook = preStop(config)
  return {
    name: config.deployment,
    image: command === null ? `${SAMPLE_IMAGE}:1` : 'rollproof.local/command:1',
    imagePullPolicy: 'IfNotPresent',
    ...(command !== null && { command: [...command] }),
    ports: [{ name: 'http', containerPort: config.port, protocol: 'TCP' }],
    ...(environment(config).length > 0 && { env: environment(config) }),
    ...(config.readinessProbe && { readinessProbe: probe(config, '/readyz', 1) }),
    ...(hook !== null && { lifecycle: { preStop: hook } }),
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  }
}

const deployment = (config: LabConfig): KubeObject => {
  const labels = { [LABEL]: config.deployment }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: config.deployment, namespace: config.namespace, labels },
    spec: {
      replicas: config.replicas,
      // As the API server has it: a zero is left out.
      ...(config.minReadySeconds > 0 && { minReadySeconds: config.minReadySeconds }),
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: config.maxSurge, maxUnavailable: config.maxUnavailable },
      },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [container(config)],
          terminationGracePeriodSeconds: config.gracePeriodSeconds,
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
          schedulerName: 'default-scheduler',
          securityContext: {},
        },
      },
    },
  }
}

/** Targets of type instance are reached through a port of their node. */
const exposure = ({ path, alb, port }: LabConfig): Record<string, unknown> => {
  const http = { name: 'http', protocol: 'TCP', port, targetPort: 'http' }
  return path === 'alb' && alb.targetType === 'instance'
    ? {
        type: 'NodePort',
        clusterIP: '10.96.0.80',
        clusterIPs: ['10.96.0.80'],
        externalTrafficPolicy: 'Cluster',
        ports: [{ ...http, nodePort: 30_080 }],
      }
    : { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'], ports: [http] }
}

const service = (config: LabConfig): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: config.serviceName,
    namespace: config.namespace,
    labels: { [LABEL]: config.deployment },
  },
  spec: {
    ...exposure(config),
    selector: { [LABEL]: config.deployment },
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  },
})

/** The ALB's settings as the AWS Load Balancer Controller reads them (its guide, "Ingress annotations"). */
const albAnnotations = ({ alb }: LabConfig): Record<string, string> => ({
  [`${ALB_PREFIX}scheme`]: 'internal',
  [`${ALB_PREFIX}target-type`]: alb.targetType,
  [`${ALB_PREFIX}target-group-attributes`]: `deregistration_delay.timeout_seconds=${alb.deregistrationDelaySeconds}`,
  [`${ALB_PREFIX}load-balancer-attributes`]: `idle_timeout.timeout_seconds=${alb.idleTimeoutSeconds}`,
  [`${ALB_PREFIX}healthcheck-path`]: alb.healthCheckPath,
  [`${ALB_PREFIX}healthcheck-interval-seconds`]: String(alb.healthCheckIntervalSeconds),
  [`${ALB_PREFIX}healthcheck-timeout-seconds`]: String(alb.healthCheckTimeoutSeconds),
  [`${ALB_PREFIX}healthy-threshold-count`]: String(alb.healthyThreshold),
  [`${ALB_PREFIX}unhealthy-threshold-count`]: String(alb.unhealthyThreshold),
})

const ingress = (config: LabConfig): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name: config.deployment,
    namespace: config.namespace,
    ...(config.path === 'alb' && { annotations: albAnnotations(config) }),
  },
  spec: {
    ingressClassName: config.path === 'alb' ? 'alb' : 'rollproof',
    rules: [
      {
        http: {
          paths: [
            {
              path: '/',
              pathType: 'Prefix',
              backend: { service: { name: config.serviceName, port: { name: 'http' } } },
            },
          ],
        },
      },
    ],
  },
  status: { loadBalancer: {} },
})

const budget = (config: LabConfig): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: config.deployment, namespace: config.namespace },
  spec: { maxUnavailable: 1, selector: { matchLabels: { [LABEL]: config.deployment } } },
})

const autoscaler = ({ deployment: name, namespace, autoscaler: bounds }: LabConfig): readonly Manifest[] =>
  bounds === undefined
    ? []
    : [
        {
          resource: 'horizontalpodautoscalers.autoscaling',
          object: withDefaults({
            apiVersion: 'autoscaling/v2',
            kind: 'HorizontalPodAutoscaler',
            metadata: { name, namespace },
            spec: {
              scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
              minReplicas: bounds.minReplicas,
              maxReplicas: bounds.maxReplicas,
            },
          }),
        },
      ]

/** The objects of the shop, with the defaults that the API server would add. In the order of creation. */
export const manifests = (config: LabConfig): readonly Manifest[] => [
  { resource: 'services', object: service(config) },
  { resource: 'ingresses.networking.k8s.io', object: ingress(config) },
  { resource: 'poddisruptionbudgets.policy', object: budget(config) },
  { resource: 'deployments.apps', object: deployment(config) },
  ...autoscaler(config),
]
