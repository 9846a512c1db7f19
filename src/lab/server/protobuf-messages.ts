/** A field of a protobuf message: its JSON name and type (a scalar, or the name of another message). */
export interface Field {
  readonly name: string
  readonly type: string
  readonly list?: true
  /** map<string, string>. */
  readonly map?: true
}

type Fields = Readonly<Record<number, Field>>

/** `1 name string`, `6 ports ContainerPort[]`, `11 labels map`, one field a line. */
const message = (text: string): Fields =>
  Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const [number = '', name = '', type = ''] = line.trim().split(' ')
        if (type === 'map') return [number, { name, type: 'string', map: true as const }]
        if (type.endsWith('[]')) return [number, { name, type: type.slice(0, -2), list: true as const }]
        return [number, { name, type }]
      }),
  )

const withSpec = (spec: string): Fields => message(`1 metadata ObjectMeta\n2 spec ${spec}`)

/** Field numbers of k8s.io/api 0.34 (generated.proto), as far as kubectl's `create` and `auth` set them. */
export const MESSAGES: Readonly<Record<string, Fields>> = {
  ObjectMeta: message(`
    1 name string
    2 generateName string
    3 namespace string
    5 uid string
    6 resourceVersion string
    11 labels map
    12 annotations map
    14 finalizers string[]`),
  LabelSelector: message(`
    1 matchLabels map
    2 matchExpressions LabelSelectorRequirement[]`),
  LabelSelectorRequirement: message(`
    1 key string
    2 operator string
    3 values string[]`),
  Namespace: message('1 metadata ObjectMeta'),
  ServiceAccount: message('1 metadata ObjectMeta'),
  ConfigMap: message(`
    1 metadata ObjectMeta
    2 data map`),
  Deployment: withSpec('DeploymentSpec'),
  DeploymentSpec: message(`
    1 replicas number
    2 selector LabelSelector
    3 template PodTemplateSpec
    4 strategy DeploymentStrategy
    5 minReadySeconds number
    6 revisionHistoryLimit number
    7 paused bool
    9 progressDeadlineSeconds number`),
  DeploymentStrategy: message(`
    1 type string
    2 rollingUpdate RollingUpdateDeployment`),
  RollingUpdateDeployment: message(`
    1 maxUnavailable IntOrString
    2 maxSurge IntOrString`),
  PodTemplateSpec: withSpec('PodSpec'),
  PodSpec: message(`
    2 containers Container[]
    3 restartPolicy string
    4 terminationGracePeriodSeconds number
    7 nodeSelector map`),
  Container: message(`
    1 name string
    2 image string
    3 command string[]
    4 args string[]
    6 ports ContainerPort[]
    7 env EnvVar[]`),
  ContainerPort: message(`
    1 name string
    3 containerPort number
    4 protocol string`),
  EnvVar: message(`
    1 name string
    2 value string`),
  Service: withSpec('ServiceSpec'),
  ServiceSpec: message(`
    1 ports ServicePort[]
    2 selector map
    3 clusterIP string
    4 type string
    10 externalName string`),
  ServicePort: message(`
    1 name string
    2 protocol string
    3 port number
    4 targetPort IntOrString`),
  PodDisruptionBudget: withSpec('PodDisruptionBudgetSpec'),
  PodDisruptionBudgetSpec: message(`
    1 minAvailable IntOrString
    2 selector LabelSelector
    3 maxUnavailable IntOrString`),
  Eviction: message('1 metadata ObjectMeta'),
  SelfSubjectReview: message('1 metadata ObjectMeta'),
  SelfSubjectAccessReview: withSpec('SelfSubjectAccessReviewSpec'),
  SelfSubjectAccessReviewSpec: message('1 resourceAttributes ResourceAttributes'),
  ResourceAttributes: message(`
    1 namespace string
    2 verb string
    3 group string
    4 version string
    5 resource string
    6 subresource string
    7 name string`),
}
