import { selfTest } from '../engine/self-test/self-test.ts'
import type { Clock } from '../kernel/clock.ts'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import { seededRandom } from '../kernel/random.ts'
import type { KubeConnection } from '../kube/client.ts'
import { readTargetHealth } from '../kube/target-health.ts'
import type { EndReason, RequestCounts } from '../model/events.ts'
import type { Scenario } from '../model/scenario.ts'
import type { JournaledChange } from '../orchestrator/choreography/change-image.ts'
import { evictionsUnderLease, type HeldLease, underLease } from '../orchestrator/lease.ts'
import { type RolloutsResult, runRollouts } from '../orchestrator/orchestrator.ts'
import type { PreflightReport } from '../orchestrator/preflight.ts'
import { type ClusterWatch, watchCluster } from '../watchers/watch-cluster.ts'
import { watchTargets } from '../watchers/watch-targets.ts'
import { createJournaledChange } from './journaled-change.ts'
import { abortReason, type OpenRun } from './open-run.ts'
import { createScaling } from './scaling.ts'
import type { Teardown } from './teardown.ts'

export interface PerformOptions {
  readonly run: OpenRun
  readonly connection: KubeConnection
  readonly lease: HeldLease
  readonly ready: PreflightReport
  readonly scenario: Scenario
  readonly clock: Clock
  readonly log: Logger
  /** An interrupt, a bundle that cannot be written, a lost lease: ends the run where it is. */
  readonly stopped: AbortSignal
  readonly cleanup: Teardown
  /** Called when this run writes nothing more to the cluster; its books are still open. */
  readonly onWritten: () => void
  /** Whether it runs on a variant, which is put back after it. */
  readonly onVariant: boolean
}

/** How a run ended, for `run.ended`. */
export interface RunEnd {
  readonly reason: EndReason
  readonly detail: string | null
  /** `null` when it completed. */
  readonly error: HarnessError | null
  /** The engine's books; `null` when it could not say. */
  readonly counts: RequestCounts | null
}

/**
 * The part of a run that its bundle tells of: watches, self-test, load and restarts. Whatever happens, it is an end with a
 * reason; throws nothing.
 */
export const performRun = async (options: PerformOptions): Promise<RunEnd> => {
  const { run, stopped } = options
  try {
    run.enter('preflight', null)
    const watch = await openWatches(options)
    run.enter('self-test', null)
    run.sink({ type: 'engine.self-tested', ...(await selfTest({ signal: stopped })) })
    return await rollUnderLoad(watch, options)
  } catch (error) {
    options.onWritten()
    const counts = await run.engine.stop(options.onVariant ? 0 : undefined).catch(() => null)
    return {
      reason: stopped.aborted && abortReason(stopped).code === 'INTERRUPTED' ? 'interrupted' : 'aborted',
      detail: messageOf(error),
      error:
        error instanceof HarnessError
          ? error
          : new HarnessError('INTERNAL', messageOf(error), { cause: error }),
      counts,
    }
  }
}

const openWatches = async (options: PerformOptions): Promise<ClusterWatch> => {
  const { run, connection, ready, scenario, clock, log, cleanup } = options
  const end = new AbortController()
  cleanup.add('watches', () => end.abort())
  const watch = await watchCluster({
    reader: connection.reader,
    deployment: ready.deployment,
    services: ready.services,
    sink: run.sink,
    clock,
    originMs: run.info.startedAt.monotonicUs / 1000,
    random: seededRandom(scenario.seed),
    log,
    signal: end.signal,
    watchEvents: ready.canWatchEvents,
  })
  cleanup.add('watches', () => watch.close())
  return watch
}

/** Follows the targets of a load balancer, if the scenario names where; the returned function ends that. */
const followTargets = ({ run, scenario, clock, log, cleanup }: PerformOptions): (() => void) => {
  const { targetHealth = null } = scenario.target
  if (targetHealth === null) return () => {}
  const read = (signal: AbortSignal) => readTargetHealth(targetHealth, signal)
  const end = watchTargets({ read, sink: run.sink, clock, log })
  cleanup.add('target health', end)
  return end
}

