import type { Reason, RolloutReport, RunReport } from '../model/finding.ts'
import { escapeXml } from './escape.ts'
import { countOf, durationText } from './format.ts'
import { isGate, reportView } from './view.ts'

/**
 * What a case ended as. `failure`: proven to be broken. `error`: it could not be judged and the run is inconclusive
 * for it, so that a CI system does not show green. `skipped`: not judged, and the verdict does not hang on it.
 */
interface Outcome {
  readonly kind: 'failure' | 'error' | 'skipped'
  readonly message: string
}

interface Case {
  readonly name: string
  readonly seconds: number
  readonly outcome: Outcome | null
  readonly output: string
}

interface Suite {
  readonly name: string
  readonly cases: readonly Case[]
}

const wasText = (reason: Reason): string => `${reason.claim}: was ${reason.value}, limit ${reason.limit}`

const reasonOutcome = (reason: Reason, report: RunReport): Outcome | null => {
  if (reason.holds === true) return null
  if (!isGate(reason) && reason.holds === false && report.verdict === 'failed')
    return { kind: 'failure', message: wasText(reason) }
  const state = reason.holds === null ? 'not shown' : 'does not hold'
  if (report.verdict === 'inconclusive') return { kind: 'error', message: `${state}: ${wasText(reason)}` }
  const weight = report.verdict === 'passed' ? 'accepted without proof' : 'the run failed whatever this says'
  return { kind: 'skipped', message: `${state} (${weight}): ${wasText(reason)}` }
}

const reasonCase = (reason: Reason, report: RunReport): Case => ({
  name: isGate(reason) ? `${reason.id} ${reason.claim}` : reason.id,
  seconds: 0,
  outcome: reasonOutcome(reason, report),
  output: wasText(reason),
})

const rolloutOutcome = (rollout: RolloutReport, report: RunReport): Outcome | null => {
  const failed = `${countOf(rollout.failed, 'request')} failed in rollout ${rollout.index}`
  if (rollout.failed > 0 && report.verdict === 'failed') return { kind: 'failure', message: failed }
  if (rollout.completedAtMs === null)
    return {
      kind: report.verdict === 'inconclusive' ? 'error' : 'skipped',
      message: `rollout ${rollout.index} did not complete`,
    }
  return rollout.failed > 0 && report.verdict === 'inconclusive'
    ? { kind: 'skipped', message: `${failed}, and the run is inconclusive` }
    : null
}

const rolloutCase = (rollout: RolloutReport, report: RunReport): Case => {
  const tookMs = rollout.completedAtMs === null ? null : rollout.completedAtMs - rollout.requestedAtMs
  return {
    name: `rollout ${rollout.index}`,
    seconds: (tookMs ?? 0) / 1000,
    outcome: rolloutOutcome(rollout, report),
    output: `${countOf(rollout.requests, 'request')}, ${rollout.failed} failed, took ${durationText(tookMs)}`,
  }
}

const uniqueNames = (cases: readonly Case[]): Case[] => {
  const seen = new Map<string, number>()
  return cases.map((one) => {
    const times = (seen.get(one.name) ?? 0) + 1
    seen.set(one.name, times)
    return times === 1 ? one : { ...one, name: `${one.name} (${times})` }
  })
}

const suitesOf = (report: RunReport, because: string): Suite[] => {
  const suites: Suite[] = [
    {
      name: 'thresholds',
      cases: report.reasons.filter((reason) => !isGate(reason)).map((reason) => reasonCase(reason, report)),
    },
    { name: 'gates', cases: report.reasons.filter(isGate).map((reason) => reasonCase(reason, report)) },
    { name: 'rollouts', cases: report.rollouts.map((rollout) => rolloutCase(rollout, report)) },
  ]
  const wanted = { passed: null, failed: 'failure', inconclusive: 'error' }[report.verdict]
  const shown = suites.some(({ cases }) => cases.some(({ outcome }) => outcome?.kind === wanted))
  if (wanted !== null && !shown)
    suites.unshift({
      name: 'verdict',
      cases: [
        {
          name: `verdict ${report.verdict}`,
          seconds: 0,
          outcome: { kind: report.verdict === 'failed' ? 'failure' : 'error', message: because },
          output: because,
        },
      ],
    })
  return suites
    .filter(({ cases }) => cases.length > 0)
    .map((suite) => ({ ...suite, cases: uniqueNames(suite.cases) }))
}

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('')

const caseXml = (suite: string, one: Case): string => {
  const head = `    <testcase${attributes({ classname: `rollproof.${suite}`, name: one.name, time: one.seconds.toFixed(3) })}>`
  const outcome =
    one.outcome === null
      ? ''
      : `\n      <${one.outcome.kind}${attributes({ type: one.outcome.kind === 'error' ? 'inconclusive' : one.outcome.kind, message: one.outcome.message })}/>`
  return `${head}${outcome}\n      <system-out>${escapeXml(one.output)}</system-out>\n    </testcase>`
}

const totals = (cases: readonly Case[]): Record<'tests' | 'failures' | 'errors' | 'skipped', number> => {
  const of = (kind: Outcome['kind']): number => cases.filter(({ outcome }) => outcome?.kind === kind).length
  return { tests: cases.length, failures: of('failure'), errors: of('error'), skipped: of('skipped') }
}

const suiteXml = (
  suite: Suite,
  report: RunReport,
  properties: readonly (readonly [string, string])[],
): string => {
  const seconds = suite.cases.reduce((total, one) => total + one.seconds, 0)
  return [
    `  <testsuite${attributes({
      name: `rollproof.${suite.name}`,
      ...totals(suite.cases),
      time: seconds.toFixed(3),
      timestamp: report.startedAt.replace(/(?:\.\d+)?Z$/, ''),
    })}>`,
    '    <properties>',
    ...properties.map(([name, value]) => `      <property${attributes({ name, value })}/>`),
    '    </properties>',
    ...suite.cases.map((one) => caseXml(suite.name, one)),
    '  </testsuite>',
  ].join('\n')
}

/**
 * JUnit XML as Jenkins and GitLab read it (xunit-plugin's junit-10.xsd): one case per threshold, gate and rollout.
 * A failed run has at least one failure, an inconclusive one at least one error, a passed one neither.
 */
export const renderJunit = (raw: RunReport): string => {
  const view = reportView(raw)
  const { report } = view
  const suites = suitesOf(report, view.because)
  const all = totals(suites.flatMap(({ cases }) => cases))
  const properties = [
    ['verdict', report.verdict],
    ['because', view.because],
    ...view.facts,
    ...view.sentences,
  ] as const
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({
      name: `rollproof ${report.name}`,
      tests: all.tests,
      failures: all.failures,
      errors: all.errors,
      time: (report.durationMs / 1000).toFixed(3),
    })}>`,
    ...suites.map((suite) => suiteXml(suite, report, properties)),
    '</testsuites>',
    '',
  ].join('\n')
}
