import { expect, test } from 'vitest'
import { renderJunit } from '../../../src/report/junit.ts'
import { activeIn, SINKS } from '../../support/hostile-sinks.ts'
import { junitErrors } from '../../support/junit-schema.ts'
import { hostileRun, tinyHostileRun } from '../../support/report-fixtures.ts'
import { PAYLOADS } from '../../support/report-payloads.ts'

test('there are at least 300 payloads, none twice', () => {
  expect(new Set(PAYLOADS).size).toBe(PAYLOADS.length)
  expect(PAYLOADS.length).toBeGreaterThanOrEqual(300)
})

/** All payloads in every field of the slow sinks too: 20 s more. */
const FULL = process.env.ROLLPROOF_FULL_PAYLOADS === '1'
const quick = SINKS.filter(({ isSlow }) => isSlow !== true || FULL)
const slow = SINKS.filter((sink) => !quick.includes(sink))

/** In slices, so that none of the tests is long. */
const SLICE = 50
const slices = Array.from({ length: Math.ceil(PAYLOADS.length / SLICE) }, (_, i) => i * SLICE)

test.each(slices)(
  `of ${PAYLOADS.length} payloads in every field, those from %i on: 0 active in ${quick.length} sinks (${quick.map(({ name }) => name).join(', ')})`,
  (from) => {
    const active = PAYLOADS.slice(from, from + SLICE).flatMap((payload) =>
      activeIn(quick, tinyHostileRun(payload), JSON.stringify(payload)),
    )
    expect(active).toEqual([])
  },
)

/** Few reports that hold many payloads, each in some fields. */
const mixed = Array.from({ length: 16 }, (_, i) => PAYLOADS.filter((_payload, at) => at % 16 === i))

test.skipIf(FULL)(
  `of ${PAYLOADS.length} payloads, each in some fields: 0 active in ${slow.length} sinks (${slow.map(({ name }) => name).join(', ')})`,
  () => {
    const active = mixed.flatMap((payloads, i) => activeIn(slow, hostileRun(...payloads), `mix ${i}`))
    expect(active).toEqual([])
  },
)

test('each sink would notice: a payload that comes through as it is, is found', () => {
  const telling: Readonly<Record<string, string>> = {
    HTML: '<script>globalThis.pwned=1</script>',
    JUnit: '</system-out><failure message="x"/>',
    Markdown: '[x](javascript:globalThis.pwned=1) | x',
    CSV: '=cmd()',
    JSON: '\u001b[2J',
    'findings.jsonl': '\u001b[2J',
    annotations: '\n::add-mask::x',
  }
  for (const sink of SINKS) {
    const word = 'plainwords'
    const plain = sink.render(tinyHostileRun(word))
    const raw = plain.replace(word, telling[sink.name] ?? '\u001b[2J')
    expect(raw, sink.name).not.toBe(plain)
    let noticed = false
    try {
      noticed = sink.active(raw, plain, tinyHostileRun(word)).length > 0
    } catch (error) {
      // No longer JSON.
      noticed = error instanceof SyntaxError
    }
    expect(noticed, sink.name).toBe(true)
  }
})

test(`JUnit with each of ${PAYLOADS.length} payloads is valid against the schemas`, async () => {
  const reports = FULL ? PAYLOADS.map(tinyHostileRun) : mixed.map((payloads) => hostileRun(...payloads))
  const files = [hostileRun(PAYLOADS.join(' ')), ...reports].map(renderJunit)
  expect(await junitErrors(...files)).toEqual([])
})