const rollUnderLoad = async (watch: ClusterWatch, options: PerformOptions): Promise<RunEnd> => {
  const { run, connection, lease, ready, scenario, clock, log, stopped } = options
  const { namespace, name, uid } = ready.deployment
  const blind = new AbortController()
  void watch.failed.then((error) => blind.abort(error))
  const engineDied = new AbortController()
  run.engine.done.catch((error: unknown) => engineDied.abort(error))
  await run.engine.start()
  const endTargets = followTargets(options)
  const journaled = createJournaledChange(options)
  const signals = [stopped, blind.signal, engineDied.signal]
  const result = await runRollouts({
    plan: scenario.rollout,
    durationMs: scenario.load.durationMs,
    target: { namespace, name, uid },
    view: watch,
    reader: connection.reader,
    control: underLease(connection.control, lease),
    tools: {
      evictions: evictionsUnderLease(connection.evictions, lease),
      scaling: createScaling(journaled, ready.deployment, scenario.rollout),
      journaled,
    },
    sink: run.sink,
    enterPhase: run.enter,
    clock,
    log,
    signal: AbortSignal.any(signals),
  })
  const isAborted = result.outcome === 'aborted'
  const isChanged = journaled.original() !== null
  // A request that hangs is let run into its deadline: cutting it would hide that it was failing. After an abort that is no
  // matter, and what must be put back waits for nothing: the requests under way are cut before its rollout begins.
  const abortGraceMs = isChanged || options.onVariant ? 0 : undefined
  const stopping = run.engine
    .stop(isAborted ? abortGraceMs : longestTimeoutMs(scenario) + 1_000)
    .catch(() => null)
  let wasCut = false
  const cut = (): void => {
    wasCut = true
    void run.engine.stop(abortGraceMs).catch(() => {})
  }
  stopped.addEventListener('abort', cut, { once: true })
  const early = isAborted ? putBack(journaled) : null
  if (!isChanged) options.onWritten()
  const counts = await stopping
  stopped.removeEventListener('abort', cut)
  endTargets()
  // What follows is no part of the run: it rolls the pods once more.
  const seen = await watch.finish().catch((error: unknown) => error)
  const left = await (early ?? putBack(journaled))
  options.onWritten()
  if (seen !== undefined) throw seen
  // What was cut might have failed: it is no completed run.
  const isWhole = result.outcome !== 'completed' || !wasCut
  const ended = { ...(isWhole ? endOf(result, signals) : abortedBy(signals)), counts }
  return left === null ? ended : { ...ended, reason: 'aborted', detail: left.message, error: left }
}

/** Puts back what a choreography left changed on purpose, however the run ended. What keeps it from that, or `null`. */
const putBack = async (journaled: JournaledChange): Promise<HarnessError | null> => {
  try {
    await journaled.back()
    return null
  } catch (error) {
    return error instanceof HarnessError
      ? error
      : new HarnessError('INTERNAL', messageOf(error), { cause: error })
  }
}

const longestTimeoutMs = ({ load, requests }: Scenario): number =>
  Math.max(load.timeoutMs, ...requests.map(({ timeoutMs }) => timeoutMs ?? 0))

const endOf = (result: RolloutsResult, signals: readonly AbortSignal[]): Omit<RunEnd, 'counts'> => {
  switch (result.outcome) {
    case 'completed':
      return { reason: 'completed', detail: null, error: null }
    case 'stuck':
      return { reason: 'rollout-stuck', detail: result.reason, error: result.error }
    case 'aborted':
      return abortedBy(signals)
  }
}

const abortedBy = (signals: readonly AbortSignal[]): Omit<RunEnd, 'counts'> => {
  const aborted = signals.find((signal) => signal.aborted)
  const error =
    aborted === undefined ? new HarnessError('INTERRUPTED', 'the run was stopped') : abortReason(aborted)
  return {
    reason: error.code === 'INTERRUPTED' ? 'interrupted' : 'aborted',
    detail: error.message,
    error,
  }
}
