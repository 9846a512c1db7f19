import type { Reason, RolloutReport, RunReport } from '../model/finding.ts'
import { countOf, countText, durationText } from './format.ts'
import { causeText } from './tables.ts'
import { isGate } from './view.ts'

/**
 * What a case ended as. `failure`: proven to be broken. `error`: it could not be judged and the run is inconclusive
 * for it, so that a CI system does not show green. `skipped`: not judged, and the verdict does not hang on it.
 */
export interface JunitOutcome {
  readonly kind: 'failure' | 'error' | 'skipped'
  /** One line. */
  readonly message: string
  /** What a reader needs next, line by line; '' = the message says it all. */
  readonly detail: string
}

export interface JunitCase {
  /** Unique in its suite. */
  readonly name: string
  readonly seconds: number
  readonly outcome: JunitOutcome | null
  readonly output: string
}

export interface JunitSuite {
  readonly name: string
  readonly cases: readonly JunitCase[]
}

const MOST_CAUSES = 8

const wasText = (reason: Reason): string => `${reason.claim}: was ${reason.value}, limit ${reason.limit}`

/** The causes with what to change, for the case that a failed run is remembered by. */
const causesText = ({ findings }: RunReport): string => {
  const lines = findings
    .slice(0, MOST_CAUSES)
    .map(
      ({ cause, mechanism, count, title, fix }) =>
        `${causeText(cause, mechanism)}: ${countText(count)} failed: ${title}\n    ${fix}`,
    )
  const more = findings.length - lines.length
  return [...lines, ...(more > 0 ? [`${countOf(more, 'more cause')} in report.html`] : [])].join('\n')
}

const reasonOutcome = (reason: Reason, report: RunReport): JunitOutcome | null => {
  if (reason.holds === true) return null
  if (!isGate(reason) && reason.holds === false && report.verdict === 'failed')
    return { kind: 'failure', message: wasText(reason), detail: causesText(report) }
  const state = reason.holds === null ? 'not shown' : 'does not hold'
  if (report.verdict === 'inconclusive')
    return { kind: 'error', message: `${state}: ${wasText(reason)}`, detail: '' }
  const weight = report.verdict === 'passed' ? 'accepted without proof' : 'the run failed whatever this says'
  return { kind: 'skipped', message: `${state} (${weight}): ${wasText(reason)}`, detail: '' }
}

const reasonCase = (reason: Reason, report: RunReport): JunitCase => ({
  name: isGate(reason) ? `${reason.id} ${reason.claim}` : reason.id,
  seconds: 0,
  outcome: reasonOutcome(reason, report),
  output: wasText(reason),
})

/** `A1 12, C1 3`: what failed in a rollout, as far as the list of failures goes. */
const causesOf = (rollout: RolloutReport, { failureList }: RunReport): string => {
  const counts = new Map<string, number>()
  for (const { rollout: index, cause } of failureList)
    if (index === rollout.index) counts.set(cause, (counts.get(cause) ?? 0) + 1)
  return [...counts]
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, MOST_CAUSES)
    .map(([cause, failed]) => `${cause} ${countText(failed)}`)
    .join(', ')
}

const rolloutOutcome = (rollout: RolloutReport, report: RunReport): JunitOutcome | null => {
  const failed = `${countOf(rollout.failed, 'request')} failed in rollout ${rollout.index}`
  if (rollout.failed > 0 && report.verdict === 'failed') {
    const causes = causesOf(rollout, report)
    return { kind: 'failure', message: failed, detail: causes === '' ? '' : `by cause: ${causes}` }
  }
  if (rollout.completedAtMs === null)
    return {
      kind: report.verdict === 'inconclusive' ? 'error' : 'skipped',
      message: `rollout ${rollout.index} did not complete`,
      detail: '',
    }
  return rollout.failed > 0 && report.verdict === 'inconclusive'
    ? { kind: 'skipped', message: `${failed}, and the run is inconclusive`, detail: '' }
    : null
}

const rolloutCase = (rollout: RolloutReport, report: RunReport): JunitCase => {
  const tookMs = rollout.completedAtMs === null ? null : rollout.completedAtMs - rollout.requestedAtMs
  return {
    name: `rollout ${rollout.index}`,
    seconds: (tookMs ?? 0) / 1000,
    outcome: rolloutOutcome(rollout, report),
    output: `${countOf(rollout.requests, 'request')}, ${countText(rollout.failed)} failed, took ${durationText(tookMs)}`,
  }
}

const uniqueNames = (cases: readonly JunitCase[]): JunitCase[] => {
  const taken = new Set<string>()
  return cases.map((one) => {
    let name = one.name
    for (let times = 2; taken.has(name); times++) name = `${one.name} (${times})`
    taken.add(name)
    return { ...one, name }
  })
}

/**
 * One case per threshold, gate and rollout, in suites that have at least one. A failed run has at least one failure,
 * an inconclusive one at least one error, a passed one neither: where no case shows it, the verdict is a case.
 * @param report without secrets
 * @param because the verdict's reason in one line
 */
export const junitSuites = (report: RunReport, because: string): JunitSuite[] => {
  const suites: JunitSuite[] = [
    {
      name: 'thresholds',
      cases: report.reasons.filter((reason) => !isGate(reason)).map((reason) => reasonCase(reason, report)),
    },
    { name: 'gates', cases: report.reasons.filter(isGate).map((reason) => reasonCase(reason, report)) },
    { name: 'rollouts', cases: report.rollouts.map((rollout) => rolloutCase(rollout, report)) },
  ]
  const wanted = { passed: null, failed: 'failure', inconclusive: 'error' } as const
  const kind = wanted[report.verdict]
  const shown = suites.some(({ cases }) => cases.some(({ outcome }) => outcome?.kind === kind))
  if (kind !== null && !shown)
    suites.unshift({
      name: 'verdict',
      cases: [
        {
          name: `verdict ${report.verdict}`,
          seconds: 0,
          outcome: { kind, message: because, detail: causesText(report) },
          output: because,
        },
      ],
    })
  return suites
    .filter(({ cases }) => cases.length > 0)
    .map((suite) => ({ ...suite, cases: uniqueNames(suite.cases) }))
}
