import { cp, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readBundle } from '../../../src/eventlog/bundle-reader.ts'
import { createBundle, estimateBundleBytes, writeAtomic } from '../../../src/eventlog/bundle-writer.ts'
import { createEventLog } from '../../../src/eventlog/event-log.ts'
import { buildRunInfo } from '../../../src/eventlog/header.ts'
import { openJsonlWriter } from '../../../src/eventlog/jsonl-writer.ts'
import { checkSeal } from '../../../src/eventlog/part-seal.ts'
import { createRecordWriter } from '../../../src/eventlog/record-writer.ts'
import { createRunId } from '../../../src/eventlog/run-id.ts'
import { epochMs } from '../../../src/kernel/units.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { columnsOf, recordWriterUrl, rowAt, runInfo, scenarioOf, temporaryFolder } from './support.ts'

const START = epochMs(Date.UTC(2026, 10, 21, 21, 36, 38, 123))

/** A whole little run, written by the real parts. Returns its folder. */
const writeRun = async (outDir: string): Promise<string> => {
  const bundle = await createBundle({ outDir, name: 'web', runId: runInfo().runId, startedAtMs: START })
  const fail = (error: unknown): never => {
    throw error
  }
  await bundle.writeInfo(runInfo())
  const clock = createManualClock()
  const log = createEventLog({
    clock,
    startedAtMs: 0,
    writer: await openJsonlWriter(bundle.eventsPath, { clock, onError: fail }),
  })
  const records = createRecordWriter({ folder: bundle.requestsDir, onError: fail, program: recordWriterUrl })
  log.sink({ type: 'run.started', runId: runInfo().runId, schemaVersion: 1 })
  const row = (requestId: number, startUs: number, template: number) => ({
    requestId,
    startUs,
    endUs: startUs + 5,
    template,
  })
  records.write(columnsOf(['', 'home', 'cart'], [row(1, 10, 1), row(3, 30, 2)]), 0)
  records.write(columnsOf(['', 'cart', 'home'], [row(2, 20, 1), row(4, 30, 2)]), 1)
  records.write(columnsOf(['', 'cart'], [row(5, 40, 1)]), 0)
  const { rows } = await records.close()
  log.sink({ type: 'run.ended', reason: 'completed', detail: null, counts: null, rows })
  await log.close()
  return bundle.dir
}

test('a bundle that was written is read back whole: facts, rows of all parts in order, one dictionary', async () => {
  const dir = await writeRun(await temporaryFolder())
  const bundle = await readBundle(dir)
  expect(bundle).toMatchObject({
    dir,
    torn: null,
    ended: true,
    problems: [],
    unknownEvents: {},
    info: runInfo(),
  })
  expect(bundle.events.map(({ type }) => type)).toEqual(['run.started', 'run.ended'])
  const rows = Array.from({ length: bundle.columns.length }, (_, i) => rowAt(bundle.columns, i))
  expect(rows.map(({ requestId, template }) => [requestId, template])).toEqual([
    [1, 'home'],
    [2, 'cart'],
    [3, 'cart'],
    [4, 'home'],
    [5, 'cart'],
  ])
  expect(bundle.columns.strings).toEqual(['', 'home', 'cart'])
})

test('a bundle is found by any file in it, wherever it was copied', async () => {
  const folder = await temporaryFolder()
  const dir = await writeRun(folder)
  const copy = join(folder, 'elsewhere')
  await cp(dir, copy, { recursive: true })
  const whole = await readBundle(dir)
  for (const path of ['', 'run.json', 'events.jsonl', 'requests', 'requests/part-00001-w0.parquet']) {
    const { events, columns, problems } = await readBundle(join(copy, path))
    expect({ events, columns, problems }).toEqual({
      events: whole.events,
      columns: whole.columns,
      problems: [],
    })
  }
})

