import { badRequest } from './api-error.ts'
import { isObject } from './json-value.ts'

/** Field name → the shape below it; `null`: not looked into. */
type Shape = Readonly<Record<string, string | null>>

/** `containers:Container image`: fields, each with the shape of what it holds if that is known. */
const shape = (text: string): Shape =>
  Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .map((field) => {
        const [name = '', below] = field.split(':')
        return [name, below ?? null]
      }),
  )

const HANDLERS = 'exec:Exec httpGet:HttpGet tcpSocket:TcpSocket'

/** The fields of k8s.io/api 0.34 (generated.proto) in the parts of objects that make a rollout. */
const SHAPES: Readonly<Record<string, Shape>> = {
  Deployment: shape('apiVersion kind metadata spec:DeploymentSpec status'),
  ReplicaSet: shape('apiVersion kind metadata spec:ReplicaSetSpec status'),
  Pod: shape('apiVersion kind metadata spec:PodSpec status'),
  Service: shape('apiVersion kind metadata spec:ServiceSpec status'),
  PodDisruptionBudget: shape('apiVersion kind metadata spec:BudgetSpec status'),
  HorizontalPodAutoscaler: shape('apiVersion kind metadata spec:AutoscalerSpec status'),
  DeploymentSpec: shape(
    'replicas selector:Selector template:Template strategy:Strategy minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds',
  ),
  ReplicaSetSpec: shape('replicas selector:Selector template:Template minReadySeconds'),
  Selector: shape('matchLabels matchExpressions'),
  Strategy: shape('type rollingUpdate:RollingUpdate'),
  RollingUpdate: shape('maxSurge maxUnavailable'),
  Template: shape('metadata spec:PodSpec'),
  PodSpec: shape(
    'volumes initContainers:Container containers:Container ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace securityContext imagePullSecrets hostname subdomain affinity schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates:ReadinessGate runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers schedulingGates resourceClaims resources hostnameOverride',
  ),
  ReadinessGate: shape('conditionType'),
  Container: shape(
    'name image command args workingDir ports:ContainerPort envFrom env:EnvVar resources resizePolicy restartPolicy restartPolicyRules volumeMounts volumeDevices livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty',
  ),
  ContainerPort: shape('name hostPort containerPort protocol hostIP'),
  EnvVar: shape('name value valueFrom'),
  Probe: shape(
    `${HANDLERS} grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold terminationGracePeriodSeconds`,
  ),
  Lifecycle: shape('postStart:Hook preStop:Hook stopSignal'),
  Hook: shape(`${HANDLERS} sleep:Sleep`),
  Exec: shape('command'),
  HttpGet: shape('path port host scheme httpHeaders'),
  TcpSocket: shape('port host'),
  Sleep: shape('seconds'),
  ServiceSpec: shape(
    'ports:ServicePort selector clusterIP clusterIPs type externalIPs sessionAffinity loadBalancerIP loadBalancerSourceRanges externalName externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses sessionAffinityConfig ipFamilies ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution',
  ),
  ServicePort: shape('name protocol appProtocol port targetPort nodePort'),
  AutoscalerSpec: shape('scaleTargetRef:ScaleTarget minReplicas maxReplicas metrics behavior'),
  ScaleTarget: shape('kind name apiVersion'),
  BudgetSpec: shape('minAvailable selector:Selector maxUnavailable unhealthyPodEvictionPolicy'),
}

/** Paths of the fields that the API does not have, e.g. `spec.template.spec.containers[0].imagee`. */
export const unknownFields = (kind: string, object: unknown): readonly string[] => {
  const found: string[] = []
  const visit = (name: string, value: unknown, path: string): void => {
    const known = SHAPES[name]
    if (known === undefined || !isObject(value)) return
    for (const [key, child] of Object.entries(value)) {
      const below = Object.hasOwn(known, key) ? known[key] : undefined
      const at = path === '' ? key : `${path}.${key}`
      if (below === undefined) found.push(at)
      else if (below === null) continue
      else if (Array.isArray(child))
        for (const [index, item] of child.entries()) visit(below, item, `${at}[${index}]`)
      else visit(below, child, at)
    }
  }
  visit(kind, object, '')
  return found
}

/** What `fieldValidation=Strict` does, kubectl's default. Throws BadRequest with every unknown field. */
export const refuseUnknownFields = (kind: string, version: string, object: unknown): void => {
  const unknown = unknownFields(kind, object)
  if (unknown.length === 0) return
  const listed = unknown.map((path) => `unknown field "${path}"`).join(', ')
  throw badRequest(
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${listed}`,
  )
}
