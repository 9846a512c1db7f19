import type { RunReport } from '../../model/finding.ts'
import { podsInOrder } from '../pods-table.ts'
import { causeText } from '../tables.ts'

/** What the script of the page draws from; short keys, since there may be 10,000 failures. Times: ms since run start. */
export interface TimelineData {
  readonly startedAtMs: number | null
  readonly durationMs: number
  readonly phases: readonly { readonly label: string; readonly from: number; readonly to: number }[]
  readonly rollouts: readonly { readonly index: number; readonly from: number; readonly to: number }[]
  readonly blind: readonly { readonly what: string; readonly from: number; readonly to: number }[]
  readonly windows: {
    readonly ok: readonly number[]
    readonly failed: readonly number[]
    readonly p50: readonly (number | null)[]
    readonly p99: readonly (number | null)[]
  }
  readonly pods: readonly {
    readonly name: string
    readonly rev: number | null
    readonly created: number | null
    readonly ready: number | null
    readonly term: number | null
    readonly sigterm: number | null
    readonly exit: number | null
    readonly code: number | null
    readonly gone: number | null
  }[]
  readonly kinds: readonly string[]
  readonly causes: readonly string[]
  /** `[startedAtMs, index of its pod or −1, index of its kind, index of its cause, requestId]`. */
  readonly failures: readonly (readonly [number, number, number, number, number])[]
}

const dictionary = (): { readonly words: string[]; indexOf(word: string): number } => {
  const words: string[] = []
  const places = new Map<string, number>()
  return {
    words,
    indexOf: (word) => {
      const known = places.get(word)
      if (known !== undefined) return known
      places.set(word, words.length)
      words.push(word)
      return words.length - 1
    },
  }
}

/** The timeline of a report, without secrets (the caller's report already has none). */
export const timelineData = (report: RunReport): TimelineData => {
  const startedAtMs = Date.parse(report.startedAt)
  const pods = podsInOrder(report.pods)
  const lanes = new Map(pods.map((pod, index) => [pod.name, index]))
  const kinds = dictionary()
  const causes = dictionary()
  const failures = report.failureList.map(
    (failure) =>
      [
        failure.startedAtMs,
        failure.pod === null ? -1 : (lanes.get(failure.pod) ?? -1),
        kinds.indexOf(failure.kind),
        causes.indexOf(causeText(failure.cause, failure.mechanism)),
        failure.requestId,
      ] as const,
  )
  return {
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
    windows: {
      ok: report.windows.ok,
      failed: report.windows.failed,
      p50: report.windows.p50Us,
      p99: report.windows.p99Us,
    },
    pods: pods.map((pod) => ({
      name: pod.name,
      rev: pod.revision,
      created: pod.createdAtMs,
      ready: pod.readyAtMs,
      term: pod.terminatingAtMs,
      sigterm: pod.sigtermAtMs,
      exit: pod.exitedAtMs,
      code: pod.exitCode,
      gone: pod.goneAtMs,
    })),
    kinds: kinds.words,
    causes: causes.words,
    failures,
  }
}
