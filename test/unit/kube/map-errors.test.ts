import { describe, expect, test } from 'vitest'
import { networkCodeOf, refusalOf, refusedError, unreachableError } from '../../../src/kube/map-errors.ts'

const purpose = { verb: 'patch', resource: 'deployments', namespace: 'shop', name: 'web' }
const server = 'https://k8s.example'

describe('a refusal of the API server', () => {
  test.each([
    [401, 'KUBE_UNAUTHORIZED'],
    [403, 'KUBE_FORBIDDEN'],
    [404, 'KUBE_NOT_FOUND'],
    [409, 'KUBE_CONFLICT'],
    [410, 'KUBE_GONE'],
    [422, 'KUBE_REJECTED'],
    [429, 'KUBE_THROTTLED'],
    [503, 'KUBE_SERVER'],
    [302, 'KUBE_PROTOCOL'],
  ])('with status %i is %s', (status, code) => {
    expect(refusedError(server, purpose, status, {}).code).toBe(code)
  })

  test('names verb, resource, object, namespace, server and the words of the server', () => {
    const error = refusedError(server, purpose, 403, { message: 'no way', reason: 'Forbidden' })
    expect(error.message).toBe(
      'cannot patch deployments web in namespace shop on https://k8s.example: no way (HTTP 403)',
    )
    expect(error.hint).toContain('grant patch on deployments')
  })

  test('says when to come back, by body or by header', () => {
    expect(
      refusalOf(refusedError(server, purpose, 429, { details: { retryAfterSeconds: 2 } }))?.retryAfterMs,
    ).toBe(2000)
    expect(refusalOf(refusedError(server, purpose, 429, '', '3'))?.retryAfterMs).toBe(3000)
    expect(refusalOf(refusedError(server, purpose, 500, ''))?.retryAfterMs).toBeNull()
  })
})

test('a network error is found under its wrappings', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  expect(networkCodeOf(new AggregateError([new Error('x'), refused]))).toBe('ECONNREFUSED')
  expect(networkCodeOf(new Error('fetch failed', { cause: refused }))).toBe('ECONNREFUSED')
  expect(networkCodeOf('text')).toBeNull()
  expect(unreachableError(server, purpose, new AggregateError([refused])).hint).toContain('nothing listens')
})
