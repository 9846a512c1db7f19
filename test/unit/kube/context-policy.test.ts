import { describe, expect, test } from 'vitest'
import {
  type ContextQuestion,
  isLocalContext,
  judgeContext,
  looksLikeProduction,
} from '../../../src/kube/context-policy.ts'

const question = (more: Partial<ContextQuestion>): ContextQuestion => ({
  context: 'kind-a',
  server: 'https://127.0.0.1:6443',
  contextGiven: false,
  yes: false,
  interactive: false,
  expectedClusterUid: null,
  clusterUid: 'uid-1',
  ...more,
})
const remote = { context: 'eu-staging', server: 'https://10.1.2.3' }

describe('a context is local', () => {
  test.each([
    ['kind-a', 'https://10.0.0.1', true],
    ['k3d-x', 'https://10.0.0.1', true],
    ['minikube', 'https://10.0.0.1', true],
    ['rollproof', 'https://10.250.0.1:6443', true],
    ['rollproof-lab', 'http://10.0.0.1', true],
    ['anything', 'https://127.0.0.2:6443', true],
    ['anything', 'https://localhost', true],
    ['anything', 'https://[::1]:6443', true],
    ['my-kind-a', 'https://10.0.0.1', false],
    ['minikube-eu', 'https://10.0.0.1', false],
    ['anything', 'https://127.0.0.1.example.com', false],
    ['anything', 'no url', false],
  ])('%s at %s: %s', (context, server, expected) => {
    expect(isLocalContext(context, server)).toBe(expected)
  })
})

test('production is seen in names, not in parts of words', () => {
  expect(looksLikeProduction('eu-prod-1', '')).toBe(true)
  expect(looksLikeProduction('PRODUCTION', '')).toBe(true)
  expect(looksLikeProduction('a', 'https://api.live.example.com')).toBe(true)
  expect(looksLikeProduction('product-team', '')).toBe(false)
  expect(looksLikeProduction('olive', '')).toBe(false)
})

test('a local context needs --yes, or somebody to ask', () => {
  expect(judgeContext(question({ yes: true }))).toEqual({ kind: 'allowed', local: true })
  expect(judgeContext(question({ interactive: true }))).toEqual({ kind: 'ask', local: true })
  expect(() => judgeContext(question({}))).toThrow(expect.objectContaining({ code: 'USAGE' }))
})

test('any other context must be named and agreed to, also on a terminal', () => {
  expect(judgeContext(question({ ...remote, contextGiven: true, yes: true }))).toEqual({
    kind: 'allowed',
    local: false,
  })
  for (const more of [{ contextGiven: true, interactive: true }, { yes: true }, {}]) {
    expect(() => judgeContext(question({ ...remote, ...more }))).toThrow(
      expect.objectContaining({
        code: 'CONTEXT_NOT_ALLOWED',
        hint: expect.stringContaining('--context eu-staging --yes'),
      }),
    )
  }
})

test('what looks like production needs the uid of its cluster, and the right one', () => {
  const production = { context: 'prod', server: 'https://10.1.2.3', contextGiven: true, yes: true }
  expect(() => judgeContext(question(production))).toThrow(
    expect.objectContaining({ code: 'CONTEXT_NOT_ALLOWED' }),
  )
  expect(() => judgeContext(question({ ...production, expectedClusterUid: 'uid-2' }))).toThrow('uid is uid-1')
  expect(judgeContext(question({ ...production, expectedClusterUid: 'uid-1' })).kind).toBe('allowed')
  // A name that is both: production wins, unless the server is on this very machine.
  expect(() => judgeContext(question({ ...production, context: 'kind-prod' }))).toThrow()
})
