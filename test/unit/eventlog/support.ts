import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { onTestFinished } from 'vitest'
import { epochMs, runMs } from '../../../src/kernel/units.ts'
import type { EventDraft } from '../../../src/model/events.ts'
import { FAILURE_KINDS, OUTCOMES, SOURCES } from '../../../src/model/outcome.ts'
import { PHASES } from '../../../src/model/phase.ts'
import { allocateColumns, LAYERS, type RequestColumns } from '../../../src/model/request-columns.ts'
import type { RunInfo } from '../../../src/model/run-info.ts'
import { parseScenario } from '../../../src/scenario/parse-scenario.ts'

/** A folder of its own, removed after the test. */
export const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'rollproof-eventlog-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export const recordWriterUrl = new URL('../../../src/eventlog/record-writer-worker.ts', import.meta.url)

export const scenarioOf = (raw: object) => {
  const parsed = parseScenario({ apiVersion: 'rollproof/v1', ...raw }, { command: 'run', lab: false })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.scenario
}

export const runInfo = (): RunInfo => ({
  schemaVersion: 1,
  runId: '1n5g0k7-9x3qd',
  command: 'run',
  name: 'web',
  versions: { rollproof: '0.1.0', node: '24.21.0', undici: '8.12.4', os: 'linux' },
  startedAt: { monotonicUs: 1_000_000, epochMs: epochMs(1_764_000_000_000) },
  workers: 1,
  scenario: scenarioOf({ target: { url: 'http://web.shop/' }, deployment: 'shop/web' }),
  cluster: null,
  target: null,
})

/** A failed request as the engine hands it in. */
export const failedRequest = (path = '/'): EventDraft => ({
  type: 'request.failed',
  requestId: 7,
  source: 'vuser',
  vu: 3,
  worker: 0,
  template: 'home',
  method: 'GET',
  path,
  phase: 'rollout',
  rollout: 1,
  intendedAtMs: runMs(1),
  startedAtMs: runMs(1),
  writtenAtMs: null,
  connectedAtMs: null,
  firstByteAtMs: null,
  endedAtMs: runMs(2),
  connectionId: 4,
  requestsOnConnection: 0,
  idleMs: null,
  localPort: 40_001,
  remoteAddress: '127.0.0.1:8080',
  pod: null,
  failure: {
    kind: 'connect-refused',
    phase: 'connecting',
    code: 'ECONNREFUSED',
    syscall: 'connect',
    message: 'connect ECONNREFUSED – Ünïcode ☃',
    status: null,
    layer: null,
    bytesSeen: 0,
  },
})

const us = fc.oneof(fc.integer({ min: 0, max: 300_000_000 }), fc.integer({ min: 0, max: 700_000_000_000 }))
const usOrNone = fc.oneof(us, fc.constant(-1))
const u32 = fc.integer({ min: 0, max: 4_294_967_295 })
const u16 = fc.integer({ min: 0, max: 65_535 })
const u8 = (below: number) => fc.integer({ min: 0, max: below - 1 })

const row = (strings: number) =>
  fc.record({
    requestId: u32,
    source: u8(SOURCES.length),
    vu: u32,
    worker: u8(256),
    phase: u8(PHASES.length),
    rollout: u16,
    template: u8(strings),
    intendedUs: us,
    startUs: us,
    writtenUs: usOrNone,
    connectedUs: usOrNone,
    firstByteUs: usOrNone,
    endUs: us,
    outcome: u8(OUTCOMES.length),
    kind: u8(FAILURE_KINDS.length + 1),
    status: u16,
    bytes: u32,
    connectionId: u32,
    requestsOnConnection: u32,
    idleUs: usOrNone,
    localPort: u16,
    remoteAddress: u8(strings),
    pod: u8(strings),
    layer: u8(LAYERS.length),
  })

const strings = fc
  .uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 })
  // Text that is not Unicode cannot come from a socket, and cannot be written as UTF-8.
  .map((texts) => ['', ...texts.filter((text) => Buffer.from(text).toString() === text)])

export type Row = Record<string, number>

/** Rows and their dictionary. */
export const rowsArbitrary = (most: number) =>
  strings.chain((table) =>
    fc.record({ table: fc.constant(table), rows: fc.array(row(table.length), { maxLength: most }) }),
  )

export const columnsOf = (table: readonly string[], rows: readonly Row[]): RequestColumns => {
  const columns = allocateColumns(rows.length)
  rows.forEach((values, index) => {
    for (const [name, value] of Object.entries(values)) {
      ;(columns[name as 'vu'] as Uint32Array)[index] = value
    }
  })
  return { ...columns, strings: table }
}

/** Row `index` with texts instead of dictionary indexes, so that rows of different dictionaries compare. */
export const rowAt = (columns: RequestColumns, index: number): Record<string, unknown> => {
  const { length, strings: table, ...arrays } = columns
  const values = Object.entries(arrays).map(([name, array]) => {
    const value = array[index] ?? Number.NaN
    const isText = name === 'template' || name === 'remoteAddress' || name === 'pod'
    return [name, isText ? table[value] : value]
  })
  return { length: length > index, ...Object.fromEntries(values) }
}
