import type { RunReport } from '../model/finding.ts'
import { escapeXml } from './escape.ts'
import { type JunitCase, type JunitOutcome, type JunitSuite, junitSuites } from './junit-suites.ts'
import { judgedText } from './predictions.ts'
import { type ReportView, reportView } from './view.ts'

type Properties = readonly (readonly [string, string])[]

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('')

/** Seconds as both schemas have them: no sign, no exponent. */
const secondsText = (seconds: number): string =>
  (Number.isFinite(seconds) ? Math.max(0, seconds) : 0).toFixed(3)

const outcomeXml = ({ kind, message, detail }: JunitOutcome): string => {
  const type = kind === 'error' ? 'inconclusive' : 'broken'
  const head = `      <${kind}${attributes({ ...(kind === 'skipped' ? {} : { type }), message })}`
  return detail === '' ? `${head}/>` : `${head}>${escapeXml(detail)}</${kind}>`
}

const caseXml = (suite: string, one: JunitCase): string =>
  [
    `    <testcase${attributes({ classname: `rollproof.${suite}`, name: one.name, time: secondsText(one.seconds) })}>`,
    ...(one.outcome === null ? [] : [outcomeXml(one.outcome)]),
    `      <system-out>${escapeXml(one.output)}</system-out>`,
    '    </testcase>',
  ].join('\n')

const totals = (cases: readonly JunitCase[]): Record<'tests' | 'failures' | 'errors' | 'skipped', number> => {
  const of = (kind: JunitOutcome['kind']): number =>
    cases.filter(({ outcome }) => outcome?.kind === kind).length
  return { tests: cases.length, failures: of('failure'), errors: of('error'), skipped: of('skipped') }
}

const suiteXml = (suite: JunitSuite, startedAt: string, properties: Properties): string =>
  [
    `  <testsuite${attributes({
      name: `rollproof.${suite.name}`,
      ...totals(suite.cases),
      time: secondsText(suite.cases.reduce((total, one) => total + Math.max(0, one.seconds), 0)),
      timestamp: startedAt.replace(/(?:\.\d+)?Z$/, ''),
    })}>`,
    '    <properties>',
    ...properties.map(([name, value]) => `      <property${attributes({ name, value })}/>`),
    '    </properties>',
    ...suite.cases.map((one) => caseXml(suite.name, one)),
    '  </testsuite>',
  ].join('\n')

/** What was predicted before the load, and what came true: a property each. */
const predictionProperties = ({ predictions }: RunReport): Properties => [
  ...(predictions?.made ?? []).map(
    (prediction) =>
      [
        `prediction ${prediction.id}`,
        `${judgedText(prediction)}: ${prediction.cause} (${prediction.severity}): ${prediction.title}`,
      ] as const,
  ),
  ...(predictions?.unpredicted ?? []).map(
    ({ cause, title, failed }) => [`not predicted ${cause}`, `${failed} failed: ${title}`] as const,
  ),
]

const allProperties = (view: ReportView): Properties => [
  ['verdict', view.report.verdict],
  ['because', view.because],
  ...view.facts,
  ...view.sentences,
  ...view.figures.map(({ label, value, note }) => [label, `${value} (${note})`] as const),
  ...predictionProperties(view.report),
]

/**
 * JUnit XML: one case per threshold, gate and rollout. Valid against what Jenkins accepts (xunit-plugin, junit-10.xsd),
 * and each suite against Maven Surefire's schema (surefire-test-report.xsd 3.0.2), whose root is one suite. The first
 * suite carries all properties, with the predictions and what came of them; the others say only whose they are.
 */
export const renderJunit = (raw: RunReport): string => {
  const view = reportView(raw)
  const { report } = view
  const suites = junitSuites(report, view.because)
  const all = totals(suites.flatMap(({ cases }) => cases))
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({
      name: `rollproof ${report.name}`,
      tests: all.tests,
      failures: all.failures,
      errors: all.errors,
      time: secondsText(report.durationMs / 1000),
    })}>`,
    ...suites.map((suite, index) =>
      suiteXml(
        suite,
        report.startedAt,
        index === 0
          ? allProperties(view)
          : [
              ['verdict', report.verdict],
              ['run', report.runId],
            ],
      ),
    ),
    '</testsuites>',
    '',
  ].join('\n')
}
