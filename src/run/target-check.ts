import { get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import type { LookupFunction } from 'node:net'
import { createNameLookup } from '../engine/name-lookup.ts'
import type { Clock } from '../kernel/clock.ts'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import { seededRandom } from '../kernel/random.ts'
import type { RunInfo } from '../model/run-info.ts'
import type { Scenario } from '../model/scenario.ts'

const TRIES = 10
const PAUSE_MS = 300

/**
 * Whether the target answers at all, before anything is changed in the cluster: one GET, tried for some seconds. Any answer will
 * do; whether it is a good one, the baseline shows. Throws TARGET_UNREACHABLE with what was tried.
 */
export const checkTarget = async (
  scenario: Scenario,
  clock: Clock,
  signal: AbortSignal,
): Promise<NonNullable<RunInfo['target']>> => {
  const template = scenario.requests.find(({ method }) => method === 'GET')
  const url = new URL(scenario.target.url)
  url.pathname = `${url.pathname.replace(/\/$/, '')}${(template?.path ?? '/').split('?')[0]}`
  const timeoutMs = Math.min(scenario.load.timeoutMs, 5_000)
  let failed: unknown = null
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    try {
      return await ask(url, scenario, timeoutMs, clock, signal)
    } catch (error) {
      if (signal.aborted) throw error
      failed = error
      if (attempt < TRIES) await clock.sleepMs(PAUSE_MS, signal)
    }
  }
  const through = scenario.target.resolver === null ? '' : `, resolved by ${scenario.target.resolver}`
  throw new HarnessError(
    'TARGET_UNREACHABLE',
    `the target does not answer: GET ${url.origin}${url.pathname}${through}, tried ${TRIES} times: ${messageOf(failed)}`,
    {
      hint: 'can this machine reach it (curl the same URL)? A ClusterIP is reachable from inside the cluster only; nothing was changed',
      cause: failed,
    },
  )
}

const ask = (
  url: URL,
  scenario: Scenario,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<NonNullable<RunInfo['target']>> => {
  const names = createNameLookup(scenario.target.resolver, clock, seededRandom(scenario.seed))
  const lookup: LookupFunction = (host, wanted, done) =>
    names.find(host, (error, address) => {
      const family = address.includes(':') ? 6 : 4
      if (wanted.all === true) done(error, error === null ? [{ address, family }] : [])
      else done(error, address, family)
    })
  return new Promise((resolve, reject) => {
    const onAnswer = (answer: IncomingMessage): void => {
      const pod = answer.headers[scenario.target.podHeader.toLowerCase()]
      const address = answer.socket.remoteAddress ?? null
      answer.resume()
      answer.on('error', reject)
      answer.on('close', () =>
        resolve({
          addresses: address === null ? [] : [address],
          answeredBy: typeof pod === 'string' ? pod : null,
        }),
      )
    }
    const options = {
      agent: false,
      signal,
      timeout: timeoutMs,
      headers: { ...scenario.requests[0]?.headers, Connection: 'close' },
      rejectUnauthorized: !scenario.target.insecure,
      lookup,
    }
    const request =
      url.protocol === 'https:' ? httpsGet(url, options, onAnswer) : httpGet(url, options, onAnswer)
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    request.on('error', reject)
  })
}
