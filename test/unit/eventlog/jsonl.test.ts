import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEventLog } from '../../../src/eventlog/event-log.ts'
import { readEvents } from '../../../src/eventlog/jsonl-reader.ts'
import { openJsonlWriter } from '../../../src/eventlog/jsonl-writer.ts'
import { systemClock } from '../../../src/kernel/clock.ts'
import { type HarnessError, hasCode } from '../../../src/kernel/errors.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { failedRequest, temporaryFolder } from './support.ts'

const open = async (path: string, errors: HarnessError[] = [], clock = createManualClock()) =>
  openJsonlWriter(path, { clock, onError: (error) => errors.push(error) })

/** A short run: its lines and their bytes. */
const writeRun = async (path: string): Promise<Buffer> => {
  const clock = createManualClock()
  const writer = await open(path, [], clock)
  const log = createEventLog({
    clock,
    startedAtMs: 0,
    writer: { append: (event) => void writer.append(event), close: writer.close },
  })
  log.sink({ type: 'run.started', runId: '1n5g0k7-9x3qd', schemaVersion: 1 })
  log.sink({ type: 'phase.entered', phase: 'baseline', rollout: null })
  log.sink(failedRequest('/ü/☃?x=1'))
  log.sink({ type: 'run.ended', reason: 'completed', detail: null, counts: null, rows: 0 })
  await log.close()
  return readFile(path)
}

describe('the writer', () => {
  test('what was appended is read back in order', async () => {
    const path = join(await temporaryFolder(), 'events.jsonl')
    await writeRun(path)
    const read = await readEvents(path)
    expect(read.events.map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'run.started'],
      [2, 'phase.entered'],
      [3, 'request.failed'],
      [4, 'run.ended'],
    ])
    expect(read).toMatchObject({ torn: null, unknown: {}, problems: [] })
    expect(read.events[2]).toMatchObject({ path: '/ü/☃?x=1', writtenAtMs: null })
  })

  test('a line stays in memory for 250 ms at most', async () => {
    const path = join(await temporaryFolder(), 'events.jsonl')
    const clock = createManualClock()
    const writer = await open(path, [], clock)
    writer.append({ seq: 1 })
    expect(await readFile(path, 'utf8')).toBe('')
    await clock.advance(250)
    await writer.flush()
    expect(await readFile(path, 'utf8')).toBe('{"seq":1}\n')
    await writer.close()
    expect(writer.written).toBe(1)
  })

  test('a long queue says so, and says when it is short again', async () => {
    const path = join(await temporaryFolder(), 'events.jsonl')
    const writer = await openJsonlWriter(path, {
      clock: createManualClock(),
      onError: () => {},
      highWaterBytes: 1000,
      batchBytes: 1e9,
    })
    const answers = Array.from({ length: 20 }, (_, i) => writer.append({ i, text: 'x'.repeat(80) }))
    expect(answers[0]).toBe(true)
    expect(answers.at(-1)).toBe(false)
    await writer.drained()
    expect(writer.append({ i: 20 })).toBe(true)
    await Promise.all([writer.close(), writer.close()])
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).i)).toEqual(Array.from({ length: 21 }, (_, i) => i))
  })

  test('it never writes into a file that is already there', async () => {
    const path = join(await temporaryFolder(), 'events.jsonl')
    await writeFile(path, 'someone else')
    const failure = await open(path).catch((error: unknown) => error)
    expect(hasCode(failure, 'OUTPUT_NOT_WRITABLE')).toBe(true)
    expect(await readFile(path, 'utf8')).toBe('someone else')
  })

  test('a disk that is full while running is told once, and every line that is lost is counted', async () => {
    const errors: HarnessError[] = []
    // Writing to this device always ends with ENOSPC. It exists already, so it is opened by hand.
    const { open: openFile } = await import('node:fs/promises')
    const full = await openFile('/dev/full', 'w').catch(() => null)
    if (full === null) return
    await full.close()
    const folder = await temporaryFolder()
    const path = join(folder, 'events.jsonl')
    const writer = await openJsonlWriter(path, {
      clock: createManualClock(),
      onError: (error) => errors.push(error),
      openFile: () => openFile('/dev/full', 'w'),
    })
    for (let i = 0; i < 5; i++) writer.append({ i })
    await writer.flush()
    writer.append({ i: 5 })
    await writer.close()
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' })
    expect(errors[0]?.message).toContain('no space left on the device')
    expect({ written: writer.written, lost: writer.lost }).toEqual({ written: 0, lost: 6 })
  })

  test('a folder without the right to write is refused with what to do', async () => {
    const failure = await open('/proc/rollproof/events.jsonl').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'OUTPUT_NOT_WRITABLE', hint: expect.stringContaining('--out') })
  })
})

