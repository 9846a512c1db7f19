import { redactData } from '../kernel/redact.ts'
import type { FailureVerdict, Finding, Reason, RunReport, Verdict } from '../model/finding.ts'
import { boundText, countOf, countText, durationText, shareText } from './format.ts'
import type { ReportTable } from './table.ts'
import { reportTables } from './tables.ts'

/** A figure of the first screen: `Outage`, `412 ms`, `longest 210 ms`. */
export interface Figure {
  readonly label: string
  readonly value: string
  readonly note: string
  /** Never told by colour alone: the value says the same. */
  readonly bad: boolean
}

/**
 * What every renderer says, in words and rounded numbers: one place for wording and units. The texts are raw: each
 * renderer escapes them for its own sink. Secrets are already gone.
 */
export interface ReportView {
  readonly title: string
  /** Where and when, as label and text. */
  readonly facts: readonly (readonly [string, string])[]
  readonly verdict: Verdict
  readonly verdictWord: string
  /** A sign that stands beside the word, for those who skim. */
  readonly verdictMark: string
  /** Why the verdict is what it is, one line. */
  readonly because: string
  readonly sentences: readonly (readonly [string, string])[]
  readonly patch: {
    readonly text: string
    readonly because: string
    /** A kubectl line that applies it; `null` when the Deployment is not known, or its name is no name. */
    readonly command: string | null
  } | null
  readonly limitations: readonly string[]
  readonly figures: readonly Figure[]
  readonly tables: readonly ReportTable[]
  /** The books: planned = started + dropped; started = ok + failed + cut. */
  readonly books: string
  /** The report the view was made from, without secrets. */
  readonly report: RunReport
}

const MARKS: Readonly<Record<Verdict, string>> = { passed: '✓', failed: '✗', inconclusive: '?' }

export const isGate = (reason: Reason): boolean => /^H\d+$/.test(reason.id)

/** What a zero still leaves open, at 95 % confidence (rule of three; RULES.md: the termination is the unit). */
export const zeroBound = ({ bounds }: RunReport): string => {
  const parts: string[] = []
  const seen: string[] = []
  if (bounds.perTermination !== null) {
    parts.push(`${boundText(bounds.perTermination)} of pod terminations`)
    seen.push(countOf(bounds.terminations, 'termination'))
  }
  if (bounds.perRequest !== null) {
    parts.push(`${boundText(bounds.perRequest)} of requests`)
    seen.push(countOf(bounds.requests, 'request'))
  }
  if (parts.length === 0) return 'too little was seen for an upper bound'
  return `95 % sure: under ${parts.join(' and ')} fail; seen: ${seen.join(', ')}`
}

/** `212 of 80,123 requests failed (0.26 %)`; a zero comes with its upper bound. */
export const failedText = (report: RunReport): string => {
  const { failed, started } = report.requests
  const of = `${countText(failed)} of ${countOf(started, 'request')} failed`
  return failed === 0 ? `${of} (${zeroBound(report)})` : `${of} (${shareText(failed, started)})`
}

const listText = (items: readonly string[], most: number): string =>
  items.length <= most
    ? items.join(', ')
    : `${items.slice(0, most).join(', ')} and ${countText(items.length - most)} more`

const reasonText = (reason: Reason): string => (isGate(reason) ? `${reason.id} (${reason.claim})` : reason.id)

/** Why the verdict is what it is: what broke for `failed`, what is unproven for `inconclusive`, what holds for `passed`. */
export const verdictBecause = (report: RunReport): string => {
  const thresholds = report.reasons.filter((reason) => !isGate(reason))
  const broken = thresholds.filter((reason) => reason.holds === false)
  const open = report.reasons.filter((reason) => reason.holds !== true)
  if (report.verdict === 'failed')
    return broken.length === 0
      ? failedText(report)
      : `${failedText(report)}; broken: ${listText(
          broken.map((reason) => `${reason.id} (was ${reason.value})`),
          3,
        )}`
  if (report.verdict === 'inconclusive')
    return open.length === 0
      ? 'a required proof is missing'
      : `not shown: ${listText(open.map(reasonText), 3)}; ${failedText(report)}`
  const accepted =
    open.length === 0
      ? ''
      : `; accepted without proof: ${listText(
          open.map((reason) => reason.id),
          5,
        )}`
  return `${failedText(report)}${accepted}`
}

const rolloutFigures = (report: RunReport): Figure[] => {
  if (report.command === 'load') return []
  const completed = report.rollouts.filter((rollout) => rollout.completedAtMs !== null).length
  const withFailures = report.rollouts.filter((rollout) => rollout.failed > 0).length
  return [
    {
      label: 'Rollouts complete',
      value: `${completed} of ${report.rollouts.length}`,
      note: withFailures === 0 ? 'none with failures' : `${withFailures} with failures`,
      bad: completed < report.rollouts.length,
    },
    {
      label: 'Pod terminations',
      value: countText(report.bounds.terminations),
      note: 'the independent trials of this run',
      bad: false,
    },
  ]
}

