import type { AnsweredBy } from '../model/outcome.ts'

/** Headers of an answer by lower-case name. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>

const LOAD_BALANCERS = /^(awselb|google frontend|gfe|azure|microsoft-azure|bigip)/i
const PROXIES =
  /^(nginx|openresty|haproxy|envoy|istio-envoy|traefik|caddy|kong|cloudflare|varnish|rollproof[\w-]*ingress)/i

/** The first value of a header; `null` when it is not there. */
export const headerOf = (headers: AnswerHeaders, name: string): string | null => {
  const value = headers[name]
  return value === undefined ? null : typeof value === 'string' ? value : (value[0] ?? null)
}

/**
 * Who wrote an answer. The pod's identity header proves the app; else the Server header names a known load balancer
 * or proxy, and a Via header (RFC 9110, 7.6.3) tells of one. `null` = nothing tells.
 */
export const answeredBy = (headers: AnswerHeaders, podHeader: string): AnsweredBy | null => {
  if (headerOf(headers, podHeader) !== null) return 'app'
  const server = headerOf(headers, 'server') ?? ''
  const via = headerOf(headers, 'via')
  if (LOAD_BALANCERS.test(server) || (via !== null && /\bgoogle$/i.test(via))) return 'load-balancer'
  if (PROXIES.test(server) || via !== null) return 'proxy'
  return null
}