test('a broken, cut or missing part is named, and the rows of the others are there', async () => {
  const dir = await writeRun(await temporaryFolder())
  const requests = join(dir, 'requests')
  const first = join(requests, 'part-00001-w0.parquet')
  const whole = await readFile(first)
  for (const length of [0, 3, 40, whole.length - 9, whole.length - 1]) {
    await writeFile(first, whole.subarray(0, length))
    const { columns, problems } = await readBundle(dir)
    expect([...columns.requestId], `cut at ${length}`).toEqual([2, 4, 5])
    expect(problems[0]).toMatch(/^requests\/part-00001-w0\.parquet cannot be read, its rows are missing: ./)
    expect(problems[1]).toBe('requests holds 3 rows; the run handed over 5')
  }
  await rm(first)
  await rename(join(requests, 'part-00003-w0.parquet'), join(requests, '.part-00003-w0.parquet.tmp'))
  expect((await readBundle(dir)).problems).toEqual([
    'requests/.part-00003-w0.parquet.tmp was being written when the run ended; its rows are missing',
    'requests/part-00001-w*.parquet is missing',
    'requests holds 2 rows; the run handed over 5',
  ])
})

test('damage of any single byte of a part is found, and never decoded', async () => {
  const dir = await writeRun(await temporaryFolder())
  const part = join(dir, 'requests', 'part-00002-w1.parquet')
  const whole = await readFile(part)
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole)
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
    expect(() => checkSeal(damaged), `byte ${at}`).toThrow('checksum')
    if (at % 23 !== 0) continue
    await writeFile(part, damaged)
    const { columns, problems } = await readBundle(dir)
    expect([...columns.requestId], `byte ${at}`).toEqual([1, 3, 5])
    expect(problems[0]).toMatch(/^requests\/part-00002-w1\.parquet cannot be read/)
  }
})

test('the bundle of a killed run is read: no end, a torn line, no rows', async () => {
  const dir = await writeRun(await temporaryFolder())
  const events = join(dir, 'events.jsonl')
  await truncate(events, (await readFile(events)).length - 20)
  await rm(join(dir, 'requests'), { recursive: true })
  const bundle = await readBundle(dir)
  expect(bundle).toMatchObject({ ended: false, problems: ['requests is missing'] })
  expect(bundle.torn?.tornBytes).toBeGreaterThan(50)
  expect(bundle.columns.length).toBe(0)
  await rm(events)
  expect((await readBundle(dir)).problems).toEqual(['events.jsonl is missing', 'requests is missing'])
})

test('what is no bundle is refused with what to give instead', async () => {
  const folder = await temporaryFolder()
  const refusal = async (path: string) => readBundle(path).catch((error: unknown) => error)
  expect(await refusal(join(folder, 'nothing'))).toMatchObject({
    code: 'BUNDLE_INVALID',
    hint: expect.stringContaining('reports/'),
  })
  expect(await refusal(folder)).toMatchObject({
    code: 'BUNDLE_INVALID',
    message: `${folder} is no run bundle: run.json is not there`,
  })
  const info = join(folder, 'run.json')
  const wrong: readonly [string, string][] = [
    ['', 'is not JSON'],
    ['[]', 'is not an object'],
    ['{}', 'run.json has no schemaVersion'],
    ['{"schemaVersion": 99}', 'this rollproof reads up to 1'],
    ['{"schemaVersion": 1, "runId": 5}', 'has no usable runId'],
    [JSON.stringify({ ...runInfo(), scenario: {} }), 'has no usable scenario'],
    [JSON.stringify({ ...runInfo(), startedAt: null }), 'has no usable startedAt'],
  ]
  for (const [text, message] of wrong) {
    await writeFile(info, text)
    expect(await refusal(folder)).toMatchObject({
      code: 'BUNDLE_INVALID',
      message: expect.stringContaining(message),
    })
  }
})

test('facts of another run beside run.json are a problem', async () => {
  const dir = await writeRun(await temporaryFolder())
  await writeFile(join(dir, 'run.json'), JSON.stringify({ ...runInfo(), runId: 'another' }))
  expect((await readBundle(dir)).problems).toEqual(['events.jsonl belongs to another run than run.json'])
})

