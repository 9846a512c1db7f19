import { expect, test } from 'vitest'
import type { FailedTry } from '../../../../src/lab/paths/ingress-messages.ts'
import { mayTryNext, nextUpstream, statusOf } from '../../../../src/lab/paths/ingress-retry.ts'

const failed = (kind: FailedTry['kind'], sent: boolean, address = 'a'): FailedTry => ({
  upstream: { address, pod: `pod-${address}` },
  kind,
  sent,
  reused: false,
  startedUs: 0,
  endedUs: 1,
})
const upstreams = ['a', 'b', 'c'].map((address) => ({ address, pod: `pod-${address}` }))

test('a connect that failed is tried again for every method', () => {
  for (const method of ['GET', 'POST', 'LOCK', 'PATCH', 'DELETE'])
    expect(mayTryNext(method, failed('refused', false))).toBe(true)
})

test('a request that was sent is tried again unless it is POST, LOCK or PATCH', () => {
  const lost = failed('reset', true)
  expect(['GET', 'PUT', 'DELETE', 'HEAD'].every((method) => mayTryNext(method, lost))).toBe(true)
  expect(['POST', 'LOCK', 'PATCH'].some((method) => mayTryNext(method, lost))).toBe(false)
})

test('pods are used in turn, and none twice for one request', () => {
  expect([0, 1, 2, 3].map((cursor) => nextUpstream(upstreams, cursor, [])?.address)).toEqual([
    'a',
    'b',
    'c',
    'a',
  ])
  const tries = [failed('refused', false, 'b')]
  expect(nextUpstream(upstreams, 1, tries)?.address).toBe('c')
  expect(
    nextUpstream(upstreams, 1, [...tries, failed('refused', false, 'c'), failed('reset', true, 'a')]),
  ).toBeNull()
})

test('the status is 503 without endpoints, 504 after a time-out and 502 otherwise', () => {
  expect(statusOf([])).toBe(503)
  expect(statusOf([failed('refused', false)])).toBe(502)
  expect(statusOf([failed('refused', false), failed('connect-timeout', false)])).toBe(504)
  expect(statusOf([failed('closed', true)])).toBe(502)
})
