import { inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { correlate } from '../../../src/correlator/correlate.ts'
import { runMs } from '../../../src/kernel/units.ts'
import { dataBlock } from '../../../src/report/html/data-block.ts'
import { pageData } from '../../../src/report/html/page-data.ts'
import { newLists, newWords } from '../../../src/report/html/words.ts'
import { bigRun } from '../../support/big-run.ts'
import { badRun } from '../../support/report-fixtures.ts'

test('two pods of one name have lanes of their own, and a failure lies on the one that lived then', () => {
  const report = badRun()
  const [first, second] = [report.pods[0], report.pods.find(({ revision }) => revision === 3)]
  const failure = report.failureList[0]
  if (first === undefined || second === undefined || failure === undefined)
    throw new Error('not in the fixture')
  const pods = [
    { ...first, name: 'web-0', uid: 'a', goneAtMs: runMs(20_000) },
    { ...second, name: 'web-0', uid: 'b', createdAtMs: runMs(21_000), goneAtMs: null },
  ]
  const failureList = [5000, 30_000].map((at, i) => ({
    ...failure,
    requestId: i,
    pod: 'web-0',
    startedAtMs: runMs(at),
    endedAtMs: runMs(at + 1),
  }))
  const data = pageData({ ...report, pods, failureList }, null, [])
  expect(data.failures.pod.map((lane) => data.pods[lane]?.uid)).toEqual(['a', 'b'])
})

test('long data is packed, and is the same when unpacked; every failure is in it', () => {
  const input = bigRun({
    requests: 30_000,
    replicas: 10,
    rollouts: 3,
    durationMs: 60_000,
    failuresPerEnd: 60,
  })
  const { report, findings, detail } = correlate(input)
  const data = pageData(report, detail(), input.events)
  const block = dataBlock(data, 1000)
  const packed =
    /^<script type="application\/octet-stream" id="data">([\w+/=]*)<\/script>$/.exec(block)?.[1] ?? ''
  expect(packed.length).toBeGreaterThan(1000)
  expect(JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString('utf8'))).toEqual(
    JSON.parse(JSON.stringify(data)),
  )
  let atMs = 0
  const starts = data.failures.at.map((tenths) => {
    atMs += tenths / 10
    return atMs
  })
  expect(data.failures.id).toEqual(findings.map(({ requestId }) => requestId))
  for (const [i, { startedAtMs }] of findings.entries()) expect(starts[i]).toBeCloseTo(startedAtMs, 0)
})

test('secrets are gone from the texts of the page before they are counted', () => {
  const words = newWords()
  expect(words.of(null)).toBe(-1)
  expect(words.of('Authorization: Bearer abcdefghijkl')).toBe(0)
  expect(words.of('Authorization: Bearer abcdefghijkl')).toBe(0)
  expect(words.list[0]).not.toContain('abcdefghijkl')
  const lists = newLists()
  expect([lists.of([]), lists.of([1, 2]), lists.of([1, 2]), lists.of([12])]).toEqual([0, 1, 1, 2])
})
