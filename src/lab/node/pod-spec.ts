import type { Container, Pod } from '../sim/types.ts'

/** How a probe or a hook asks. */
export type Handler =
  | { readonly kind: 'http'; readonly path: string; readonly port: number; readonly host: string | null }
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'exec'; readonly command: readonly string[] }
  | { readonly kind: 'sleep'; readonly durationMs: number }

export interface ProbeSpec {
  readonly handler: Handler
  readonly initialDelayMs: number
  readonly periodMs: number
  readonly timeoutMs: number
  readonly successThreshold: number
  readonly failureThreshold: number
}

/** What the kubelet reads of a container; the API's defaults filled in. Fractions of seconds are allowed here. */
export interface ContainerSpec {
  readonly name: string
  readonly image: string
  /** command and args; empty = the image's own. */
  readonly command: readonly string[]
  readonly port: number
  readonly env: Readonly<Record<string, string>>
  readonly readiness: ProbeSpec | null
  readonly liveness: ProbeSpec | null
  readonly startup: ProbeSpec | null
  readonly preStop: Handler | null
}

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
const numberOf = (value: unknown, fallback: number): number => {
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : fallback
}

const portOf = (value: unknown, container: Container, fallback: number): number => {
  const named = container.ports?.find((port) => port.name === value)
  return named?.containerPort ?? numberOf(value, fallback)
}

const handlerOf = (value: unknown, container: Container, port: number): Handler | null => {
  const fields = fieldsOf(value)
  const http = fieldsOf(fields?.httpGet)
  if (http !== null)
    return {
      kind: 'http',
      path: textOf(http.path) ?? '/',
      port: portOf(http.port, container, port),
      host: textOf(http.host),
    }
  const tcp = fieldsOf(fields?.tcpSocket)
  if (tcp !== null) return { kind: 'tcp', port: portOf(tcp.port, container, port) }
  const exec = fieldsOf(fields?.exec)
  if (exec !== null) return { kind: 'exec', command: textsOf(exec.command) }
  const sleep = fieldsOf(fields?.sleep)
  if (sleep !== null) return { kind: 'sleep', durationMs: numberOf(sleep.seconds, 0) * 1000 }
  return null
}

const probeOf = (value: unknown, container: Container, port: number): ProbeSpec | null => {
  const fields = fieldsOf(value)
  const handler = handlerOf(value, container, port)
  if (fields === null || handler === null) return null
  return {
    handler,
    initialDelayMs: numberOf(fields.initialDelaySeconds, 0) * 1000,
    periodMs: Math.max(0.05, numberOf(fields.periodSeconds, 10)) * 1000,
    timeoutMs: Math.max(0.05, numberOf(fields.timeoutSeconds, 1)) * 1000,
    successThreshold: numberOf(fields.successThreshold, 1),
    failureThreshold: numberOf(fields.failureThreshold, 3),
  }
}

/** Values of the downward API (fieldRef) that the lab knows. */
export const fieldValue = (
  pod: Pod,
  path: string,
  places: { readonly podIP: string; readonly hostIP: string },
): string => {
  const { metadata, spec } = pod
  switch (path) {
    case 'metadata.name':
      return metadata.name
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'spec.nodeName':
      return spec.nodeName ?? ''
    case 'status.podIP':
      return places.podIP
    case 'status.hostIP':
      return places.hostIP
    default: {
      const key = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path)
      if (key?.[2] === undefined) return ''
      return (key[1] === 'labels' ? metadata.labels : metadata.annotations)?.[key[2]] ?? ''
    }
  }
}

const environmentOf = (
  pod: Pod,
  container: Container,
  places: { readonly podIP: string; readonly hostIP: string },
): Record<string, string> => {
  const env: Record<string, string> = {}
  for (const item of Array.isArray(container.env) ? container.env : []) {
    const fields = fieldsOf(item)
    const name = textOf(fields?.name)
    if (name === null) continue
    const path = textOf(fieldsOf(fieldsOf(fields?.valueFrom)?.fieldRef)?.fieldPath)
    env[name] = path === null ? (textOf(fields?.value) ?? '') : fieldValue(pod, path, places)
  }
  return env
}

/**
 * The pod's first container, the only one that the lab runs; `null` when there is none. PORT is its first
 * containerPort, else `defaultPort`.
 */
export const containerOf = (
  pod: Pod,
  defaultPort: number,
  places: { readonly podIP: string; readonly hostIP: string },
): ContainerSpec | null => {
  const container = pod.spec.containers[0]
  if (container === undefined) return null
  const port = container.ports?.[0]?.containerPort ?? defaultPort
  return {
    name: container.name,
    image: container.image ?? '',
    command: [...textsOf(container.command), ...textsOf(container.args)],
    port,
    env: environmentOf(pod, container, places),
    readiness: probeOf(container.readinessProbe, container, port),
    liveness: probeOf(container.livenessProbe, container, port),
    startup: probeOf(container.startupProbe, container, port),
    preStop: handlerOf(fieldsOf(container.lifecycle)?.preStop, container, port),
  }
}
