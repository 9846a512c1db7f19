/** The prefix of the annotations that the AWS Load Balancer Controller reads from an Ingress. */
export const ALB_PREFIX = 'alb.ingress.kubernetes.io/'

/**
 * What an Ingress says of its Application Load Balancer. Times are AWS's own, in s, before the lab's time scale.
 * Defaults: AWS Load Balancer Controller, "Ingress annotations"; AWS, "Target group attributes" and "Application Load
 * Balancers" (load balancer attributes).
 */
export interface AlbSettings {
  readonly targetType: 'ip' | 'instance'
  /** `deregistration_delay.timeout_seconds`, 0–3600. */
  readonly deregistrationDelaySeconds: number
  readonly healthCheckIntervalSeconds: number
  readonly healthCheckTimeoutSeconds: number
  readonly healthCheckPath: string
  readonly healthyThreshold: number
  readonly unhealthyThreshold: number
  /** `success-codes`: `200`, `200,301` or `200-399`. */
  readonly successCodes: string
  /** `idle_timeout.timeout_seconds`, 1–4000. */
  readonly idleTimeoutSeconds: number
}

export const ALB_DEFAULTS: AlbSettings = {
  targetType: 'instance',
  deregistrationDelaySeconds: 300,
  healthCheckIntervalSeconds: 15,
  healthCheckTimeoutSeconds: 5,
  healthCheckPath: '/',
  healthyThreshold: 2,
  unhealthyThreshold: 2,
  successCodes: '200',
  idleTimeoutSeconds: 60,
}

type Annotations = Readonly<Partial<Record<string, string>>>

/** `a=1,b=2`, the form of the attribute annotations. */
const attribute = (text: string | undefined, key: string): string | undefined =>
  text
    ?.split(',')
    .map((pair) => pair.trim().split('='))
    .find(([name]) => name === key)?.[1]

/**
 * Reads the annotations. `problems` says what cannot be used, in words; the controller then leaves everything as it
 * was, and says so in an Event (FailedBuildModel).
 */
export const albSettings = (
  annotations: Annotations,
): { readonly settings: AlbSettings; readonly problems: readonly string[] } => {
  const problems: string[] = []
  const said = (name: string): string | undefined => annotations[`${ALB_PREFIX}${name}`]
  const whole = (
    name: string,
    text: string | undefined,
    least: number,
    most: number,
    otherwise: number,
  ): number => {
    if (text === undefined) return otherwise
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    problems.push(`${name}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`)
    return otherwise
  }
  const type = said('target-type') ?? ALB_DEFAULTS.targetType
  if (type !== 'ip' && type !== 'instance') problems.push(`unknown targetType: ${type}`)
  const delay = 'deregistration_delay.timeout_seconds'
  const idle = 'idle_timeout.timeout_seconds'
  const settings: AlbSettings = {
    targetType: type === 'ip' ? 'ip' : 'instance',
    deregistrationDelaySeconds: whole(
      delay,
      attribute(said('target-group-attributes'), delay),
      0,
      3600,
      ALB_DEFAULTS.deregistrationDelaySeconds,
    ),
    healthCheckIntervalSeconds: whole(
      'healthcheck-interval-seconds',
      said('healthcheck-interval-seconds'),
      5,
      300,
      ALB_DEFAULTS.healthCheckIntervalSeconds,
    ),
    healthCheckTimeoutSeconds: whole(
      'healthcheck-timeout-seconds',
      said('healthcheck-timeout-seconds'),
      2,
      120,
      ALB_DEFAULTS.healthCheckTimeoutSeconds,
    ),
    healthCheckPath: said('healthcheck-path') ?? ALB_DEFAULTS.healthCheckPath,
    healthyThreshold: whole(
      'healthy-threshold-count',
      said('healthy-threshold-count'),
      2,
      10,
      ALB_DEFAULTS.healthyThreshold,
    ),
    unhealthyThreshold: whole(
      'unhealthy-threshold-count',
      said('unhealthy-threshold-count'),
      2,
      10,
      ALB_DEFAULTS.unhealthyThreshold,
    ),
    successCodes: said('success-codes') ?? ALB_DEFAULTS.successCodes,
    idleTimeoutSeconds: whole(
      idle,
      attribute(said('load-balancer-attributes'), idle),
      1,
      4000,
      ALB_DEFAULTS.idleTimeoutSeconds,
    ),
  }
  return { settings, problems }
}

/** Whether a status counts as healthy: `success-codes`, a list of codes and ranges. */
export const isSuccess = (codes: string, status: number): boolean =>
  codes.split(',').some((part) => {
    const [from = '', to = from] = part.trim().split('-')
    return status >= Number(from) && status <= Number(to)
  })
