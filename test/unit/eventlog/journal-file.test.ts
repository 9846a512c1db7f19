import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openJournal, readJournal, readJournalLines } from '../../../src/eventlog/journal-file.ts'
import { JOURNAL_VERSION, type JournalRecord } from '../../../src/model/journal.ts'

const OPENED = {
  runId: 'run-1',
  version: '0.1.0',
  server: 'https://127.0.0.1:6443',
  clusterUid: null,
  deployment: { namespace: 'shop', name: 'web', uid: 'd1' },
}
const RECORD: JournalRecord = {
  schemaVersion: JOURNAL_VERSION,
  runId: 'run-1',
  version: '0.1.0',
  variant: 'prestop-5',
  writtenAtMs: 1,
  object: { kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'd1' },
  changes: [{ path: '/spec/minReadySeconds', before: null, after: { value: 5 } }],
  anchors: [],
  restart: { before: null },
  specHash: 'abc',
  templateHash: null,
  others: [],
}
const APPLYING = { type: 'applying', variant: 'prestop-5', records: [RECORD] } as const
const line = (value: unknown): string => `${JSON.stringify(value)}\n`
const HEAD = line({ type: 'opened', schemaVersion: JOURNAL_VERSION, ...OPENED })

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollproof-journal-file-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('what was appended is on disk, in order, and read back', async () => {
  const journal = await openJournal(folder, OPENED)
  await Promise.all([
    journal.append(APPLYING),
    journal.append({ type: 'restarting', restartedAt: '2026-01-01T00:00:00.001Z' }),
  ])
  expect(readFileSync(journal.path, 'utf8').split('\n')).toHaveLength(4)
  await journal.append({ type: 'restarting', restartedAt: '2026-01-01T00:00:00.002Z' })
  await journal.close()
  await journal.close()
  expect(await readJournal(folder)).toEqual({
    ok: true,
    journal: {
      opened: { type: 'opened', schemaVersion: JOURNAL_VERSION, ...OPENED },
      open: [RECORD],
      restarts: ['2026-01-01T00:00:00.001Z', '2026-01-01T00:00:00.002Z'],
      isTorn: false,
    },
  })
})

test('a variant that was restored is no longer open, and the next one is', () => {
  const restored = line({ type: 'restored', detail: '' })
  expect(readJournalLines(HEAD + line(APPLYING) + restored)).toMatchObject({ journal: { open: null } })
  const next = { ...RECORD, variant: 'next' }
  expect(
    readJournalLines(HEAD + line(APPLYING) + restored + line({ ...APPLYING, records: [next] })),
  ).toMatchObject({
    journal: { open: [{ variant: 'next' }] },
  })
})

test('a file cut off at any byte is read as far as it is whole, or refused', () => {
  const text = HEAD + line(APPLYING) + line({ type: 'restarting', restartedAt: '2026-01-01T00:00:00.001Z' })
  for (let bytes = 0; bytes <= text.length; bytes++) {
    const cut = text.slice(0, bytes)
    const lines = cut.split('\n').length - 1
    const read = readJournalLines(cut)
    expect(read.ok).toBe(lines >= 1)
    if (!read.ok) continue
    expect(read.journal.open !== null).toBe(lines >= 2)
    expect(read.journal.restarts).toHaveLength(lines >= 3 ? 1 : 0)
    expect(read.journal.isTorn).toBe(!cut.endsWith('\n'))
  }
})

test('after a torn line it is gone on with on a line of its own', async () => {
  writeFileSync(join(folder, 'journal.jsonl'), HEAD + line(APPLYING).slice(0, 30))
  const journal = await openJournal(folder, OPENED)
  await journal.append(APPLYING)
  await journal.close()
  expect(await readJournal(folder)).toMatchObject({ ok: true, journal: { open: [RECORD], isTorn: true } })
})

test.each<[string, string, string]>([
  ['empty', '', 'no whole line'],
  ['broken in the middle', `${HEAD}{"type":\n${line(APPLYING)}`, 'line 2 is not readable'],
  ['without its first line', line(APPLYING), 'does not say whose it is'],
  ['of a newer version', line({ type: 'opened', ...OPENED, schemaVersion: 99 }), 'it is of version 99'],
  [
    'with a record of a newer version',
    HEAD + line({ ...APPLYING, records: [{ ...RECORD, schemaVersion: 99 }] }),
    'it is of version 99',
  ],
  [
    'with a record that lacks its changes',
    HEAD + line({ ...APPLYING, records: [{ ...RECORD, changes: undefined }] }),
    'its changes is not usable',
  ],
  [
    'with a record that names labels',
    HEAD +
      line({
        ...APPLYING,
        records: [
          { ...RECORD, changes: [{ path: '/spec/template/metadata/labels/a', before: null, after: null }] },
        ],
      }),
    'never changed',
  ],
  ['with a line of an unknown type', HEAD + line({ type: 'other' }), 'unknown type'],
  [
    'of two Deployments',
    HEAD +
      line({ type: 'opened', schemaVersion: 1, ...OPENED, deployment: { ...OPENED.deployment, uid: 'd2' } }),
    'two Deployments',
  ],
])('a journal %s is refused, with the reason', (_, text, why) => {
  expect(readJournalLines(text)).toMatchObject({ ok: false, why: expect.stringContaining(why) })
})

test('of a journal that cannot be used the Deployment is still known, where the first line tells it', () => {
  expect(readJournalLines(`${HEAD}nonsense\n${line(APPLYING)}`)).toMatchObject({
    ok: false,
    deployment: { namespace: 'shop', name: 'web' },
  })
})

test('a folder without one is told, not thrown', async () => {
  expect(await readJournal(folder)).toMatchObject({
    ok: false,
    why: expect.stringContaining('cannot be read'),
  })
})

test('a folder that cannot be written to is OUTPUT_NOT_WRITABLE before anything was changed', async () => {
  await expect(openJournal(join(folder, 'none'), OPENED)).rejects.toMatchObject({
    code: 'OUTPUT_NOT_WRITABLE',
  })
  appendFileSync(join(folder, 'file'), '')
  await expect(openJournal(join(folder, 'file'), OPENED)).rejects.toMatchObject({
    code: 'OUTPUT_NOT_WRITABLE',
  })
})
