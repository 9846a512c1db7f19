import { expect, test } from 'vitest'
import { MOST_ANNOTATIONS, renderAnnotations } from '../../../src/report/annotations.ts'
import { badRun, cleanRun, hostileRun, inconclusiveRun, loadRun } from '../../support/report-fixtures.ts'

/** As the runner reads a line: the properties end at the first `::` after the command. */
const parse = (
  line: string,
): { readonly level: string; readonly title: string; readonly message: string } => {
  const [, level = '', title = '', message = ''] = /^::(\w+) title=(.*?)::(.*)$/s.exec(line) ?? []
  const decode = (text: string): string =>
    text.replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%0A', '\n').replaceAll('%25', '%')
  return { level, title: decode(title), message: decode(message) }
}

test('a failed run says its verdict, then each cause with what to change', () => {
  const [verdict, ...rest] = renderAnnotations(badRun()).map(parse)
  expect(verdict).toMatchObject({ level: 'error', title: 'rollproof FAILED: spring-300' })
  expect(verdict?.message).toContain('222 of 81,541 requests failed (0.27 %)')
  expect(rest[0]).toEqual({
    level: 'error',
    title: 'A1: 140 requests failed',
    message:
      'The app stopped listening on SIGTERM before the routes to it were gone. Keep the app serving until the routes are gone: preStop sleep of at least 5 s.',
  })
  expect(rest.at(-1)).toMatchObject({ level: 'warning', title: 'hidden damage' })
})

test('a passed run is a notice, an inconclusive one an error with each gate that is open', () => {
  expect(renderAnnotations(cleanRun()).map((line) => parse(line).level)).toEqual(['notice'])
  expect(renderAnnotations(inconclusiveRun()).map((line) => parse(line).title)).toEqual([
    'rollproof INCONCLUSIVE: checklist',
    'H4: does not hold',
    'H7: not shown',
    'H9: does not hold',
  ])
})

test('there are never more than ten, and the last one counts the rest', () => {
  const report = badRun()
  const many = Array.from({ length: 40 }, () => report.findings).flat()
  const lines = renderAnnotations({ ...report, findings: many })
  expect(lines).toHaveLength(MOST_ANNOTATIONS)
  expect(parse(lines.at(-1) ?? '').title).toBe('194 more')
  for (const run of [badRun(), loadRun(), hostileRun('x')])
    expect(renderAnnotations(run).length).toBeLessThanOrEqual(MOST_ANNOTATIONS)
})

test('hostile names end no command and begin none', () => {
  for (const text of [
    'x::error::y',
    'a,line=1::warning::b',
    '100%0A::error::x',
    'a\n::error::b',
    '##[error]x',
  ])
    for (const line of renderAnnotations(hostileRun(text))) {
      const { level, title } = parse(line)
      expect(['error', 'warning', 'notice']).toContain(level)
      expect(line).not.toMatch(/[\r\n]|##\[/)
      expect(title.length).toBeGreaterThan(0)
      expect(line.slice(2).split('::')[0]?.split(',')).toHaveLength(1)
    }
})
