import { redactText } from '../../kernel/redact.ts'
import type { Bounds, DrainDetail, PodDetail } from '../../model/detail.ts'
import type { PodReport } from '../../model/finding.ts'

/** Earliest and latest, ms since run start; −1 = that bound is not known. */
export type Moment = readonly [number | null, number]

/** One pod as the page draws it. `null` = not known, or never seen. */
export interface PodData {
  readonly name: string
  readonly uid: string
  readonly rev: number | null
  readonly rs: string | null
  readonly node: string | null
  readonly ip: string | null
  readonly created: Moment | null
  readonly scheduled: Moment | null
  readonly started: Moment | null
  readonly ready: Moment | null
  readonly term: Moment | null
  readonly sigterm: Moment | null
  readonly exit: Moment | null
  readonly code: number | null
  readonly reason: string | null
  readonly gone: Moment | null
  readonly lastNew: number | null
  readonly lastRequest: number | null
  readonly failed: number
  /** What its preStop hook is, in words; `null` = not known. */
  readonly preStop: string | null
  /** How long the hook holds SIGTERM back, s; `null` = not known. */
  readonly preStopSeconds: number | null
  readonly grace: number | null
  readonly endpoint: readonly (readonly [number, string])[]
  readonly target: readonly (readonly [number, string])[]
  readonly restarts: readonly (readonly [number, number | null])[]
  readonly events: readonly (readonly [number, string, string])[]
  readonly drain: DrainDetail | null
}

const moment = (bounds: Bounds | null | undefined, atMs: number | null): Moment | null => {
  const latest = bounds?.latestMs ?? atMs
  if (latest === null) return null
  const earliest = bounds?.earliestMs ?? null
  return [earliest === null || earliest > latest ? null : earliest, latest]
}

const hookOf = (detail: PodDetail | undefined): { text: string | null; seconds: number | null } => {
  const hook = detail?.settings?.preStop
  switch (hook?.kind) {
    case undefined:
      return { text: null, seconds: null }
    case 'none':
      return { text: 'no preStop', seconds: 0 }
    case 'sleep':
      return { text: `preStop sleep ${hook.seconds} s`, seconds: hook.seconds }
    case 'exec':
      return { text: `preStop ${redactText(hook.command.join(' '))}`, seconds: hook.seconds }
    case 'http':
      return { text: `preStop GET ${redactText(hook.path)}`, seconds: null }
  }
}

const textOrNull = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : redactText(text)

/** @param detail `undefined` where only report.json is known */
export const podData = (pod: PodReport, detail: PodDetail | undefined): PodData => {
  const hook = hookOf(detail)
  return {
    name: pod.name,
    uid: pod.uid,
    rev: pod.revision,
    rs: textOrNull(detail?.replicaSet),
    node: pod.node,
    ip: textOrNull(detail?.ip),
    created: moment(detail?.created, pod.createdAtMs),
    scheduled: moment(detail?.scheduled, null),
    started: moment(detail?.started, null),
    ready: moment(detail?.ready, pod.readyAtMs),
    term: moment(detail?.terminating, pod.terminatingAtMs),
    // An unknown hook leaves only bounds; then the moment itself is not drawn.
    sigterm: pod.sigtermAtMs === null ? null : moment(detail?.sigterm, pod.sigtermAtMs),
    exit: moment(detail?.exited, pod.exitedAtMs),
    code: pod.exitCode,
    reason: textOrNull(detail?.exitReason),
    gone: moment(detail?.gone, pod.goneAtMs),
    lastNew: pod.lastNewConnectionAtMs,
    lastRequest: pod.lastRequestAtMs,
    failed: pod.failed,
    preStop: hook.text,
    preStopSeconds: hook.seconds,
    grace: detail?.gracePeriodSeconds ?? null,
    endpoint: (detail?.endpoint ?? []).map(({ atMs, state }) => [atMs, state]),
    target: (detail?.target ?? []).map(({ atMs, state }) => [atMs, redactText(state)]),
    restarts: (detail?.restarts ?? []).map(({ atMs, exitCode }) => [atMs, exitCode]),
    events: (detail?.events ?? []).map(({ atMs, reason, message }) => [
      atMs,
      redactText(reason),
      redactText(message),
    ]),
    drain: detail?.drain ?? null,
  }
}
