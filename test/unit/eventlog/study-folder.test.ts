import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  isStudyFolder,
  openStudyProgress,
  readStudyFolder,
  writeStudyInfo,
} from '../../../src/eventlog/study-folder.ts'
import { epochMs } from '../../../src/kernel/units.ts'
import type { StudyInfo, StudyProgress } from '../../../src/model/study-record.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rollproof-study-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const INFO = {
  schemaVersion: 1,
  id: '1n5g0k7-9x3qd',
  name: 'study',
  scenario: { study: { variants: [] } },
  scenarioHash: 'x',
  order: [],
  cluster: { deployment: { namespace: 'shop', name: 'web', uid: '1' } },
} as unknown as StudyInfo

const session: StudyProgress = { type: 'session.started', atMs: epochMs(1), sessionId: 'a', version: '0' }
const dropped: StudyProgress = { type: 'variant.dropped', atMs: epochMs(2), variant: 'b', why: 'x' }

test('what was written is read back, from the folder or a file in it', async () => {
  await writeStudyInfo(dir, INFO)
  const log = await openStudyProgress(dir)
  await log.append(session)
  await log.append(dropped)
  await log.close()
  for (const path of [dir, join(dir, 'study.json')]) {
    expect(await isStudyFolder(path)).toBe(true)
    expect(await readStudyFolder(path)).toMatchObject({ info: { id: INFO.id }, progress: [session, dropped] })
  }
})

test('a study without progress, and a folder without a study, are told apart', async () => {
  expect(await isStudyFolder(dir)).toBe(false)
  await expect(readStudyFolder(dir)).rejects.toMatchObject({ code: 'BUNDLE_INVALID' })
  await writeStudyInfo(dir, INFO)
  expect((await readStudyFolder(dir)).progress).toEqual([])
})

test('a line that a crash cut off counts as not written, also when a later session goes on after it', async () => {
  await writeStudyInfo(dir, INFO)
  const path = join(dir, 'progress.jsonl')
  await writeFile(path, `${JSON.stringify(session)}\n{"type":"block.sta`)
  expect((await readStudyFolder(dir)).progress).toEqual([session])
  const log = await openStudyProgress(dir)
  await log.append(session)
  await log.close()
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(4)
  expect((await readStudyFolder(dir)).progress).toEqual([session, session])
})

test('any other line that cannot be read makes the progress unusable, since blocks could be missing', async () => {
  await writeStudyInfo(dir, INFO)
  await appendFile(
    join(dir, 'progress.jsonl'),
    `${JSON.stringify(session)}\nrubbish\n${JSON.stringify(dropped)}\n`,
  )
  await expect(readStudyFolder(dir)).rejects.toMatchObject({
    code: 'BUNDLE_INVALID',
    message: expect.stringContaining('line 2 is not readable'),
  })
})

test('a study of a newer version is refused', async () => {
  await mkdir(join(dir, 'blocks'))
  await writeStudyInfo(dir, { ...INFO, schemaVersion: 99 })
  await expect(readStudyFolder(dir)).rejects.toMatchObject({ code: 'BUNDLE_INVALID' })
})
