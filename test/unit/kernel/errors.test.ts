import { expect, test } from 'vitest'
import { assertNever, HarnessError, hasCode, messageOf } from '../../../src/kernel/errors.ts'
import { silentLogger } from '../../../src/kernel/logger.ts'
import { programUrl } from '../../../src/kernel/program.ts'

test('an error says what was done, what to do, and why', () => {
  const cause = new Error('ECONNREFUSED')
  const error = new HarnessError('KUBE_UNREACHABLE', 'cannot list pods', {
    hint: 'is the cluster up?',
    cause,
  })
  expect(error).toMatchObject({
    name: 'HarnessError',
    code: 'KUBE_UNREACHABLE',
    message: 'cannot list pods',
    hint: 'is the cluster up?',
    cause,
  })
  expect(new HarnessError('INTERNAL', 'x').hint).toBeNull()
  expect('cause' in new HarnessError('INTERNAL', 'x')).toBe(false)
})

test('codes are compared, not classes', () => {
  expect(hasCode(new HarnessError('KUBE_GONE', 'x'), 'KUBE_GONE')).toBe(true)
  expect(hasCode(new HarnessError('KUBE_GONE', 'x'), 'KUBE_CONFLICT')).toBe(false)
  expect(hasCode({ code: 'KUBE_GONE' }, 'KUBE_GONE')).toBe(false)
})

test('anything that was thrown has a message', () => {
  expect([messageOf(new Error('a')), messageOf('b'), messageOf(null)]).toEqual(['a', 'b', 'null'])
})

test('a case that nobody handles is a bug, told as INTERNAL', () => {
  expect(() => assertNever({ type: 'new' } as never)).toThrow('unhandled case: {"type":"new"}')
})

test('the silent logger says nothing, and the program knows its own entry', () => {
  expect(silentLogger.warn({}, 'x')).toBeUndefined()
  expect(programUrl().pathname).toMatch(/\/src\/cli\/entry\.ts$/)
})
