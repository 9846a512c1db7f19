import { REDACTED, redactText } from '../kernel/redact.ts'
import type { RequestTemplate, Scenario } from '../model/scenario.ts'
import type { StudyPlan } from '../model/study.ts'

/** Names of query parameters whose values are secrets. */
const SECRET_NAME =
  /^(authorization|proxy-authorization|cookie|set-cookie|auth|code|key|sid|pwd|pass)$|token|secret|passw|api-?_?key|access-?_?key|signature|^sig$|credential|session|jwt|bearer/i

/**
 * Headers whose values say what was asked and never who asked. All others are hidden: nobody can know by its name that
 * a header of somebody's own holds no secret.
 */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-type',
  'host',
  'if-modified-since',
  'pragma',
  'range',
  'user-agent',
])

const isSecretName = (name: string): boolean => SECRET_NAME.test(name)

/** A path and query with the values of secret parameters hidden: `/a?token=[redacted]&x=1`. */
export const redactPath = (path: string): string => {
  const at = path.indexOf('?')
  if (at < 0) return redactText(path)
  const pairs = path
    .slice(at + 1)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=')
      if (equals < 0) return pair
      return isSecretName(decode(pair.slice(0, equals))) ? `${pair.slice(0, equals)}=${REDACTED}` : pair
    })
  return redactText(`${path.slice(0, at)}?${pairs.join('&')}`)
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A URL with user, password and secret parameters hidden. Text that is no URL comes back as it was. */
export const redactUrl = (text: string): string => {
  const bare = text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, `$1${REDACTED}@`)
  return redactPath(bare)
}

const redactTemplate = (template: RequestTemplate): RequestTemplate => ({
  ...template,
  path: redactPath(template.path),
  headers: Object.fromEntries(
    Object.entries(template.headers).map(([name, value]) => [
      name,
      HARMLESS_HEADERS.has(name.toLowerCase()) ? redactText(value) : REDACTED,
    ]),
  ),
  // A body may hold anything; its size is kept as a fact.
  body: template.body === null ? null : `${REDACTED} ${Buffer.byteLength(template.body)} bytes`,
})

/** The scenario as it may be written to disk: no secret header, query value, credential or body. */
export const redactScenario = (scenario: Scenario): Scenario => ({
  ...scenario,
  target: {
    ...scenario.target,
    url: redactUrl(scenario.target.url),
    control: scenario.target.control === null ? null : redactUrl(scenario.target.control),
  },
  requests: scenario.requests.map(redactTemplate),
  ...(scenario.study === undefined ? {} : { study: redactPatches(scenario.study) as StudyPlan }),
})

/** Patches with the values of environment variables that are called like secrets hidden. */
const redactPatches = (value: unknown): unknown => {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map(redactPatches)
  if (typeof value !== 'object' || value === null) return value
  const { name } = value as { readonly name?: unknown }
  const isSecret = typeof name === 'string' && isSecretName(name)
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isSecret && key === 'value' ? REDACTED : redactPatches(inner),
    ]),
  )
}
