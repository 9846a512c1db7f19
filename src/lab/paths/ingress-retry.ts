import type { FailedTry, Upstream } from './ingress-messages.ts'

/** Methods that nginx does not send twice unless told (`non_idempotent` of proxy_next_upstream). */
const NOT_SENT_TWICE: ReadonlySet<string> = new Set(['POST', 'LOCK', 'PATCH'])

/**
 * Whether nginx would try the next pod (ngx_http_proxy_module, proxy_next_upstream `error timeout`): a failed
 * connect for any method, a request that had been sent only if its method may be repeated.
 */
export const mayTryNext = (method: string, failed: FailedTry): boolean =>
  !failed.sent || !NOT_SENT_TWICE.has(method)

/** The next pod after `cursor` in turn that has not been tried; `null` when all were. */
export const nextUpstream = (
  upstreams: readonly Upstream[],
  cursor: number,
  tries: readonly FailedTry[],
): Upstream | null => {
  for (let step = 0; step < upstreams.length; step++) {
    const upstream = upstreams[(cursor + step) % upstreams.length]
    if (upstream !== undefined && !tries.some((failed) => failed.upstream.address === upstream.address))
      return upstream
  }
  return null
}

/** What the client gets when no pod answered: 503 without any endpoint, 504 after a time-out, else 502. */
export const statusOf = (tries: readonly FailedTry[]): 502 | 503 | 504 => {
  const last = tries.at(-1)
  if (last === undefined) return 503
  return last.kind === 'timeout' || last.kind === 'connect-timeout' ? 504 : 502
}
