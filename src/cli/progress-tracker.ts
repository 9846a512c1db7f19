import type { RunEvent } from '../model/events.ts'
import type { OpenRunOptions } from '../run/open-run.ts'
import type {
  FailureGroup,
  LoadSecond,
  PhaseStep,
  PodProgress,
  PodState,
  PodStep,
  ProgressState,
} from './progress-state.ts'

type Window = Parameters<NonNullable<OpenRunOptions['onWindow']>>[0]
type Plan = Pick<ProgressState, 'name' | 'rollouts'> & { readonly durationMs: number | null }

/** As far back as the widest terminal shows. */
const KEPT_S = 240
/** A pod that is gone stays in sight for this long. */
const GONE_MS = 12_000
/** Kinds and pods whose failures are counted apart in the view. */
const KEPT_FAILURES = 32
const NOTICE_MS = 5_000

interface Pod {
  readonly name: string
  revision: number | null
  readonly steps: PodStep[]
  readonly failedSeconds: Set<number>
  failed: number
}

export interface ProgressTracker {
  onFact(event: RunEvent): void
  onWindow(window: Window): void
  /** What there is to see `elapsedMs` after run start. */
  at(elapsedMs: number): ProgressState
}

/** `127.41.0.7:8080` → `127.41.0.7`, `[::1]:80` → `::1`. */
const hostOf = (address: string): string => address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

