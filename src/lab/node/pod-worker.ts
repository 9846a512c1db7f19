import { join } from 'node:path'
import { type Clock, monotonicUs } from '../../kernel/clock.ts'
import type { LabNodeConfig } from '../lab-config.ts'
import { deleteObject } from '../sim/deletion.ts'
import type { EventRecorder } from '../sim/event-recorder.ts'
import { PODS } from '../sim/resource-names.ts'
import type { Store } from '../sim/store.ts'
import { asPod, type Pod } from '../sim/types.ts'
import { commandRunner, type ProcessOptions, type RunningProcess } from './container-process.ts'
import { type ContainerRun, startContainerRun } from './container-run.ts'
import { isKnownImage, versionOf } from './images.ts'
import type { LabPod, PodLifeEvent, PodObserver } from './pod-life.ts'
import { podLogFile } from './pod-log.ts'
import { type ContainerSpec, containerOf } from './pod-spec.ts'
import { type ContainerPhase, podStatus } from './pod-status.ts'

/** Back-off stops growing at 30 times its start, as the kubelet's does (10 s … 5 min). */
const MOST_BACK_OFFS = 30
/** From a readiness result until the status says so: the kubelet does not wait for its poll there. */
const PROBE_STATUS_LAG_MS = 10

export interface PodWorkerDeps {
  readonly store: Store
  readonly clock: Clock
  readonly events: EventRecorder
  readonly config: LabNodeConfig
  readonly startProcess: (options: ProcessOptions) => RunningProcess
  readonly observe: PodObserver
  /** The lab dies: its process groups die too. */
  readonly guard: { watch(pid: number): void; unwatch(pid: number): void }
  /** Logs and connection tables. */
  readonly folder: string
  readonly defaultPort: number
  /** Added to the environment of every container. */
  readonly env: Readonly<Record<string, string>>
  /** Whether the processes keep tables of their connections. */
  readonly keepTables: boolean
}

export interface PodPlace {
  readonly nodeName: string
  readonly nodeAddress: string
  readonly podAddress: string
}

/** One pod on its node, from its assignment until it is removed from the store. */
export interface PodWorker {
  /** The pod object changed. */
  update(pod: Pod): void
  /** It was removed by somebody else: the process is killed at once. */
  removed(): void
  readonly done: Promise<void>
}

type LifeDraft = PodLifeEvent extends infer E
  ? E extends PodLifeEvent
    ? Omit<E, 'pod' | 'atUs'>
    : never
  : never

/** What others have set for the pod's readiness gates. */
const gateStates = ({ spec, status }: Pod): string =>
  (spec.readinessGates ?? [])
    .map((gate) => status?.conditions?.find(({ type }) => type === gate.conditionType)?.status ?? '')
    .join()

