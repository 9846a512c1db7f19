import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createEngine } from '../../src/engine/engine.ts'
import type { Engine, EngineConfig, EngineWindow } from '../../src/engine/engine-config.ts'
import { createLoadGenerator } from '../../src/engine/load-generator.ts'
import { allocateShared, sharedState } from '../../src/engine/messages.ts'
import { monotonicUs, systemClock } from '../../src/kernel/clock.ts'
import type { EventDraft, RequestCounts } from '../../src/model/events.ts'
import { FAILURE_KINDS, OUTCOMES, SOURCES } from '../../src/model/outcome.ts'
import { PHASES } from '../../src/model/phase.ts'
import { LAYERS, type RequestColumns } from '../../src/model/request-columns.ts'
import type { ClosedLoad, OpenLoad, RequestTemplate } from '../../src/model/scenario.ts'

/** The file that engine threads start with when the tests run from source. */
export const WORKER_URL = new URL('../../src/engine/worker.ts', import.meta.url)

export const getRequest = (more: Partial<RequestTemplate> = {}): RequestTemplate => ({
  name: 'home',
  weight: 1,
  method: 'GET',
  path: '/',
  headers: {},
  body: null,
  expect: { status: [], bodyContains: null, bodySha256: null },
  timeoutMs: null,
  ...more,
})

const COMMON = {
  durationMs: null,
  requests: null,
  connections: { kind: 'keep-alive' },
  timeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  rampUpMs: 0,
} as const

export const closedLoad = (more: Partial<ClosedLoad> = {}): ClosedLoad => ({
  ...COMMON,
  model: 'closed',
  vus: 5,
  paceMs: 0,
  thinkMs: 0,
  ...more,
})

export const openLoad = (more: Partial<OpenLoad> = {}): OpenLoad => ({
  ...COMMON,
  model: 'open',
  ratePerSec: 100,
  maxVus: 100,
  ...more,
})

type ConfigChanges = Partial<Omit<EngineConfig, 'target' | 'probes' | 'limits'>> & {
  readonly target?: Partial<EngineConfig['target']>
  readonly probes?: Partial<EngineConfig['probes']>
  readonly limits?: Partial<EngineConfig['limits']>
}

export const engineConfig = (url: string, more: ConfigChanges = {}): EngineConfig => ({
  runId: 'run7',
  startedAtUs: monotonicUs(),
  load: closedLoad(),
  requests: [getRequest()],
  seed: 1,
  workers: 1,
  ...more,
  target: {
    url,
    podHeader: 'X-Pod',
    control: null,
    resolver: null,
    requestIdHeader: 'X-Request-Id',
    insecure: false,
    ...more.target,
  },
  probes: { freshPerSec: 0, reusedPerSec: 0, controlPerSec: 0, twinPerSec: 0, ...more.probes },
  limits: { scheduleLagMs: 250, stallMs: 500, lateArrivals: 0, ...more.limits },
})

/** One row, by name; `null` = unknown. */
export interface Row {
  readonly requestId: number
  readonly source: string
  readonly vu: number
  readonly worker: number
  readonly phase: string
  readonly rollout: number
  readonly template: string
  readonly intendedUs: number
  readonly startUs: number
  readonly writtenUs: number
  readonly connectedUs: number
  readonly firstByteUs: number
  readonly endUs: number
  readonly outcome: string
  readonly kind: string
  readonly status: number
  readonly bytes: number
  readonly connectionId: number
  readonly requestsOnConnection: number
  readonly idleUs: number
  readonly localPort: number
  readonly remoteAddress: string
  readonly pod: string
  readonly layer: string
}

