import type { Reason, RunReport } from '../model/finding.ts'
import { escapeWorkflowData, escapeWorkflowProperty } from './escape.ts'
import { countOf, countText, durationText } from './format.ts'
import { causeText } from './tables.ts'
import { isGate, type ReportView, reportView } from './view.ts'

/** GitHub shows ten annotations of each level for a step; ten in all stay in sight (docs: workflow commands, limits). */
export const MOST_ANNOTATIONS = 10

const MOST_TITLE = 120
const MOST_MESSAGE = 1000

type Level = 'error' | 'warning' | 'notice'

export interface Annotation {
  readonly level: Level
  readonly title: string
  readonly message: string
}

const clip = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`

/** One command; neither title nor message can end its line or begin another command. */
export const annotation = ({ level, title, message }: Annotation): string =>
  `::${level} title=${escapeWorkflowProperty(clip(title, MOST_TITLE))}::${escapeWorkflowData(clip(message, MOST_MESSAGE))}`

export const LEVELS = { passed: 'notice', failed: 'error', inconclusive: 'error' } as const

const verdictAnnotation = (view: ReportView): Annotation => ({
  level: LEVELS[view.verdict],
  title: `rollproof ${view.verdictWord}: ${view.title}`,
  message: [view.because, view.report.sentences[view.verdict === 'passed' ? 0 : 1]].join('. '),
})

const causeAnnotations = (report: RunReport): Annotation[] =>
  report.findings.map(({ cause, mechanism, title, count, fix }) => ({
    level: report.verdict === 'failed' ? 'error' : 'warning',
    title: `${causeText(cause, mechanism)}: ${countOf(count, 'request')} failed`,
    message: `${title}. ${fix}`,
  }))

/** Thresholds that are broken, and gates that keep the run from a verdict. */
const reasonAnnotations = (report: RunReport): Annotation[] => {
  const matters = (reason: Reason): boolean =>
    isGate(reason) ? report.verdict === 'inconclusive' && reason.holds !== true : reason.holds === false
  return report.reasons.filter(matters).map((reason) => ({
    level: 'error',
    title: `${reason.id}: ${reason.holds === null ? 'not shown' : isGate(reason) ? 'does not hold' : 'broken'}`,
    message: `${reason.claim}: was ${reason.value}, limit ${reason.limit}`,
  }))
}

const warnings = (report: RunReport): Annotation[] => [
  ...report.rollouts
    .filter(({ completedAtMs }) => completedAtMs === null)
    .map(({ index }) => ({
      level: 'warning' as const,
      title: `rollout ${index} did not complete`,
      message: `${report.subject?.deployment ?? 'the Deployment'}: rollout ${index} of ${report.rollouts.length} did not complete within ${durationText(report.durationMs)} of run`,
    })),
  ...(report.failures.hidden > 0
    ? [
        {
          level: 'warning' as const,
          title: 'hidden damage',
          message: `${countOf(report.failures.hidden, 'request')} succeeded, but as slowly as after a proxy's retry or a repeated connect`,
        },
      ]
    : []),
]

/** At most {@link MOST_ANNOTATIONS} workflow commands; the last one counts what was left out. */
export const withinLimit = (all: readonly Annotation[], where: string): readonly string[] => {
  if (all.length <= MOST_ANNOTATIONS) return all.map(annotation)
  const rest = all.slice(MOST_ANNOTATIONS - 1)
  const more: Annotation = {
    level: 'warning',
    title: `${countText(rest.length)} more`,
    message: `${rest.map(({ title }) => title).join('; ')}. All of it is in the ${where}.`,
  }
  return [...all.slice(0, MOST_ANNOTATIONS - 1), more].map(annotation)
}

/**
 * Workflow commands of GitHub Actions (`::error title=…::…`), one a line: the verdict, then each cause with what to
 * change, then what is broken or unproven, then warnings; see {@link withinLimit}. To be printed at the start of a line.
 */
export const renderAnnotations = (raw: RunReport): readonly string[] => {
  const view = reportView(raw)
  const { report } = view
  return withinLimit(
    [verdictAnnotation(view), ...causeAnnotations(report), ...reasonAnnotations(report), ...warnings(report)],
    'report',
  )
}
