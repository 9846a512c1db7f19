import type { Clock } from '../../kernel/clock.ts'
import type { AppMessage, ProcessOptions, RunningProcess } from './container-process.ts'
import { type HandlerDeps, runHandler } from './handlers.ts'
import type { ContainerExit } from './pod-life.ts'
import type { ContainerSpec, ProbeSpec } from './pod-spec.ts'
import { startProber } from './prober.ts'

/** The kubelet's minimumGracePeriodInSeconds: what is left for SIGTERM after a preStop that took everything. */
const LEAST_AFTER_PRE_STOP_MS = 2000
/** How often a wait looks whether the grace period was shortened. */
const GRACE_STEP_MS = 250

export interface ContainerRunDeps extends HandlerDeps {
  readonly clock: Clock
  readonly start: (options: ProcessOptions) => RunningProcess
  readonly container: ContainerSpec
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  readonly connectionTable: string | null
  /** Of the pod; for an end that a probe asks for. */
  readonly gracePeriodMs: number
  readonly onMessage: (message: AppMessage) => void
  /** `started` or `ready` changed. */
  readonly onChange: () => void
  readonly onUnhealthy: (message: string) => void
  /** A liveness or startup probe has failed for good: the container is about to be ended for it. */
  readonly onGivenUp?: (probe: 'liveness' | 'startup') => void
  readonly onPreStopFailed: (message: string) => void
  readonly onTermSent: () => void
}

/** One run of a container, from the start of its process to its end. */
export interface ContainerRun {
  readonly pid: number | null
  readonly startedAtMs: number
  readonly started: boolean
  readonly ready: boolean
  readonly exited: Promise<ContainerExit & { readonly error: string | null }>
  /**
   * preStop, SIGTERM, SIGKILL when the grace period is over (which includes preStop, but leaves SIGTERM 2 s).
   * A later call can only shorten. Readiness goes on being probed until the end.
   */
  end(gracePeriodMs: number, why: 'deletion' | 'unhealthy'): void
  kill(): void
}

export const startContainerRun = (deps: ContainerRunDeps): ContainerRun => {
  const { clock, container } = deps
  const running = deps.start({
    command: container.command,
    env: deps.env,
    logFile: deps.logFile,
    onMessage: deps.onMessage,
  })
  const over = new AbortController()
  const stops: (() => void)[] = []
  let deleted = false
  let unhealthy = false
  let shutting = false
  let deadlineMs = Number.POSITIVE_INFINITY
  let killedAtGrace = false
  let started = container.startup === null
  let ready = started && container.readiness === null

  const watch = (probe: ProbeSpec | null, name: string, onResult: (good: boolean) => void): void => {
    if (probe === null) return
    const stop = startProber({
      clock,
      probe,
      check: (signal) => runHandler(probe.handler, deps, signal),
      onResult,
      onFailure: (message) => deps.onUnhealthy(`${name} probe failed: ${message}`),
    })
    // Liveness and startup are not asked of a container that ends (kubelet, prober_manager.StopLivenessAndStartup).
    if (name === 'Readiness') over.signal.addEventListener('abort', stop)
    else stops.push(stop)
  }

  const failed = (probe: 'liveness' | 'startup'): void => {
    deps.onGivenUp?.(probe)
    end(deps.gracePeriodMs, 'unhealthy')
  }

  const watchServing = (): void => {
    watch(container.liveness, 'Liveness', (good) => {
      if (!good) failed('liveness')
    })
    watch(container.readiness, 'Readiness', (good) => {
      ready = good
      deps.onChange()
    })
  }

  /** Waits until the deadline, which may come nearer meanwhile, or the end of the process. */
  const untilDeadline = async (): Promise<void> => {
    while (!over.signal.aborted && clock.nowMs() < deadlineMs)
      await clock
        .sleepMs(Math.min(GRACE_STEP_MS, Math.max(1, deadlineMs - clock.nowMs())), over.signal)
        .catch(() => {})
  }

  const runPreStop = async (): Promise<void> => {
    if (container.preStop === null) return
    const enough = new AbortController()
    const done = runHandler(container.preStop, deps, AbortSignal.any([enough.signal, over.signal]))
    const first = await Promise.race([done, untilDeadline()])
    enough.abort()
    if (first !== undefined && !first.ok && !over.signal.aborted) deps.onPreStopFailed(first.message)
  }

  const shutDown = async (): Promise<void> => {
    await runPreStop()
    if (over.signal.aborted) return
    deadlineMs = Math.max(deadlineMs, clock.nowMs() + LEAST_AFTER_PRE_STOP_MS)
    deps.onTermSent()
    running.term()
    await untilDeadline()
    if (over.signal.aborted) return
    killedAtGrace = true
    running.kill()
  }

  const end = (gracePeriodMs: number, why: 'deletion' | 'unhealthy'): void => {
    deadlineMs = Math.min(deadlineMs, clock.nowMs() + gracePeriodMs)
    if (why === 'deletion') deleted = true
    else unhealthy = !deleted
    for (const stop of stops.splice(0)) stop()
    if (shutting) return
    shutting = true
    shutDown().catch(() => running.kill())
  }

  watch(container.startup, 'Startup', (good) => {
    if (!good) return failed('startup')
    for (const stop of stops.splice(0)) stop()
    started = true
    ready = container.readiness === null
    deps.onChange()
    watchServing()
  })
  if (started) watchServing()

  return {
    pid: running.pid,
    startedAtMs: clock.epochMs(),
    get started() {
      return started
    },
    get ready() {
      return ready
    },
    exited: running.exited.then(({ exitCode, signal, error }) => {
      over.abort()
      for (const stop of stops.splice(0)) stop()
      started = false
      ready = false
      return {
        exitCode,
        signal,
        error,
        killedAtGrace,
        terminating: deleted,
        unhealthy,
        connectionTable: deps.connectionTable,
      }
    }),
    end,
    kill: running.kill,
  }
}
