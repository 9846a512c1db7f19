import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { openConnectionTable, readConnectionTable } from '../../../../src/lab/app/connection-table.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollproof-table-'))
afterAll(() => rmSync(folder, { recursive: true }))

const state = (port: number, requestId: string | null) =>
  ({
    state: requestId === null ? 'idle' : 'in-flight',
    clientAddress: '127.0.0.1',
    clientPort: port,
    sinceUs: 12_345,
    requestId,
  }) as const

test('what was open can be read while the process still holds the table, and lines are used again', () => {
  const path = join(folder, 'a')
  const table = openConnectionTable(path)
  const first = table.put(null, state(1001, null))
  table.put(null, state(1002, 'run-7'))
  table.put(first, state(1001, 'run-8'))
  expect(readConnectionTable(path)).toEqual([state(1001, 'run-8'), state(1002, 'run-7')])
  table.free(first)
  expect(table.put(null, state(1003, null))).toBe(first)
  expect(readConnectionTable(path).map(({ clientPort }) => clientPort)).toEqual([1003, 1002])
  table.close()
})

test('no request id breaks the table, however long or odd it is', () => {
  let files = 0
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (requestId) => {
      const path = join(folder, `p${files++}`)
      const table = openConnectionTable(path)
      table.put(null, state(2001, requestId))
      table.put(null, state(2002, 'other'))
      table.close()
      const ports = readConnectionTable(path).map(({ clientPort }) => clientPort)
      expect(ports.at(-1)).toBe(2002)
      expect(ports.length).toBe(2)
    }),
    { numRuns: 30 },
  )
})

test('a table that is not there is empty', () => {
  expect(readConnectionTable(join(folder, 'none'))).toEqual([])
})
