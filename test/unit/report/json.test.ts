import { expect, test } from 'vitest'
import { z } from 'zod'
import type { RunReport } from '../../../src/model/finding.ts'
import { renderJson } from '../../../src/report/json.ts'
import { reportJsonSchema, reportSchema } from '../../../src/report/report-schema.ts'
import { badRun, cleanRun, inconclusiveRun, loadRun } from '../../support/report-fixtures.ts'

const RUNS = { badRun, cleanRun, inconclusiveRun, loadRun }

/** Keys of `value` that `schema` does not know, as paths. */
const unknownKeys = (value: unknown, schema: unknown, path: string): string[] => {
  if (typeof value !== 'object' || value === null || typeof schema !== 'object' || schema === null) return []
  const known = schema as { anyOf?: unknown[]; items?: unknown; properties?: Record<string, unknown> }
  if (known.anyOf !== undefined)
    return (
      known.anyOf.map((one) => unknownKeys(value, one, path)).toSorted((a, b) => a.length - b.length)[0] ?? []
    )
  if (Array.isArray(value)) return value.flatMap((item, i) => unknownKeys(item, known.items, `${path}[${i}]`))
  const { properties } = known
  if (properties === undefined) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key in properties ? unknownKeys(inner, properties[key], `${path}.${key}`) : [`${path}.${key}`],
  )
}

test.each(Object.entries(RUNS))(
  'report.json of %s is valid against the published schema, and has no key beside it',
  (_, run) => {
    const parsed: unknown = JSON.parse(renderJson(run()))
    expect(reportSchema.parse(parsed)).toEqual(parsed)
    const published = reportJsonSchema()
    expect(unknownKeys(parsed, published, '')).toEqual([])
    expect(z.fromJSONSchema(published).parse(parsed)).toEqual(parsed)
  },
)

test.each([
  ['an unknown verdict', { verdict: 'maybe' }],
  ['a count below zero', { exitCode: -1 }],
  ['two sentences', { sentences: ['a', 'b'] }],
  ['a missing part', { requests: undefined }],
])('%s is refused by the schema', (_, change) => {
  const broken: unknown = JSON.parse(JSON.stringify({ ...cleanRun(), ...change }))
  expect(reportSchema.safeParse(broken).success).toBe(false)
})

test('the order in which a report was put together does not show', () => {
  const shuffled = (value: Record<string, number>): Record<string, number> =>
    Object.fromEntries(Object.entries(value).toReversed())
  const report = badRun()
  const other: RunReport = {
    ...(Object.fromEntries(Object.entries(report).toReversed()) as unknown as RunReport),
    failures: {
      ...report.failures,
      byKind: shuffled(report.failures.byKind),
      byCause: shuffled(report.failures.byCause),
      byPod: shuffled(report.failures.byPod),
    },
  }
  expect(renderJson(other)).toBe(renderJson(report))
})

test('lines stay short enough to be compared', () => {
  const lines = renderJson(loadRun()).split('\n')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(200)
  expect(renderJson(badRun()).endsWith('}\n')).toBe(true)
})
