import { request } from 'node:http'
import type { Clock } from '../../kernel/clock.ts'

export interface HealthCheck {
  readonly address: string
  readonly port: number
  readonly path: string
  readonly localAddress: string
  readonly timeoutMs: number
  readonly isSuccess: (status: number) => boolean
}

/**
 * One health check over a connection of its own, which is closed afterwards (AWS, "Health checks for Application Load
 * Balancer target groups"). Resolves with whether the answer came in time with a status that counts; never rejects.
 */
export const checkHealth = (clock: Clock, check: HealthCheck): Promise<boolean> =>
  new Promise((done) => {
    const outgoing = request({
      agent: false,
      host: check.address,
      port: check.port,
      path: check.path,
      localAddress: check.localAddress,
      headers: { 'User-Agent': 'ELB-HealthChecker/2.0', Connection: 'close' },
    })
    const cancel = clock.after(check.timeoutMs, () => outgoing.destroy())
    const settle = (good: boolean): void => {
      cancel()
      done(good)
    }
    outgoing.once('response', (response) => {
      response.resume()
      settle(check.isSuccess(response.statusCode ?? 0))
    })
    outgoing.once('error', () => settle(false))
    outgoing.once('close', () => settle(false))
    outgoing.end()
  })
