import { type ErrorCode, HarnessError, messageOf } from '../kernel/errors.ts'
import { isObject, numberAt, objectAt, textAt } from './parse.ts'
import type { CallPurpose } from './transport.ts'

/** The API server's own words about a refusal (metav1.Status), kept as the cause of the error. */
export interface ApiRefusal {
  readonly status: number
  readonly reason: string | null
  readonly message: string
  readonly retryAfterMs: number | null
}

const isRefusal = (value: unknown): value is ApiRefusal =>
  isObject(value) && typeof value.status === 'number' && 'retryAfterMs' in value

/** What the API server said, when it was it that refused; `null` for a network error. */
export const refusalOf = (error: unknown): ApiRefusal | null =>
  error instanceof HarnessError && isRefusal(error.cause) ? error.cause : null

const describe = ({ verb, resource, namespace, name }: CallPurpose): string =>
  `${verb} ${resource}${name === null ? '' : ` ${name}`}${namespace === null ? '' : ` in namespace ${namespace}`}`

const codeOfStatus = (status: number): ErrorCode => {
  if (status === 401) return 'KUBE_UNAUTHORIZED'
  if (status === 403) return 'KUBE_FORBIDDEN'
  if (status === 404) return 'KUBE_NOT_FOUND'
  if (status === 409) return 'KUBE_CONFLICT'
  if (status === 410) return 'KUBE_GONE'
  if (status === 400 || status === 422) return 'KUBE_REJECTED'
  if (status === 429) return 'KUBE_THROTTLED'
  return status >= 500 ? 'KUBE_SERVER' : 'KUBE_PROTOCOL'
}

const hintOfCode = (code: ErrorCode, purpose: CallPurpose): string | undefined => {
  switch (code) {
    case 'KUBE_UNAUTHORIZED':
      return 'the credentials of this context are refused or have expired; log in again, or choose another --context'
    case 'KUBE_FORBIDDEN':
      return `grant ${purpose.verb} on ${purpose.resource}: \`rollproof rbac\` prints a Role that is enough`
    case 'KUBE_NOT_FOUND':
      return 'check the name, --namespace and --context'
    case 'KUBE_CONFLICT':
      return 'somebody else changed the object at the same time; look who, then try again'
    case 'KUBE_REJECTED':
      return 'the API server or an admission webhook does not accept this change; nothing was changed'
    case 'KUBE_THROTTLED':
    case 'KUBE_SERVER':
      return 'the API server is overloaded or not well; try again when it is'
    default:
      return undefined
  }
}

/** A refused call → HarnessError. `body` is the answer's JSON (a metav1.Status) or text. */
export const refusedError = (
  server: string,
  purpose: CallPurpose,
  status: number,
  body: unknown,
  retryAfter: string | null = null,
): HarnessError => {
  const said =
    textAt(body, 'message') ??
    (typeof body === 'string' && body.trim() !== '' ? body.trim().slice(0, 200) : '')
  const seconds = numberAt(objectAt(body, 'details'), 'retryAfterSeconds') ?? Number(retryAfter ?? Number.NaN)
  const cause: ApiRefusal = {
    status,
    reason: textAt(body, 'reason'),
    message: said,
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null,
  }
  const code = codeOfStatus(status)
  const hint = hintOfCode(code, purpose)
  return new HarnessError(
    code,
    `cannot ${describe(purpose)} on ${server}: ${said === '' ? 'no reason given' : said} (HTTP ${status})`,
    { cause, ...(hint === undefined ? {} : { hint }) },
  )
}

const NETWORK_HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is the cluster up, and is this the right --context?',
  ENOTFOUND: 'the name of the API server does not resolve: check the context, VPN and DNS',
  EAI_AGAIN: 'the name of the API server does not resolve now: check VPN and DNS',
  ETIMEDOUT: 'no answer from the network: check VPN, firewall and the address in the context',
  EHOSTUNREACH: 'there is no route to the API server: check VPN and the address in the context',
  ENETUNREACH: 'there is no route to the API server: check VPN and the address in the context',
  UND_ERR_CONNECT_TIMEOUT: 'no answer from the network: check VPN, firewall and the address in the context',
  UND_ERR_HEADERS_TIMEOUT:
    'it accepted the connection and did not answer in time; --request-timeout sets how long',
  UND_ERR_BODY_TIMEOUT: 'its answer did not come to an end in time; --request-timeout sets how long',
  CERT_HAS_EXPIRED: 'the certificate of the API server has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-authority in the kubeconfig does not fit this server',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-authority in the kubeconfig does not fit this server',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-authority in the kubeconfig does not fit this server',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the server is not who the address says: check server and tls-server-name',
}

/** The code of a network error, from its causes and the parts of an AggregateError when it has none itself. */
export const networkCodeOf = (error: unknown): string | null => {
  if (!isObject(error) && !(error instanceof Error)) return null
  const code = textAt(error, 'code')
  if (code !== null) return code
  const inner: unknown[] =
    error instanceof AggregateError ? [...error.errors, error.cause] : [objectCause(error)]
  for (const candidate of inner) {
    const found = candidate === error ? null : networkCodeOf(candidate)
    if (found !== null) return found
  }
  return null
}

const objectCause = (error: object): unknown => ('cause' in error ? error.cause : undefined)

/** A call that got no answer → KUBE_UNREACHABLE. */
export const unreachableError = (server: string, purpose: CallPurpose, error: unknown): HarnessError => {
  const code = networkCodeOf(error)
  const hint = NETWORK_HINTS[code ?? '']
  return new HarnessError(
    'KUBE_UNREACHABLE',
    `cannot ${describe(purpose)} on ${server}: ${messageOf(error) || (code ?? 'no answer')}`,
    { cause: error, ...(hint === undefined ? {} : { hint }) },
  )
}

/** No whole answer within our own limit → KUBE_UNREACHABLE. */
export const timedOutError = (server: string, purpose: CallPurpose, timeoutMs: number): HarnessError =>
  new HarnessError(
    'KUBE_UNREACHABLE',
    `cannot ${describe(purpose)} on ${server}: no answer within ${timeoutMs / 1000} s`,
    { hint: 'is the API server well and near? --request-timeout sets how long to wait' },
  )

/** An answer that is not what the API promises → KUBE_PROTOCOL. */
export const protocolError = (
  server: string,
  purpose: CallPurpose,
  what: string,
  cause?: unknown,
): HarnessError =>
  new HarnessError('KUBE_PROTOCOL', `cannot ${describe(purpose)} on ${server}: ${what}`, {
    hint: 'is this address a Kubernetes API server, and no login page or proxy in front of it?',
    ...(cause === undefined ? {} : { cause }),
  })
