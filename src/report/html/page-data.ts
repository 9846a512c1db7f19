import { redactText } from '../../kernel/redact.ts'
import type { FailureDetail, RunDetail, Series } from '../../model/detail.ts'
import type { RunEvent } from '../../model/events.ts'
import type { FailureVerdict, RunReport } from '../../model/finding.ts'
import { describeEvent } from '../describe-event.ts'
import { podsInOrder } from '../pods-table.ts'
import { causeText } from '../tables.ts'
import { kindMeaning } from '../words.ts'
import { type FailureColumns, failureColumns } from './failure-columns.ts'
import { type PodData, podData } from './pod-data.ts'
import { newLists, newWords } from './words.ts'

/** What the script of the page works on. Times: ms since run start, where nothing else is said. */
export interface PageData {
  readonly runId: string
  readonly startedAtMs: number | null
  readonly durationMs: number
  readonly phases: readonly { readonly label: string; readonly from: number; readonly to: number }[]
  readonly rollouts: readonly { readonly index: number; readonly from: number; readonly to: number }[]
  readonly blind: readonly { readonly what: string; readonly from: number; readonly to: number }[]
  readonly series: Series
  readonly heat: RunDetail['heat']
  readonly pods: readonly PodData[]
  /** Failures in all; there are columns for those that are known one by one. */
  readonly failed: number
  readonly failures: FailureColumns
  readonly words: readonly string[]
  readonly lists: readonly (readonly number[])[]
  /** Texts of facts, by seq. */
  readonly facts: Readonly<Record<string, string>>
  readonly findings: readonly {
    readonly label: string
    readonly cause: string
    readonly title: string
    readonly count: number
    readonly level: string
    readonly fix: string
  }[]
  readonly kinds: Readonly<Record<string, string>>
  readonly hidden: RunDetail['hidden']
}

/** Texts of at most so many facts go with the page; the others are named by number. */
const MOST_FACTS = 20_000

/** Without the bundle: what report.json says second by second. */
const seriesOfWindows = ({ windows }: RunReport): Series => ({
  binMs: 1000,
  started: windows.started,
  intended: [],
  ok: windows.ok,
  failed: windows.failed,
  failedByKind: {},
  inFlight: [],
  p50Us: windows.p50Us,
  p99Us: windows.p99Us,
  plannedPerSec: null,
})

/** How far `atMs` lies outside of a pod's life. */
const distance = (pod: PodData, atMs: number): number => {
  const begun = pod.created?.[0] ?? pod.created?.[1] ?? pod.ready?.[1] ?? 0
  const over = pod.gone?.[1] ?? Number.POSITIVE_INFINITY
  return atMs < begun ? begun - atMs : Math.max(0, atMs - over)
}

/** Lane of a failure: by uid, else the pod of that name whose life is nearest. Two pods may have one name. */
const laneFinder = (
  pods: readonly PodData[],
): ((uid: string | null, name: string | null, atMs: number) => number) => {
  const byUid = new Map(pods.map(({ uid }, lane) => [uid, lane]))
  const byName = new Map<string, number[]>()
  pods.forEach(({ name }, lane) => {
    byName.set(name, [...(byName.get(name) ?? []), lane])
  })
  return (uid, name, atMs) => {
    const lane = uid === null ? undefined : byUid.get(uid)
    if (lane !== undefined) return lane
    const lanes = name === null ? [] : (byName.get(name) ?? [])
    const far = (index: number): number => {
      const pod = pods[index]
      return pod === undefined ? Number.POSITIVE_INFINITY : distance(pod, atMs)
    }
    return lanes.toSorted((a, b) => far(a) - far(b))[0] ?? -1
  }
}

const factTexts = (
  lists: readonly (readonly number[])[],
  used: ReadonlySet<number>,
  events: readonly RunEvent[],
): Record<string, string> => {
  const wanted = new Set<number>()
  for (const list of used) for (const seq of lists[list] ?? []) wanted.add(seq)
  const texts: Record<string, string> = {}
  let n = 0
  for (const event of events) {
    if (!wanted.has(event.seq) || n >= MOST_FACTS) continue
    texts[event.seq] = redactText(describeEvent(event))
    n++
  }
  return texts
}

/**
 * The data of the page, without secrets. Pure.
 * @param report without secrets already
 * @param detail `null` = only report.json is known: then the listed failures, and what it says of pods and seconds
 */
export const pageData = (
  report: RunReport,
  detail: RunDetail | null,
  events: readonly RunEvent[],
): PageData => {
  const startedAtMs = Date.parse(report.startedAt)
  const details = new Map(detail?.pods.map((pod) => [pod.uid, pod]))
  const pods = podsInOrder(report.pods).map((pod) => podData(pod, details.get(pod.uid)))
  const laneOf = laneFinder(pods)
  const words = newWords()
  const lists = newLists()
  const listed = detail?.verdicts ?? report.failureList
  const order = [...listed.keys()].sort(
    (a, b) => (listed[a]?.startedAtMs ?? 0) - (listed[b]?.startedAtMs ?? 0) || a - b,
  )
  const verdicts = order.map((i) => listed[i]).filter((one): one is FailureVerdict => one !== undefined)
  const own = new Map(
    events.flatMap((event) =>
      event.type === 'request.failed' || event.type === 'twin.finished'
        ? [[event.seq, event.requestId] as const]
        : [],
    ),
  )
  const failures = failureColumns(
    verdicts,
    detail === null
      ? null
      : order.map((i) => detail.failures[i]).filter((one): one is FailureDetail => one !== undefined),
    words,
    lists,
    (verdict, more) => laneOf(more?.podUid ?? null, verdict.pod, verdict.startedAtMs),
    (seq, { requestId }) => own.get(seq) === requestId,
  )
  const kinds = [...new Set(verdicts.map(({ kind }) => kind))]
  return {
    runId: report.runId,
    startedAtMs: Number.isFinite(startedAtMs) ? startedAtMs : null,
    durationMs: report.durationMs,
    phases: report.phases.map(({ phase, rollout, fromMs, toMs }) => ({
      label: rollout === null ? phase : `${phase} ${rollout}`,
      from: fromMs,
      to: toMs,
    })),
    rollouts: report.rollouts.map((rollout) => ({
      index: rollout.index,
      from: rollout.requestedAtMs,
      to: rollout.oldPodsGoneAtMs ?? rollout.completedAtMs ?? report.durationMs,
    })),
    blind: report.blind.map(({ what, fromMs, toMs }) => ({ what, from: fromMs, to: toMs })),
    series: detail?.series ?? seriesOfWindows(report),
    heat: detail?.heat ?? null,
    pods,
    failed: report.requests.failed,
    failures,
    words: words.list,
    lists: lists.list,
    facts: factTexts(lists.list, new Set(failures.facts), events),
    findings: report.findings.map((finding) => ({
      label: causeText(finding.cause, finding.mechanism),
      cause: finding.cause,
      title: finding.title,
      count: finding.count,
      level: finding.confidence.level,
      fix: finding.fix,
    })),
    kinds: Object.fromEntries(kinds.map((kind) => [redactText(kind), kindMeaning(kind)])),
    hidden: (detail?.hidden ?? []).map((one) => ({
      ...one,
      template: redactText(one.template),
      pod: one.pod === null ? null : redactText(one.pod),
    })),
  }
}