export const startPodWorker = (deps: PodWorkerDeps, first: Pod, place: PodPlace): PodWorker => {
  const { store, clock, events, config } = deps
  const { name, namespace = 'default', uid = '' } = first.metadata
  const ref: LabPod = { uid, name, namespace, nodeName: place.nodeName, address: place.podAddress }
  const gracePeriodMs = (first.spec.terminationGracePeriodSeconds ?? 30) * 1000
  const container = containerOf(first, deps.defaultPort, {
    podIP: place.podAddress,
    hostIP: place.nodeAddress,
  })
  const ending = new AbortController()
  let forced = false
  let hasAddress = false
  let phase: ContainerPhase = { kind: 'waiting', reason: 'ContainerCreating' }
  let last: ContainerPhase | null = null
  let restarts = 0
  let run: ContainerRun | null = null
  let cancelReport: (() => void) | null = null
  let gates = gateStates(first)

  const tell = (draft: LifeDraft, atUs = monotonicUs()): void => deps.observe({ ...draft, pod: ref, atUs })

  const event = (type: 'Normal' | 'Warning', reason: string, message: string): void => {
    const about = store.get(PODS, namespace, name) ?? first
    const fieldPath = `spec.containers{${container?.name ?? ''}}`
    events.record({ about, type, reason, message, component: 'kubelet', host: place.nodeName, fieldPath })
  }

  const report = (): void => {
    cancelReport?.()
    cancelReport = null
    if (forced || container === null) return
    store.mutate(PODS, namespace, name, (draft) => {
      if (draft.metadata.uid !== uid) return
      const view = {
        name: container.name,
        image: container.image,
        phase,
        last,
        restartCount: restarts,
        started: run?.started ?? false,
        ready: run?.ready ?? false,
        containerId: run?.pid == null ? null : `rollproof-lab://${uid}/${restarts}/${run.pid}`,
      }
      const places = { podIP: hasAddress ? place.podAddress : null, hostIP: place.nodeAddress }
      draft.status = podStatus(asPod(draft), view, places, clock.epochMs())
    })
  }
  const reportLater = (lagMs: number): void => {
    cancelReport?.()
    cancelReport = clock.after(lagMs, report)
  }

  const start = (): ContainerRun => {
    if (container === null) throw new Error('a pod without containers')
    const table =
      deps.keepTables && container.command.length === 0 ? join(deps.folder, `${uid}-${restarts}.table`) : null
    const env = {
      ...deps.env,
      VERSION: versionOf(container.image),
      ...container.env,
      HOST: place.podAddress,
      PORT: String(container.port),
      POD_NAME: name,
      POD_IP: place.podAddress,
      HOSTNAME: name,
      NODE_NAME: place.nodeName,
      RESTART_COUNT: String(restarts),
      ...(table !== null && { ROLLPROOF_LAB_TABLE: table }),
    }
    const started = startContainerRun({
      clock,
      container,
      env,
      start: deps.startProcess,
      podIP: place.podAddress,
      runCommand: commandRunner(env),
      logFile: podLogFile(deps.folder, name),
      connectionTable: table,
      gracePeriodMs,
      onMessage: ({ type, atUs }) => {
        if (type !== 'sigterm') tell({ type }, atUs)
      },
      onChange: () => reportLater(PROBE_STATUS_LAG_MS),
      onUnhealthy: (message) => event('Warning', 'Unhealthy', message),
      onGivenUp: (probe) =>
        event('Normal', 'Killing', `Container ${container.name} failed ${probe} probe, will be restarted`),
      onPreStopFailed: (message) => {
        tell({ type: 'pre-stop-failed' })
        event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${message}`)
      },
      onTermSent: () => tell({ type: 'term-sent' }),
    })
    event('Normal', 'Created', `Created container: ${container.name}`)
    if (started.pid !== null) {
      deps.guard.watch(started.pid)
      event('Normal', 'Started', `Started container ${container.name}`)
    }
    tell({ type: 'process-started', restartCount: restarts })
    return started
  }

  /** Runs the container once; its end is in `phase` afterwards. */
  const runOnce = async (): Promise<void> => {
    run = start()
    phase = { kind: 'running', startedAtMs: run.startedAtMs }
    reportLater(config.statusLagMs)
    if (ending.signal.aborted) endRun()
    const { error, ...exit } = await run.exited
    if (run.pid !== null) deps.guard.unwatch(run.pid)
    tell({ type: 'exited', ...exit })
    if (error !== null) event('Warning', 'Failed', `Error: failed to start container: ${error}`)
    phase = {
      kind: 'terminated',
      exitCode: exit.exitCode,
      signal: exit.signal,
      reason: exit.exitCode === 0 ? 'Completed' : 'Error',
      startedAtMs: run.startedAtMs,
      finishedAtMs: clock.epochMs(),
    }
    reportLater(config.statusLagMs)
  }

  const backOff = async (): Promise<void> => {
    // The first restart follows at once, as the kubelet's does.
    const pauses = restarts === 0 ? 0 : Math.min(MOST_BACK_OFFS, 2 ** (restarts - 1))
    if (pauses > 0) {
      await clock.sleepMs(config.statusLagMs, ending.signal)
      last = phase
      const message = `back-off ${pauses * Math.round(config.crashBackOffMs / 1000)}s restarting failed container=${container?.name ?? ''}`
      phase = { kind: 'waiting', reason: 'CrashLoopBackOff', message }
      event(
        'Warning',
        'BackOff',
        `Back-off restarting failed container ${container?.name ?? ''} in pod ${name}`,
      )
      report()
      await clock.sleepMs(pauses * config.crashBackOffMs, ending.signal)
    } else {
      last = phase
    }
    restarts += 1
  }

  const failPull = async (image: string): Promise<void> => {
    const message = `Failed to pull image "${image}": the lab has no such image`
    event('Warning', 'Failed', message)
    event('Warning', 'Failed', 'Error: ErrImagePull')
    phase = { kind: 'waiting', reason: 'ErrImagePull', message }
    report()
    for (;;) {
      await clock.sleepMs(config.crashBackOffMs, ending.signal)
      event('Normal', 'BackOff', `Back-off pulling image "${image}"`)
      phase = { kind: 'waiting', reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` }
      report()
    }
  }

  const untilEnding = async ({ image, command }: ContainerSpec): Promise<void> => {
    report()
    event('Normal', 'Pulling', `Pulling image "${image}"`)
    await clock.sleepMs(config.imagePullMs, ending.signal)
    hasAddress = true
    if (command.length === 0 && !isKnownImage(image)) await failPull(image)
    event('Normal', 'Pulled', `Successfully pulled image "${image}"`)
    for (;;) {
      await runOnce()
      if (ending.signal.aborted) return
      await backOff()
    }
  }

  const tearDown = async (): Promise<void> => {
    await clock.sleepMs(config.sandboxTeardownMs)
    tell({ type: 'sandbox-gone' })
    report()
    const stored = store.get(PODS, namespace, name)
    if (stored !== null && stored.metadata.uid === uid)
      deleteObject(store, clock, PODS, stored, { graceSeconds: 0 })
    tell({ type: 'removed' })
  }

  const endRun = (graceMs = gracePeriodMs): void => {
    if (forced) run?.kill()
    else run?.end(graceMs, 'deletion')
  }

  const work = async (): Promise<void> => {
    if (container !== null) {
      tell({ type: 'created', container, gracePeriodMs })
      await untilEnding(container).catch((error: unknown) => {
        if (!ending.signal.aborted) throw error
      })
    }
    await tearDown()
  }

  return {
    update: (pod) => {
      const { metadata } = pod
      if (gateStates(pod) !== gates) {
        gates = gateStates(pod)
        reportLater(PROBE_STATUS_LAG_MS)
      }
      if (metadata.deletionTimestamp === undefined) return
      const graceMs = (metadata.deletionGracePeriodSeconds ?? 30) * 1000
      if (!ending.signal.aborted) {
        tell({ type: 'deletion-began', gracePeriodMs: graceMs })
        if (run !== null) event('Normal', 'Killing', `Stopping container ${container?.name ?? ''}`)
      }
      ending.abort()
      endRun(graceMs)
    },
    removed: () => {
      if (forced) return
      forced = true
      if (!ending.signal.aborted) tell({ type: 'deletion-began', gracePeriodMs: 0 })
      ending.abort()
      endRun()
    },
    done: work(),
  }
}