test('the folder is named by scenario, start in UTC and run id, and holds no trace of the probe', async () => {
  const outDir = join(await temporaryFolder(), 'a', 'b')
  const bundle = await createBundle({ outDir, name: '../../etc/passwd', runId: 'r1', startedAtMs: START })
  expect(bundle.dir).toBe(join(outDir, 'etc-passwd-20261121T213638Z-r1'))
  expect(await readdir(bundle.dir)).toEqual(['requests'])
  await expect(
    createBundle({ outDir, name: '../../etc/passwd', runId: 'r1', startedAtMs: START }),
  ).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' })
  await bundle.discard()
  expect(await readdir(outDir)).toEqual([])
})

test('an output folder that cannot be written is refused before the start, with what to do', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'file'), '')
  await symlink(join(folder, 'nowhere'), join(folder, 'dangling'))
  const refusal = (outDir: string, needBytes = 0) =>
    createBundle({ outDir, name: 'web', runId: 'r1', startedAtMs: START, needBytes }).catch(
      (error: unknown) => error,
    )
  for (const outDir of [
    join(folder, 'file'),
    join(folder, 'file', 'below'),
    join(folder, 'dangling'),
    '/proc/rollproof',
  ]) {
    expect(await refusal(outDir), outDir).toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
      hint: expect.stringContaining('--out'),
    })
  }
  expect(await refusal(folder, 2 ** 60)).toMatchObject({
    code: 'OUTPUT_NOT_WRITABLE',
    message: expect.stringMatching(/MiB free; this run may need \d+ MiB/),
  })
  expect((await readdir(folder)).sort()).toEqual(['dangling', 'file'])
  expect(estimateBundleBytes(1_000_000)).toBeGreaterThan(estimateBundleBytes(0))
})

test('a file is written whole or not at all', async () => {
  const folder = await temporaryFolder()
  await writeAtomic(folder, 'report.json', 'old')
  await writeAtomic(folder, 'report.json', 'new')
  expect(await readFile(join(folder, 'report.json'), 'utf8')).toBe('new')
  await mkdir(join(folder, 'report.html'))
  await expect(writeAtomic(folder, 'report.html', 'text')).rejects.toMatchObject({
    code: 'OUTPUT_NOT_WRITABLE',
  })
  await expect(writeAtomic(folder, '../out.json', 'text')).rejects.toMatchObject({ code: 'INTERNAL' })
  expect((await readdir(folder)).sort()).toEqual(['report.html', 'report.json'])
})

test('run.json holds no secret of the scenario', () => {
  const scenario = scenarioOf({
    target: { url: 'http://web.shop/?api_key=CANARY1', control: 'http://c/?x=1&signature=CANARY2' },
    deployment: 'shop/web',
  })
  const secret = {
    ...scenario,
    target: { ...scenario.target, url: 'http://user:CANARY3@web.shop/' },
    requests: scenario.requests.map((request) => ({
      ...request,
      path: '/a?token=CANARY4&page=1',
      headers: {
        Authorization: 'Bearer CANARY5',
        Cookie: 'CANARY6',
        'X-Api-Key': 'CANARY7',
        Accept: 'text/html',
      },
      body: 'CANARY8',
    })),
  }
  const { schemaVersion: _, name: __, startedAt: ___, ...rest } = runInfo()
  const info = buildRunInfo({ ...rest, scenario: secret, monotonicUs: 5, epochMs: START })
  expect(JSON.stringify(info)).not.toContain('CANARY')
  expect(info.scenario.requests[0]).toMatchObject({
    path: '/a?token=[redacted]&page=1',
    headers: { Accept: 'text/html' },
  })
  expect(info).toMatchObject({ schemaVersion: 1, name: 'web', startedAt: { monotonicUs: 5, epochMs: START } })
})

test('run ids sort by time, differ within a second, and fit names and labels', () => {
  const at = (ms: number, byte: number) => createRunId(ms, Uint8Array.of(byte, 7, 7, 7))
  expect(at(START, 0)).toBe(at(START, 0))
  expect(at(START, 1)).not.toBe(at(START, 2))
  expect(at(START, 31) < at(START + 1000, 0)).toBe(true)
  expect(createRunId(START)).toMatch(/^[0-9a-z]{7}-[0-9a-z]{5}$/)
  expect(createRunId(START)).not.toBe(createRunId(START))
})