const outageFigure = ({ outage }: RunReport): Figure =>
  outage === null
    ? { label: 'Outage', value: 'not measured', note: 'no probes ran beside the load', bad: false }
    : {
        label: 'Outage',
        value: outage.anyMs === 0 ? 'none seen' : durationText(outage.anyMs),
        note:
          outage.anyMs === 0
            ? `by ${outage.method}`
            : `longest ${durationText(outage.longestMs)}, on all paths ${durationText(outage.allMs)}`,
        bad: outage.anyMs > 0,
      }

const figuresOf = (report: RunReport): Figure[] => {
  const { requests, failures } = report
  return [
    {
      label: 'Failed requests',
      value: countText(requests.failed),
      note:
        requests.failed === 0
          ? zeroBound(report)
          : `${shareText(requests.failed, requests.started)} of ${countText(requests.started)} sent`,
      bad: requests.failed > 0,
    },
    outageFigure(report),
    {
      label: 'vUsers affected',
      value: countText(failures.vusersAffected),
      note: 'with at least one failure',
      bad: failures.vusersAffected > 0,
    },
    {
      label: 'Hidden damage',
      value: countText(failures.hidden),
      note: 'successes as slow as a retry or a connect timeout',
      bad: failures.hidden > 0,
    },
    ...rolloutFigures(report),
  ]
}

const factsOf = (report: RunReport): (readonly [string, string])[] => [
  ...(report.subject === undefined
    ? []
    : ([
        ['target', report.subject.target],
        ...(report.subject.deployment === null ? [] : [['deployment', report.subject.deployment] as const]),
        ['load', report.subject.load],
      ] as const)),
  ['run', report.runId],
  ['started', report.startedAt.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ' UTC')],
  ['lasted', durationText(report.durationMs)],
]

const booksOf = ({ requests }: RunReport): string =>
  `${countText(requests.planned)} planned = ${countText(requests.started)} sent + ${countText(requests.dropped)} dropped; ` +
  `${countText(requests.started)} sent = ${countText(requests.ok)} ok + ${countText(requests.failed)} failed + ` +
  `${countText(requests.cut)} cut at the end of the run`

/** Only for names that Kubernetes allows (RFC 1123), so that the line can be pasted into a shell. */
const patchCommand = ({ subject }: RunReport): string | null => {
  const [, namespace, name] = /^([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/.exec(subject?.deployment ?? '') ?? []
  return namespace === undefined || name === undefined
    ? null
    : `kubectl -n ${namespace} patch deployment ${name} --patch-file patch.yaml`
}

/**
 * The view of a report. Pure. Secrets are taken out here, so that no renderer can forget it.
 * @param raw as the correlator made it, or as `report.json` was read back
 */
export const reportView = (raw: RunReport): ReportView => {
  const report = redactData(raw)
  const recommendation = report.drain?.recommendation ?? null
  const [broke, why, change] = report.sentences
  return {
    title: report.name,
    facts: factsOf(report),
    verdict: report.verdict,
    verdictWord: report.verdict.toUpperCase(),
    verdictMark: MARKS[report.verdict],
    because: verdictBecause(report),
    sentences: [
      ['What broke', broke],
      ['Why', why],
      ['What to change', change],
    ],
    patch:
      recommendation === null || recommendation.patch === ''
        ? null
        : { text: recommendation.patch, because: recommendation.because, command: patchCommand(report) },
    limitations: report.limitations,
    figures: figuresOf(report),
    tables: reportTables(report),
    books: booksOf(report),
    report,
  }
}

/** Failures grouped by what was decided, largest group first, in order of time within a group. */
export const failuresByCause = (
  report: RunReport,
): {
  readonly finding: Finding | null
  readonly cause: string
  readonly failures: readonly FailureVerdict[]
}[] => {
  const groups = new Map<string, FailureVerdict[]>()
  for (const failure of report.failureList) {
    const group = groups.get(failure.cause)
    if (group === undefined) groups.set(failure.cause, [failure])
    else group.push(failure)
  }
  return [...groups]
    .map(([cause, failures]) => ({
      cause,
      finding: report.findings.find((finding) => finding.cause === cause) ?? null,
      failures: failures.toSorted((a, b) => a.startedAtMs - b.startedAtMs || a.requestId - b.requestId),
    }))
    .toSorted((a, b) => b.failures.length - a.failures.length || (a.cause < b.cause ? -1 : 1))
}

/** What to change for a cause, and, where it was not the only one thinkable, what else it could be and what it is not. */
export const adviceText = ({ fix, candidates, ruledOut }: Finding): string =>
  [
    fix,
    ...(candidates.length > 0 ? [`Candidates: ${candidates.join(', ')}.`] : []),
    ...ruledOut.slice(0, 3).map(({ cause, because }) => `Not ${cause}: ${because}.`),
  ].join(' ')