export const rowsOf = (c: RequestColumns): Row[] =>
  Array.from({ length: c.length }, (_, i) => ({
    requestId: c.requestId[i] ?? 0,
    source: SOURCES[c.source[i] ?? 0] ?? '',
    vu: c.vu[i] ?? 0,
    worker: c.worker[i] ?? 0,
    phase: PHASES[c.phase[i] ?? 0] ?? '',
    rollout: c.rollout[i] ?? 0,
    template: c.strings[c.template[i] ?? 0] ?? '',
    intendedUs: c.intendedUs[i] ?? 0,
    startUs: c.startUs[i] ?? 0,
    writtenUs: c.writtenUs[i] ?? 0,
    connectedUs: c.connectedUs[i] ?? 0,
    firstByteUs: c.firstByteUs[i] ?? 0,
    endUs: c.endUs[i] ?? 0,
    outcome: OUTCOMES[c.outcome[i] ?? 0] ?? '',
    kind: FAILURE_KINDS[(c.kind[i] ?? 0) - 1] ?? '',
    status: c.status[i] ?? 0,
    bytes: c.bytes[i] ?? 0,
    connectionId: c.connectionId[i] ?? 0,
    requestsOnConnection: c.requestsOnConnection[i] ?? 0,
    idleUs: c.idleUs[i] ?? 0,
    localPort: c.localPort[i] ?? 0,
    remoteAddress: c.strings[c.remoteAddress[i] ?? 0] ?? '',
    pod: c.strings[c.pod[i] ?? 0] ?? '',
    layer: LAYERS[c.layer[i] ?? 0] ?? '',
  }))

export interface EngineRun {
  readonly counts: RequestCounts
  readonly rows: readonly Row[]
  readonly facts: readonly EventDraft[]
  readonly windows: readonly EngineWindow[]
}

export type FactOf<T extends EventDraft['type']> = Extract<EventDraft, { type: T }>

export const factsOf = <T extends EventDraft['type']>(facts: readonly EventDraft[], type: T): FactOf<T>[] =>
  facts.filter((fact): fact is FactOf<T> => fact.type === type)

/** Runs an engine to its end. `during` gets the started engine, and each fact as it comes. */
export const runEngine = async (
  config: EngineConfig,
  during: (engine: Engine) => void = () => {},
  onFact: (fact: EventDraft, engine: Engine) => void = () => {},
): Promise<EngineRun> => {
  const chunks: RequestColumns[] = []
  const facts: EventDraft[] = []
  const windows: EngineWindow[] = []
  const engine: Engine = createEngine(
    config,
    {
      onFact: (fact) => {
        facts.push(fact)
        onFact(fact, engine)
      },
      onColumns: (columns) => chunks.push(columns),
      onWindow: (window) => windows.push(window),
    },
    WORKER_URL,
  )
  await engine.start()
  during(engine)
  const counts = await engine.done
  return { counts, rows: chunks.flatMap(rowsOf), facts, windows }
}

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly server: Server
  close(): Promise<void>
}

/** An HTTP server on 127.0.0.1 at a free port, in the test's own process. */
export const startHttpServer = async (
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
  configure: (server: Server) => void = () => {},
): Promise<TestServer> => {
  const server = createServer(onRequest)
  configure(server)
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(address !== null && typeof address === 'object' ? address.port : 0)
    })
  })
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** H1 with nothing in flight. */
export const booksBalance = (counts: RequestCounts): boolean =>
  counts.planned === counts.started + counts.dropped &&
  counts.started === counts.ok + counts.failed + counts.cut

/** Runs a load generator in the calling thread, as an engine thread does; for tests that disturb that thread. */
export const runGenerator = async (
  config: EngineConfig,
  onFact: (fact: EventDraft) => void = () => {},
): Promise<EngineRun> => {
  const chunks: RequestColumns[] = []
  const facts: EventDraft[] = []
  const shared = sharedState(allocateShared(config.load.requests), config.load.requests !== null)
  shared.enter('steady', null)
  let end: { resolve: (counts: RequestCounts) => void; reject: (error: unknown) => void } | null = null
  const finished = new Promise<RequestCounts>((resolve, reject) => {
    end = { resolve, reject }
  })
  const generator = await createLoadGenerator(
    { config, worker: 0, workers: 1, shared, clock: systemClock },
    {
      onFact: (fact) => {
        facts.push(fact)
        onFact(fact)
      },
      onColumns: (columns) => chunks.push(columns),
      onWindow: () => {},
      onFinished: (counts) => end?.resolve(counts),
      onBug: (error) => end?.reject(error),
    },
  )
  generator.begin(monotonicUs())
  return { counts: await finished, rows: chunks.flatMap(rowsOf), facts, windows: [] }
}