/** Folds facts and windows of the engine into what the live view shows. Constant work for each, whatever the load. */
export const trackProgress = (plan: Plan): ProgressTracker => {
  const pods = new Map<string, Pod>()
  const byName = new Map<string, Pod>()
  const byAddress = new Map<string, Pod>()
  const phases: PhaseStep[] = [{ phase: 'preflight', rollout: null, atMs: 0 }]
  const counts = { started: 0, ok: 0, failed: 0 }
  const failedByKind: Record<string, number> = {}
  const seconds: LoadSecond[] = []
  /** In order of their last failure: a map keeps the order in which keys were set. */
  const failures = new Map<string, FailureGroup>()
  let last: Window | null = null
  let loadStartedAtMs: number | null = null
  let rolloutsComplete = 0
  let rolling: ProgressState['rolling'] = null
  let notice: { readonly text: string; readonly untilMs: number } | null = null

  const podOf = (ref: { readonly uid: string; readonly name: string }): Pod => {
    const known = pods.get(ref.uid)
    if (known !== undefined) return known
    const made: Pod = { name: ref.name, revision: null, steps: [], failedSeconds: new Set(), failed: 0 }
    pods.set(ref.uid, made)
    byName.set(ref.name, made)
    return made
  }

  const step = (ref: { readonly uid: string; readonly name: string }, state: PodState, atMs: number): Pod => {
    const pod = podOf(ref)
    const before = pod.steps.at(-1)?.state
    const isEnding = before === 'terminating' || before === 'exited'
    // An ending pod is no longer ready or not ready: it ends.
    if (before !== state && !(isEnding && ['pending', 'not-ready', 'ready'].includes(state)))
      pod.steps.push({ state, atMs })
    return pod
  }

  const onFailure = (event: Extract<RunEvent, { readonly type: 'request.failed' }>): void => {
    if (event.source !== 'vuser') return
    const pod =
      (event.pod === null ? undefined : byName.get(event.pod)) ??
      (event.remoteAddress === null ? undefined : byAddress.get(hostOf(event.remoteAddress)))
    if (pod !== undefined) {
      pod.failed += 1
      pod.failedSeconds.add(Math.floor(event.endedAtMs / 1000))
    }
    const name = event.pod ?? pod?.name ?? null
    const key = `${event.failure.kind} ${name}`
    const before = failures.get(key)?.count ?? 0
    failures.delete(key)
    failures.set(key, {
      kind: event.failure.kind,
      pod: name,
      count: before + 1,
      atMs: event.endedAtMs,
      request: `${event.method} ${event.path}`,
      message: event.failure.message,
    })
    const oldest = failures.keys().next().value
    if (failures.size > KEPT_FAILURES && oldest !== undefined) failures.delete(oldest)
  }

  const onFact = (event: RunEvent): void => {
    switch (event.type) {
      case 'phase.entered':
        phases.push({ phase: event.phase, rollout: event.rollout, atMs: event.atMs })
        if (event.phase === 'steady' || event.phase === 'baseline') loadStartedAtMs = event.atMs
        return
      case 'rollout.requested':
        rolling = null
        return
      case 'rollout.progressed':
        rolling = event
        return
      case 'rollout.completed':
        rolloutsComplete = Math.max(rolloutsComplete, event.index)
        rolling = null
        return
      case 'rollout.stuck':
        notice = {
          text: `rollout ${event.index} is stuck: ${event.reason}`,
          untilMs: Number.POSITIVE_INFINITY,
        }
        return
      case 'pod.created':
        step(event.pod, 'pending', event.atMs).revision = event.revision
        return
      case 'pod.started': {
        const pod = step(event.pod, 'not-ready', event.atMs)
        if (event.ip !== null) byAddress.set(event.ip, pod)
        return
      }
      case 'pod.not-ready':
        step(event.pod, 'not-ready', event.atMs)
        return
      case 'pod.ready':
        step(event.pod, 'ready', event.atMs)
        return
      case 'pod.terminating':
        step(event.pod, 'terminating', event.atMs)
        return
      case 'pod.container-exited':
        step(event.pod, 'exited', event.atMs)
        return
      case 'pod.deleted':
        step(event.pod, 'gone', event.atMs)
        return
      case 'request.failed':
        onFailure(event)
        return
      case 'watch.gap':
        notice = {
          text: `the watch of ${event.resource} had a gap: ${event.why}`,
          untilMs: event.atMs + NOTICE_MS,
        }
        return
      case 'loop.stalled':
        // The main thread only watches and draws; a stall there delays no request.
        if (event.thread === 'main' || event.thread === 'records') return
        notice = {
          text: `${event.thread} stalled for ${Math.round(event.durationMs)} ms`,
          untilMs: event.atMs + NOTICE_MS,
        }
        return
      default:
        return
    }
  }

  const onWindow = (window: Window): void => {
    last = window
    counts.started += window.started
    counts.ok += window.ok
    counts.failed += window.failed
    for (const [kind, n] of Object.entries(window.failedByKind))
      failedByKind[kind] = (failedByKind[kind] ?? 0) + n
    const length = Math.max(0.001, window.durationMs / 1000)
    seconds.push({
      second: Math.round(window.atMs / 1000) - 1,
      ended: Math.round((window.ok + window.failed) / length),
      failed: Math.round(window.failed / length),
      p99Us: window.p99Us,
    })
    if (seconds.length > KEPT_S) seconds.shift()
  }

  const forgetGone = (elapsedMs: number): void => {
    for (const [uid, pod] of pods) {
      const present = pod.steps.at(-1)
      if (present?.state === 'gone' && elapsedMs - present.atMs > GONE_MS) {
        pods.delete(uid)
        if (byName.get(pod.name) === pod) byName.delete(pod.name)
        for (const [address, owner] of byAddress) if (owner === pod) byAddress.delete(address)
      }
    }
  }

  return {
    onFact,
    onWindow,
    at: (elapsedMs) => {
      forgetGone(elapsedMs)
      return {
        name: plan.name,
        phases,
        rollouts: plan.rollouts,
        rolloutsComplete,
        rolling,
        elapsedMs,
        expectedMs:
          plan.durationMs === null || loadStartedAtMs === null ? null : loadStartedAtMs + plan.durationMs,
        ...counts,
        failedByKind,
        inFlight: last?.inFlight ?? 0,
        seconds,
        p50Us: last?.p50Us ?? null,
        p99Us: last?.p99Us ?? null,
        pods: [...pods.values()].filter(({ steps }) => steps.length > 0) as readonly PodProgress[],
        failures: [...failures.values()],
        notice: notice !== null && elapsedMs < notice.untilMs ? notice.text : null,
      }
    },
  }
}
