import { join } from 'node:path'
import { measureDrain } from '../correlator/measurement/measure.ts'
import { verifyPreStop } from '../correlator/measurement/verify.ts'
import { withBundle } from '../eventlog/bundle-reader.ts'
import { makeFolders, writeAtomic } from '../eventlog/bundle-writer.ts'
import { fileError } from '../eventlog/file-error.ts'
import { openJournal } from '../eventlog/journal-file.ts'
import { createRunId } from '../eventlog/run-id.ts'
import type { Clock } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import { epochMs } from '../kernel/units.ts'
import { type ConnectOptions, connectKube } from '../kube/client.ts'
import { ENOUGH_TERMINATIONS, type Measurement, type Verification } from '../model/measurement.ts'
import { hasNativeSleep, type PreStopChange, preStopPatch } from '../model/prestop-patch.ts'
import type { RunInfo } from '../model/run-info.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Variant } from '../model/variant.ts'
import { objectsUnderLease, underJournal } from '../orchestrator/journal/under-journal.ts'
import { preflight } from '../orchestrator/preflight.ts'
import { waitSettled } from '../orchestrator/wait-settled.ts'
import { askConsent, type Consent } from './consent.ts'
import { lockDeployment } from './lock-deployment.ts'
import { type MeasuredRun, measureRun } from './measure-run.ts'
import { abortReason, type OpenRunOptions } from './open-run.ts'
import { checkTarget } from './target-check.ts'
import { createTeardown } from './teardown.ts'
import { rememberRestarts, withVariant } from './with-variant.ts'

/** What a verification is to do; `null` values: what the measurement recommends. */
export interface VerifyPlan {
  readonly preStopSeconds: number | null
  /** Restarts; `null` = as many as give {@link ENOUGH_TERMINATIONS} terminations. */
  readonly restarts: number | null
}

export interface MeasureDrainOptions {
  readonly scenario: Scenario
  readonly clock: Clock
  readonly log: Logger
  readonly versions: RunInfo['versions']
  readonly kube: Omit<ConnectOptions, 'clock' | 'writes'>
  readonly consent: Consent
  readonly outDir: string
  /** preStop that the pods get for the measurement, s. */
  readonly preStopSeconds: number
  /** `null` = the main container. */
  readonly container: string | null
  /** `null` = no verification. */
  readonly verify: VerifyPlan | null
  /** What is done next, for a person. */
  readonly say: (text: string) => void
  /** What watches the load of one block. */
  readonly observe: (block: 'measure' | 'verify') => Pick<OpenRunOptions, 'onWindow' | 'onOpen'>
  readonly signal: AbortSignal
}

export interface MeasuredDrain {
  readonly measurement: Measurement
  /** Folder of measurement.json, the journal and the bundles. */
  readonly dir: string
}

const variantOf = (name: string, deployment: string, change: PreStopChange): Variant => ({
  name,
  patches: [
    { object: { kind: 'Deployment', name: deployment }, type: 'strategic', body: preStopPatch(change) },
  ],
})

/** Grace for a preStop while the longest request is not known: the load's own deadline is its limit. */
const graceFor = (preStopSeconds: number, scenario: Scenario, presentSeconds: number): number => {
  const timeouts = [scenario.load.timeoutMs, ...scenario.requests.map(({ timeoutMs }) => timeoutMs ?? 0)]
  return Math.max(presentSeconds, preStopSeconds + Math.ceil(Math.max(...timeouts) / 1000) + 5)
}

/**
 * Measures how long traffic still comes to a pod whose termination has begun: gives the pods a preStop that is longer, rolls
 * once so that all have it, restarts under load, and puts the Deployment back as it was, proved. With `verify` the same again
 * with the preStop that came out. Throws before the first write what a run throws; NOT_RESTORED when it could not put back.
 */
