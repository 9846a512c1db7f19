import { createRunId } from '../eventlog/run-id.ts'
import { HarnessError } from '../kernel/errors.ts'
import { epochMs } from '../kernel/units.ts'
import { type ConnectOptions, connectKube } from '../kube/client.ts'
import { otherObjectsOf } from '../model/choreography-objects.ts'
import type { Prediction } from '../model/prediction.ts'
import { checkAutoscaler } from '../orchestrator/choreography/autoscaler.ts'
import { preflight } from '../orchestrator/preflight.ts'
import { writesOf } from './choreography-writes.ts'
import { askConsent, type Consent } from './consent.ts'
import { lockDeployment } from './lock-deployment.ts'
import { measureRun } from './measure-run.ts'
import { abortReason, type OpenRunOptions } from './open-run.ts'
import { predictBeforeRun } from './predict-rollout.ts'
import { checkTarget } from './target-check.ts'
import { createTeardown } from './teardown.ts'

export type RunScenarioOptions = Omit<OpenRunOptions, 'command' | 'cluster' | 'target'> & {
  readonly kube: Omit<ConnectOptions, 'clock' | 'writes'>
  readonly consent: Consent
  /** Told what was predicted before anything is started. */
  readonly onPredictions?: (predictions: readonly Prediction[]) => void
  /** Aborting stops the run where it is; what there is stays in the bundle. The reason is a HarnessError. */
  readonly signal: AbortSignal
}

export interface RunScenarioResult {
  readonly dir: string
  /** The error that ended the run early; `null` when it completed or was interrupted. */
  readonly error: HarnessError | null
}

/**
 * The whole run: preflight, self-test, load, watches, restarts, and the bundle of what happened. Throws before the
 * first restart (KUBE_…, CONTEXT_NOT_ALLOWED, DEPLOYMENT_REFUSED, LEASE_HELD, TARGET_UNREACHABLE,
 * OUTPUT_NOT_WRITABLE); from then on everything that happens ends in the bundle.
 */
export const runScenario = async (options: RunScenarioOptions): Promise<RunScenarioResult> => {
  const { scenario, clock, log, signal, kube, consent, ...rest } = options
  if (scenario.deployment === null) {
    throw new HarnessError('USAGE', 'a run needs a Deployment', { hint: 'give --deployment NAMESPACE/NAME' })
  }
  const cleanup = createTeardown(log)
  try {
    const { choreography = 'restart', image } = scenario.rollout
    const others = otherObjectsOf(scenario.rollout)
    const writes = { ...scenario.deployment, ...writesOf(scenario.rollout) }
    const connection = await connectKube({ ...kube, clock, writes })
    cleanup.add('cluster connection', () => connection.close())
    const { reader, control } = connection
    await askConsent(connection, `${scenario.deployment.namespace}/${scenario.deployment.name}`, consent)
    const checked = await preflight({
      reader,
      control,
      ...scenario.deployment,
      choreography,
      ...(image === undefined ? {} : { image }),
      ...(others.length === 0 ? {} : { variants: others }),
      clock,
      signal,
    })
    await checkAutoscaler(scenario.rollout, checked.deployment, connection, signal)
    for (const warning of checked.warnings) log.warn({}, warning)
    const predictions = await predictBeforeRun(connection, scenario, scenario.deployment, log, signal)
    if (predictions !== null) options.onPredictions?.(predictions)
    const target = await checkTarget(scenario, clock, signal)
    const runId = createRunId(epochMs(clock.epochMs()))
    const { lease, deployment } = await lockDeployment({
      connection,
      deployment: checked.deployment,
      runId,
      clock,
      log,
      signal,
      cleanup,
    })
    const { dir, error } = await measureRun({
      ...rest,
      runId,
      scenario,
      clock,
      log,
      target,
      connection,
      lease,
      ready: { ...checked, deployment },
      predictions,
      signal,
      // Nothing more is written: the next run need not wait for our books. The teardown tells when it fails.
      onWritten: () => void lease.release().catch(() => {}),
    })
    return { dir, error }
  } catch (error) {
    // What an abort breaks off may fail in words of its own.
    if (signal.aborted && !(error instanceof HarnessError)) throw abortReason(signal)
    throw error
  } finally {
    await cleanup.run()
  }
}
