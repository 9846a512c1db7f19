import { expect, test } from 'vitest'
import {
  afterCheck,
  NO_CHECKS,
  routable,
  summedHealth,
} from '../../../../../src/lab/sim/alb/target-health.ts'

const THRESHOLDS = { healthyThreshold: 3, unhealthyThreshold: 2 }
const states = (...checks: boolean[]): string[] => {
  let book = NO_CHECKS
  return checks.map((good) => {
    book = afterCheck(book, good, THRESHOLDS)
    return book.state
  })
}

test('a new target is healthy after one good check', () => {
  expect(states(true)).toEqual(['healthy'])
  expect(states(false, true)).toEqual(['initial', 'healthy'])
})

test('after that both thresholds count checks in a row', () => {
  expect(states(true, false, true, false, false)).toEqual([
    'healthy',
    'healthy',
    'healthy',
    'healthy',
    'unhealthy',
  ])
  expect(states(false, false, true, true, true)).toEqual([
    'initial',
    'unhealthy',
    'unhealthy',
    'unhealthy',
    'healthy',
  ])
})

test('only healthy targets get requests; with none, the unhealthy ones do; an initial one never does', () => {
  const target = (state: 'initial' | 'healthy' | 'unhealthy') => ({ state })
  expect(routable([target('healthy'), target('initial'), target('unhealthy')])).toEqual([target('healthy')])
  expect(routable([target('initial'), target('unhealthy')])).toEqual([target('unhealthy')])
  expect(routable([target('initial')])).toEqual([])
  expect(routable([])).toEqual([])
})

test('a target is healthy for the load balancer when it is for all of its nodes', () => {
  expect(summedHealth(['healthy', 'initial']).state).toBe('initial')
  expect(summedHealth(['healthy', 'healthy'])).toEqual({ state: 'healthy', reason: null, description: null })
  expect(summedHealth(['healthy', 'unhealthy']).state).toBe('unhealthy')
})