describe('the reader', () => {
  test('a file that was cut at any byte gives the facts before the cut, and says how many bytes are torn', async () => {
    const folder = await temporaryFolder()
    const whole = await writeRun(join(folder, 'events.jsonl'))
    const path = join(folder, 'cut.jsonl')
    const ends: number[] = []
    for (let at = whole.indexOf(10); at >= 0; at = whole.indexOf(10, at + 1)) ends.push(at)
    for (let length = 0; length <= whole.length; length++) {
      await writeFile(path, whole.subarray(0, length))
      const read = await readEvents(path)
      // A last line that lacks only its newline is whole.
      const complete = ends.filter((end) => end <= length).length
      const lineStart = complete === 0 ? 0 : (ends[complete - 1] ?? 0) + 1
      const tornBytes = Math.max(0, length - lineStart)
      expect(read.events.length, `cut at ${length}`).toBe(complete)
      expect(read.torn, `cut at ${length}`).toEqual(tornBytes === 0 ? null : { tornBytes })
      expect(read.problems, `cut at ${length}`).toEqual([])
    }
  })

  test('any bytes give a result or BUNDLE_INVALID, never another error', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'events.jsonl')
    const whole = await writeRun(join(folder, 'good.jsonl'))
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.nat(whole.length), async (noise, at) => {
        await writeFile(path, Buffer.concat([whole.subarray(0, at), noise, whole.subarray(at)]))
        const result = await readEvents(path).catch((error: unknown) => error)
        expect(
          hasCode(result, 'BUNDLE_INVALID') || Array.isArray((result as { events?: unknown }).events),
        ).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('facts of types that a newer version added are kept out and counted', async () => {
    const path = join(await temporaryFolder(), 'events.jsonl')
    await writeRun(path)
    await appendFile(
      path,
      '{"seq":5,"atMs":1,"type":"pod.evicted"}\n{"seq":6,"atMs":1,"type":"constructor"}\n',
    )
    const read = await readEvents(path)
    expect(read.events).toHaveLength(4)
    expect(read.unknown).toEqual({ 'pod.evicted': 1, constructor: 1 })
    expect(read.problems).toEqual([])
  })

  test('lines in the middle that are damaged, missing or repeated are named', async () => {
    const path = join(await temporaryFolder(), 'events.jsonl')
    const line = (seq: number) => `{"seq":${seq},"atMs":0,"type":"rollout.requested","index":1}\n`
    await writeFile(path, `${line(1)}%%%\n${line(2)}${line(5)}${line(5)}${line(6)}`)
    const read = await readEvents(path)
    expect(read.events.map(({ seq }) => seq)).toEqual([1, 2, 5, 6])
    expect(read.problems).toEqual([
      'events.jsonl line 2 is not a fact',
      'events.jsonl lacks the facts 3 to 4, before line 4',
      'events.jsonl line 5 repeats fact 5',
    ])
  })

  test('a run of a newer schema version is refused', async () => {
    const path = join(await temporaryFolder(), 'events.jsonl')
    await writeFile(path, '{"seq":1,"atMs":0,"type":"run.started","runId":"a","schemaVersion":2}\n')
    await expect(readEvents(path)).rejects.toMatchObject({
      code: 'BUNDLE_INVALID',
      message: 'events.jsonl has schema version 2; this rollproof reads up to 1',
    })
  })

  test('a folder of that name is BUNDLE_INVALID', async () => {
    const path = join(await temporaryFolder(), 'events.jsonl')
    await mkdir(path)
    await expect(readEvents(path)).rejects.toMatchObject({ code: 'BUNDLE_INVALID' })
  })

  test('lines longer than a read of the file are put together', async () => {
    const path = join(await temporaryFolder(), 'events.jsonl')
    const writer = await open(path, [], { ...createManualClock(), every: systemClock.every })
    const detail = 'x'.repeat(700_000)
    writer.append({ seq: 1, atMs: 0, type: 'journal.restored', detail })
    writer.append({ seq: 2, atMs: 0, type: 'rollout.requested', index: 1 })
    await writer.close()
    const read = await readEvents(path)
    expect(read.events.map(({ type }) => type)).toEqual(['journal.restored', 'rollout.requested'])
  })
})
