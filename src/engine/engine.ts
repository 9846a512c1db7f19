import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { HarnessError, hasCode, messageOf } from '../kernel/errors.ts'
import { programUrl, THREAD_LIMITS } from '../kernel/program.ts'
import type { RequestCounts } from '../model/events.ts'
import { addCounts } from './books.ts'
import {
  defaultWorkers,
  type Engine,
  type EngineConfig,
  type EngineHooks,
  plannedPerSec,
  STOP_GRACE_MS,
} from './engine-config.ts'
import { allocateShared, type FromWorker, sharedState, type ToWorker, type WorkerSetup } from './messages.ts'
import { prepareTemplate } from './template.ts'
import { foldWindow, type WindowPart } from './window.ts'

/** All threads get their begin this long before it, so that their schedules agree. */
const BEGIN_LEAD_US = 5_000
const WINDOW_MS = 1_000

interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

/** A promise that may be rejected before anybody listens. */
const deferred = <T>(): Deferred<T> => {
  let settle: Pick<Deferred<T>, 'resolve' | 'reject'> = { resolve: () => {}, reject: () => {} }
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  promise.catch(() => {})
  return { promise, ...settle }
}

interface Thread {
  readonly worker: Worker
  readonly ready: Promise<void>
  /** Rejects when the thread ends by itself. */
  readonly finished: Promise<RequestCounts>
}

/**
 * The load, in worker threads; this thread only passes on what they tell. Throws SCENARIO_INVALID for requests that
 * cannot be sent. `workerUrl` is the file that a thread starts with (role `engine-worker`).
 */
export const createEngine = (
  config: EngineConfig,
  hooks: EngineHooks,
  workerUrl: URL = programUrl(),
  clock: Clock = systemClock,
): Engine => {
  for (const template of config.requests) prepareTemplate(template, config.target, config.load.timeoutMs)
  const workers = config.workers ?? defaultWorkers(config.load, availableParallelism())
  const shared = allocateShared(config.load.requests)
  const state = sharedState(shared, config.load.requests !== null)
  state.enter(config.phase ?? 'steady', null)

  let parts: WindowPart[] = []
  /** By worker, as of its last part. */
  const inFlight: number[] = []
  let windowStartMs = 0
  const perSec = plannedPerSec(config.load)
  const emitWindow = (): void => {
    if (parts.length === 0) return
    const nowMs = clock.nowMs()
    const span = {
      atMs: nowMs - config.startedAtUs / 1000,
      durationMs: nowMs - windowStartMs,
      plannedPerSec: Number.isFinite(perSec) ? perSec : null,
      inFlight: inFlight.reduce((sum, count) => sum + count, 0),
    }
    const window = foldWindow(parts, span)
    parts = []
    windowStartMs = nowMs
    hooks.onWindow?.(window)
  }

  const startThread = (index: number): Thread => {
    const setup: WorkerSetup = { role: 'engine-worker', config, worker: index, workers, shared }
    const worker = new Worker(workerUrl, {
      workerData: setup,
      name: `engine-${index}`,
      resourceLimits: THREAD_LIMITS,
    })
    const ready = deferred<void>()
    const finished = deferred<RequestCounts>()
    const died = (why: string, cause?: unknown): void => {
      const error = hasCode(cause, 'SCENARIO_INVALID')
        ? cause
        : new HarnessError('ENGINE_FAILED', `engine thread ${index} ended by itself: ${why}`, { cause })
      ready.reject(error)
      finished.reject(error)
    }
    worker.on('message', (message: FromWorker) => {
      switch (message.type) {
        case 'ready':
          ready.resolve()
          return
        case 'facts':
          for (const fact of message.facts) hooks.onFact(fact)
          return
        case 'columns':
          hooks.onColumns(message.columns, index)
          return
        case 'window':
          parts.push(message.part)
          inFlight[index] = message.part.inFlight
          return
        case 'finished':
          finished.resolve(message.counts)
      }
    })
    worker.on('error', (error) => died(messageOf(error), error))
    worker.on('exit', (code) => died(`exit code ${code}`))
    return { worker, ready: ready.promise, finished: finished.promise }
  }

  let threads: readonly Thread[] = []
  let stopWanted: number | null = null
  let started = false
  let begun = false
  const done = deferred<RequestCounts>()
  const endThreads = async (): Promise<void> => {
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }
  const tellAll = (message: ToWorker): void => {
    for (const { worker } of threads) worker.postMessage(message)
  }

  const run = async (): Promise<void> => {
    const stopWindows = clock.every(WINDOW_MS, emitWindow)
    try {
      const counts = await Promise.all(threads.map(({ finished }) => finished))
      emitWindow()
      await endThreads()
      done.resolve(addCounts(counts))
    } catch (error) {
      await endThreads()
      done.reject(error)
    } finally {
      stopWindows()
    }
  }

  return {
    workers,
    start: async () => {
      started = true
      threads = Array.from({ length: workers }, (_, index) => startThread(index))
      try {
        await Promise.all(threads.map(({ ready }) => ready))
      } catch (error) {
        await endThreads()
        done.reject(error)
        throw error
      }
      windowStartMs = clock.nowMs()
      begun = true
      tellAll({ type: 'begin', beginAtUs: windowStartMs * 1000 + BEGIN_LEAD_US })
      void run()
      if (stopWanted !== null) tellAll({ type: 'stop', graceMs: stopWanted })
    },
    enter: state.enter,
    done: done.promise,
    stop: (graceMs = STOP_GRACE_MS) => {
      stopWanted = graceMs
      if (!started) done.resolve(addCounts([]))
      if (begun) tellAll({ type: 'stop', graceMs })
      return done.promise
    },
  }
}
