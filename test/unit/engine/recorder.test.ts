import { expect, test } from 'vitest'
import { newConnection } from '../../../src/engine/dial.ts'
import type { Lane } from '../../../src/engine/http-client.ts'
import { createRecorder } from '../../../src/engine/recorder.ts'
import { prepareTemplate } from '../../../src/engine/template.ts'
import type { RequestColumns } from '../../../src/model/request-columns.ts'
import { engineConfig, getRequest, rowsOf } from '../../support/engine-runs.ts'

const template = prepareTemplate(getRequest(), engineConfig('http://h/').target, 1_000)

/** What a recorder reads of a lane. */
const ended = (requestId: number, pod = 'web-1') => {
  const lane: Partial<Lane> = {
    requestId,
    source: 0,
    vu: 3,
    phaseTag: 3 + 256 * 2,
    template,
    intendedUs: 1,
    startUs: 2,
    writtenUs: 3,
    firstByteUs: 4,
    endUs: 5,
    status: 200,
    bytes: 7,
    pod,
    layer: null,
    requestsOnConnection: 1,
    idleUs: 9,
    carrier: { ...newConnection(11), remoteAddress: '10.0.0.1', localPort: 4242, connectedUs: 0 },
  }
  return lane as Lane
}

test('rows come back as they were written, chunk after chunk, each with a dictionary of its own', () => {
  const chunks: RequestColumns[] = []
  const recorder = createRecorder(1, (columns) => chunks.push(columns), 10_000)
  for (let id = 1; id <= 25_000; id++) recorder.write(ended(id, `web-${id % 3}`), 'ok', null)
  recorder.flush()
  recorder.flush()
  expect(chunks.map(({ length }) => length)).toEqual([10_000, 10_000, 5_000])
  expect(recorder.rows).toBe(25_000)
  const rows = chunks.flatMap(rowsOf)
  expect(rows.map(({ requestId }) => requestId)).toEqual(Array.from({ length: 25_000 }, (_, i) => i + 1))
  expect(rows.every(({ requestId, pod }) => pod === `web-${requestId % 3}`)).toBe(true)
  expect(rows[24_999]).toMatchObject({
    phase: 'rollout',
    rollout: 2,
    template: 'home',
    connectionId: 11,
    localPort: 4242,
    remoteAddress: '10.0.0.1',
    worker: 1,
    kind: '',
  })
  for (const { strings } of chunks)
    expect(strings.toSorted()).toEqual(['', '10.0.0.1', 'home', 'web-0', 'web-1', 'web-2'])
})

test('a chunk with few rows does not carry the memory of a full one', () => {
  const chunks: RequestColumns[] = []
  const recorder = createRecorder(0, (columns) => chunks.push(columns))
  for (let id = 1; id <= 100; id++) recorder.write(ended(id), 'failed', 'reset')
  recorder.flush()
  expect(chunks[0]?.startUs.buffer.byteLength).toBe(800)
  expect(chunks.flatMap(rowsOf).every(({ kind, outcome }) => kind === 'reset' && outcome === 'failed')).toBe(
    true,
  )
})

test('a server that names a new pod with each answer cannot fill the memory', () => {
  const chunks: RequestColumns[] = []
  const recorder = createRecorder(0, (columns) => chunks.push(columns))
  for (let id = 1; id <= 50_000; id++) recorder.write(ended(id, `pod-${id}`), 'ok', null)
  recorder.flush()
  expect(chunks[0]?.strings.length).toBeLessThan(20_100)
  expect(rowsOf(chunks[0] as RequestColumns).at(-1)).toMatchObject({ pod: '', template: 'home' })
})
