import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { expiredCertificate } from '../../../src/engine/self-test/certificate.ts'
import { WIRE_FAULTS } from '../../../src/engine/self-test/faults.ts'
import { judgeRows, type RowOutcome } from '../../../src/engine/self-test/judge.ts'
import { selfTest } from '../../../src/engine/self-test/self-test.ts'
import { HarnessError } from '../../../src/kernel/errors.ts'

test('the self-test finds all 24 wire faults', async () => {
  expect(await selfTest()).toEqual({ found: 24, of: 24, missed: [] })
})

test('an abort breaks the self-test off with its reason', async () => {
  const stop = new AbortController()
  const tested = selfTest({ slowMs: 60_000, signal: stop.signal })
  stop.abort(new HarnessError('INTERRUPTED', 'SIGINT'))
  await expect(tested).rejects.toThrow('SIGINT')
  await expect(selfTest({ signal: stop.signal })).rejects.toThrow('SIGINT')
})

test('a fault that is seen as something else is named as missed', () => {
  const truncated = WIRE_FAULTS.find(({ name }) => name === 'length-cut-by-fin')
  const row: RowOutcome = { requestId: 1, result: 'ok', reused: false, headSeen: true, layer: '' }
  expect(truncated && judgeRows(truncated, [row])).toBe('length-cut-by-fin: ok')
  expect(truncated && judgeRows(truncated, [{ ...row, result: 'truncated' }])).toBeNull()
  expect(truncated && judgeRows(truncated, [])).toBe('length-cut-by-fin: nothing')
})

test('the certificate of the TLS fault is well formed, signed by itself, and expired', () => {
  const { cert } = expiredCertificate('rollproof.invalid')
  const parsed = new X509Certificate(cert)
  expect(parsed.subject).toBe('CN=rollproof.invalid')
  expect(parsed.verify(parsed.publicKey)).toBe(true)
  expect(new Date(parsed.validTo).getUTCFullYear()).toBe(2020)
})
