import { expect, test } from 'vitest'
import { ablationFromNames } from '../../../src/correlator/compare/ablation.ts'
import { compareRuns } from '../../../src/correlator/compare/compare.ts'
import type { Comparison } from '../../../src/model/comparison.ts'
import { MOST_ANNOTATIONS, renderAnnotations } from '../../../src/report/annotations.ts'
import { renderStudyAnnotations } from '../../../src/report/comparison/annotations.ts'
import { madeStudy } from '../../support/measured-runs.ts'
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

/** preStop is needed; of the probe three rounds say too little. */
const madeAblation = (): Comparison => {
  const [good, bad] = [
    { share: 0, median: 1, spread: 0 },
    { share: 1, median: 8, spread: 1 },
  ]
  const variants = { all: good, none: bad, 'all but preStop': bad, 'all but probe': good }
  return compareRuns({
    runs: madeStudy({ variants, control: 'all', blocks: 3, restarts: 2, replicas: 4, seed: 3 }),
    control: 'all',
    base: null,
    ablation: ablationFromNames(Object.keys(variants)),
    interleaved: true,
    seed: 3,
    options: { rounds: 199 },
  })
}

test('a study says its outcome with the answer, then each setting with its evidence', () => {
  const comparison = madeAblation()
  const [outcome, ...settings] = renderStudyAnnotations({
    title: 'which-settings',
    comparison,
    verdict: 'inconclusive',
    because: ['undecided: probe'],
  }).map(parse)
  expect(outcome).toMatchObject({ level: 'error', title: 'rollproof study INCONCLUSIVE: which-settings' })
  expect(outcome?.message).toMatch(/^undecided: probe\. Essential: preStop\./)
  expect(settings).toEqual(
    comparison.settings.map(({ setting, words, because }) => ({
      level: words.includes('undecided') ? 'warning' : 'notice',
      title: `${setting}: ${words.join(' and ')}`,
      message: because.join(' '),
    })),
  )
  const nothing = renderStudyAnnotations({
    title: 'empty',
    comparison: null,
    verdict: 'inconclusive',
    because: ['no block was measured'],
  }).map(parse)
  expect(nothing).toEqual([
    { level: 'error', title: 'rollproof study INCONCLUSIVE: empty', message: 'no block was measured.' },
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
