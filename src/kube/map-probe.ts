import type { ProbeSpec } from '../model/surroundings.ts'
import { isObject, numberAt, objectAt, textAt, wordsAt } from './parse.ts'

/** An int-or-string field as text; `null` when it is neither. */
export const intOrTextAt = (parent: unknown, key: string): string | null => {
  const number = numberAt(parent, key)
  return number === null ? textAt(parent, key) : String(number)
}

/** A probe of a container, with the API server's defaults (core/v1 Probe); `null` when there is none. */
export const probeOf = (container: unknown, name: string): ProbeSpec | null => {
  const probe = isObject(container) ? container[name] : undefined
  if (!isObject(probe)) return null
  const kinds = { httpGet: 'http', tcpSocket: 'tcp', exec: 'exec', grpc: 'grpc' } as const
  const field = (Object.keys(kinds) as (keyof typeof kinds)[]).find((key) => isObject(probe[key]))
  if (field === undefined) return null
  const action = objectAt(probe, field)
  return {
    kind: kinds[field],
    port: intOrTextAt(action, 'port'),
    path: field === 'httpGet' ? (textAt(action, 'path') ?? '/') : null,
    command: wordsAt(action, 'command'),
    initialDelaySeconds: numberAt(probe, 'initialDelaySeconds') ?? 0,
    periodSeconds: numberAt(probe, 'periodSeconds') ?? 10,
    timeoutSeconds: numberAt(probe, 'timeoutSeconds') ?? 1,
    failureThreshold: numberAt(probe, 'failureThreshold') ?? 3,
  }
}
