import { validateHeaderName, validateHeaderValue } from 'node:http'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import type { Random } from '../kernel/random.ts'
import type { RequestTemplate, TargetPlan } from '../model/scenario.ts'

/** A template made ready to be sent many times. */
export interface PreparedTemplate {
  readonly name: string
  readonly method: string
  readonly path: string
  /** Name, value, name, value …; without the request id. */
  readonly headers: readonly string[]
  readonly body: Buffer | null
  readonly timeoutMs: number
  /** Empty = any 2xx or 3xx. */
  readonly status: readonly number[]
  readonly bodyContains: Buffer | null
  /** Hex, lower case. */
  readonly bodySha256: string | null
}

/** Headers that decide how a message is framed, or who stays connected: they are the engine's. */
const REFUSED_HEADERS = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

const checkHeader = (template: string, name: string, value: string): void => {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch (cause) {
    throw new HarnessError('SCENARIO_INVALID', `request ${template}: header ${name}: ${messageOf(cause)}`)
  }
  if (REFUSED_HEADERS.has(name.toLowerCase())) {
    throw new HarnessError('SCENARIO_INVALID', `request ${template}: header ${name} cannot be set`, {
      hint: 'it is decided by the connection profile and the body',
    })
  }
}

/** The target's path before the template's; a template of `/` alone asks for the target as it was given. */
export const joinPath = (target: URL, path: string): string => {
  if (path === '/') return `${target.pathname}${target.search}`
  return `${target.pathname.replace(/\/$/, '')}${path}`
}

/** Throws SCENARIO_INVALID for what cannot be sent as HTTP/1.1. */
export const prepareTemplate = (
  template: RequestTemplate,
  target: TargetPlan,
  defaultTimeoutMs: number,
): PreparedTemplate => {
  const url = new URL(target.url)
  const path = joinPath(url, template.path)
  if (!/^\/[\x21-\xff]*$/.test(path)) {
    throw new HarnessError(
      'SCENARIO_INVALID',
      `request ${template.name}: path ${JSON.stringify(template.path)}`,
      {
        hint: 'start it with / and write spaces and other signs in percent encoding',
      },
    )
  }
  const headers: string[] = []
  for (const [name, value] of Object.entries(template.headers)) {
    checkHeader(template.name, name, value)
    headers.push(name.toLowerCase(), value)
  }
  if ((url.username !== '' || url.password !== '') && !headers.includes('authorization')) {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers.push('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  }
  return {
    name: template.name,
    method: template.method,
    path,
    headers,
    body: template.body === null ? null : Buffer.from(template.body),
    timeoutMs: template.timeoutMs ?? defaultTimeoutMs,
    status: template.expect.status,
    bodyContains: template.expect.bodyContains === null ? null : Buffer.from(template.expect.bodyContains),
    bodySha256: template.expect.bodySha256?.toLowerCase() ?? null,
  }
}

/** Returns a picker of templates by weight. All weights 0 counts as all equal. */
export const weightedPicker = (
  templates: readonly PreparedTemplate[],
  weights: readonly number[],
): ((random: Random) => PreparedTemplate) => {
  const first = templates[0]
  if (first === undefined) throw new HarnessError('SCENARIO_INVALID', 'there is no request to send')
  if (templates.length === 1) return () => first
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let sum = 0
  const upTo = templates.map((_, i) => {
    sum += total > 0 ? (weights[i] ?? 0) / total : 1 / templates.length
    return sum
  })
  return (random) => {
    const at = random.next()
    for (let i = 0; i < upTo.length; i++) if (at < (upTo[i] ?? 1)) return templates[i] ?? first
    return templates.findLast((_, i) => total === 0 || (weights[i] ?? 0) > 0) ?? first
  }
}

/** Whether a status is what the template expects. */
export const isExpectedStatus = (template: PreparedTemplate, status: number): boolean =>
  template.status.length === 0 ? status >= 200 && status < 400 : template.status.includes(status)
