import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { onNextPoll, systemClock } from '../kernel/clock.ts'
import type { EventDraft } from '../model/events.ts'
import { buffersOf } from '../model/request-columns.ts'
import { createLoadGenerator } from './load-generator.ts'
import { type FromWorker, sharedState, type ToWorker, type WorkerSetup } from './messages.ts'

/** Entry of an engine thread: one load generator, its hooks as messages. Facts of one loop turn travel together. */
const runWorker = async (setup: WorkerSetup, port: NonNullable<typeof parentPort>): Promise<void> => {
  const tell = (message: FromWorker, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer)
  let facts: EventDraft[] = []
  const flushFacts = (): void => {
    if (facts.length === 0) return
    tell({ type: 'facts', facts })
    facts = []
  }

  const { config, worker, workers } = setup
  const generator = await createLoadGenerator(
    {
      config,
      worker,
      workers,
      shared: sharedState(setup.shared, config.load.requests !== null),
      clock: systemClock,
    },
    {
      onFact: (draft) => {
        facts.push(draft)
        if (facts.length === 1) onNextPoll(flushFacts)
      },
      onColumns: (columns) => tell({ type: 'columns', columns }, buffersOf(columns)),
      onWindow: (part) => tell({ type: 'window', part }),
      onFinished: (counts) => {
        flushFacts()
        tell({ type: 'finished', counts })
      },
      onBug: (error) => {
        // Uncaught, so that the thread dies and the main thread hears why.
        queueMicrotask(() => {
          throw error
        })
      },
    },
  )
  port.on('message', (message: ToWorker) => {
    if (message.type === 'begin') generator.begin(message.beginAtUs)
    else generator.stop(message.graceMs)
  })
  tell({ type: 'ready' })
}

if (!isMainThread && parentPort !== null && workerData?.role === 'engine-worker') {
  await runWorker(workerData as WorkerSetup, parentPort)
}