export const runMeasureDrain = async (options: MeasureDrainOptions): Promise<MeasuredDrain> => {
  const { scenario, clock, log, signal, say } = options
  if (scenario.deployment === null) {
    throw new HarnessError('USAGE', 'measuring needs a Deployment', {
      hint: 'give --deployment NAMESPACE/NAME',
    })
  }
  const named = scenario.deployment
  // What is compared in a study, and done beside restarts, is not measured here.
  const { study: _, ...plain } = scenario
  const cleanup = createTeardown(log)
  try {
    const opened = await connectKube({ ...options.kube, clock, writes: { ...named, variants: [] } })
    cleanup.add('cluster connection', () => opened.close())
    const { reader } = opened
    await askConsent(opened, `${named.namespace}/${named.name}`, options.consent)
    const checked = await preflight({ reader, control: opened.control, ...named, clock, signal })
    for (const warning of checked.warnings) log.warn({}, warning)
    const target = await checkTarget(scenario, clock, signal)
    const startedAtMs = epochMs(clock.epochMs())
    const runId = createRunId(startedAtMs)
    const { lease, deployment } = await lockDeployment({
      connection: opened,
      deployment: checked.deployment,
      runId,
      clock,
      log,
      signal,
      cleanup,
    })
    const container = options.container ?? deployment.mainContainer
    if (container === undefined) {
      throw new HarnessError(
        'DEPLOYMENT_REFUSED',
        `${named.namespace}/${named.name} has no container with a name`,
      )
    }
    const stamp = new Date(startedAtMs)
      .toISOString()
      .replace(/\.\d+Z$/, 'Z')
      .replaceAll(':', '')
    const dir = join(options.outDir, `measure-${named.name}-${stamp}-${runId}`)
    await makeFolders(dir).catch((error: unknown) => {
      throw fileError(`cannot create ${dir}`, error)
    })
    const file = await openJournal(dir, {
      runId,
      version: options.versions.rollproof,
      server: opened.server,
      clusterUid: await reader.clusterUid({ signal }).catch(() => null),
      deployment: { ...named, uid: deployment.uid },
    })
    cleanup.add('journal', () => file.close())
    const journal = rememberRestarts(file)
    const connection = { ...opened, control: underJournal(opened.control, journal) }
    const context = {
      objects: objectsUnderLease(opened.objects, lease),
      reader,
      deployment: { ...named, uid: deployment.uid },
      runId,
      version: options.versions.rollproof,
      journal,
      clock,
      log,
      signal,
    }
    const present = deployment.settings
    let knownDrainMs = 0
    const form = hasNativeSleep(opened.serverVersion) ? ('sleep' as const) : ('exec' as const)

    /** Restarts under load with this preStop in place. */
    const block = (
      name: 'measure' | 'verify',
      preStopSeconds: number,
      graceSeconds: number,
      restarts: number,
    ): Promise<MeasuredRun> => {
      const change = { container, preStopSeconds, graceSeconds, present: present.preStop, form }
      const settle = () =>
        waitSettled({
          reader,
          target: context.deployment,
          clock,
          timeoutMs: scenario.rollout.timeoutMs,
          signal,
        })
      say(`${name}: preStop ${preStopSeconds} s, grace ${graceSeconds} s; waiting until all pods have it`)
      return withVariant(
        variantOf(`${name}-${preStopSeconds}s`, named.name, change),
        context,
        async (written) => {
          const now = await settle()
          // What still leads to the pods that were replaced just now is not of these restarts.
          const { baselineMs, settleMs } = scenario.rollout
          await clock.sleepMs(Math.max(baselineMs, settleMs, 2 * knownDrainMs), signal)
          say(`${name}: ${restarts} restarts of ${now.replicas} pods under load`)
          const run = await measureRun({
            ...options.observe(name),
            versions: options.versions,
            outDir: dir,
            scenario: { ...plain, name, rollout: { ...scenario.rollout, restarts, choreography: 'restart' } },
            clock,
            log,
            target,
            connection,
            lease,
            ready: { ...checked, deployment: now },
            predictions: null,
            signal,
            onWritten: written,
            onVariant: true,
          })
          say(`${name}: putting ${named.namespace}/${named.name} back`)
          return run
        },
      )
    }

    const measured = await block(
      'measure',
      options.preStopSeconds,
      graceFor(options.preStopSeconds, scenario, present.gracePeriodSeconds),
      scenario.rollout.restarts,
    )
    const measurement = await judged(measured, async (dirOfRun) =>
      withBundle(dirOfRun, (bundle) =>
        measureDrain(bundle, {
          measuredWithSeconds: options.preStopSeconds,
          container,
          present,
          form,
        }),
      ),
    )
    knownDrainMs = measurement.drain.maxMs ?? 0
    let verification: Verification | null = null
    const seconds = options.verify?.preStopSeconds ?? measurement.preStopSeconds
    if (options.verify !== null && seconds !== null) {
      const grace = Math.max(
        measurement.terminationGracePeriodSeconds ?? 0,
        graceFor(seconds, scenario, present.gracePeriodSeconds),
      )
      const restarts = options.verify.restarts ?? Math.ceil(ENOUGH_TERMINATIONS / deployment.replicas)
      const verified = await block('verify', seconds, grace, restarts)
      verification = await judged(verified, async (dirOfRun) =>
        withBundle(dirOfRun, (bundle) => verifyPreStop(bundle, seconds)),
      )
    }
    const whole = { ...measurement, verification }
    await writeAtomic(dir, 'measurement.json', `${JSON.stringify(whole, null, 2)}\n`)
    return { measurement: whole, dir }
  } catch (error) {
    // What an abort breaks off may fail in words of its own.
    if (signal.aborted && !(error instanceof HarnessError)) throw abortReason(signal)
    throw error
  } finally {
    await cleanup.run()
  }
}

/** Judges a run that came to its end; one that did not has no number. */
const judged = async <T>(run: MeasuredRun, judge: (dir: string) => Promise<T>): Promise<T> => {
  if (run.reason === 'interrupted') {
    throw new HarnessError(
      'INTERRUPTED',
      `stopped before it was measured; put back; the bundle is ${run.dir}`,
    )
  }
  if (run.error !== null) throw run.error
  return judge(run.dir)
}
