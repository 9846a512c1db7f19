import type { EventOf } from '../model/events.ts'
import type { AnsweredBy, FailureKind } from '../model/outcome.ts'
import { COLUMN_NAMES, LAYERS } from '../model/request-columns.ts'
import type { RequestBlock, RequestColumnName, RequestRows } from '../model/request-rows.ts'
import type { RequestTemplate } from '../model/scenario.ts'
import { FAILED, kindName, phaseName, VUSER } from './codes.ts'

/** Wire families of failures: how far the request had come decides which causes can be behind it. */
export type Family = 'connect' | 'cut' | 'silence' | 'answer' | 'own'

/** One failed vUser request: its row, its `request.failed` fact, or both. */
export interface FailureCase {
  readonly requestId: number
  readonly kind: FailureKind
  readonly family: Family
  readonly code: string | null
  readonly message: string
  readonly status: number | null
  readonly layer: AnsweredBy | null
  readonly phase: string
  readonly rollout: number | null
  readonly intendedMs: number
  readonly startMs: number
  readonly writtenMs: number | null
  readonly connectedMs: number | null
  readonly firstByteMs: number | null
  readonly endMs: number
  /** Since the request was written, else since it started. */
  readonly ageMs: number
  /** On a connection that had carried no request before. */
  readonly fresh: boolean
  readonly requestsOnConnection: number
  readonly idleMs: number | null
  readonly connectionKey: number
  readonly localPort: number | null
  readonly remoteAddress: string | null
  /** The pod that answered, or that this connection last answered from. */
  readonly podName: string | null
  readonly vu: number
  readonly worker: number
  readonly method: string
  readonly path: string
  readonly template: string
  readonly twin: EventOf<'twin.finished'> | null
  /** seq of its request.failed; `null` when only the row is there. */
  readonly seq: number | null
}

export const familyOf = (kind: FailureKind): Family => {
  switch (kind) {
    case 'connect-refused':
    case 'connect-timeout':
    case 'connect-unreachable':
    case 'tls':
      return 'connect'
    case 'reset':
    case 'closed':
    case 'truncated':
      return 'cut'
    case 'timeout':
      return 'silence'
    case 'protocol':
    case 'status':
    case 'check':
      return 'answer'
    case 'dns':
    case 'client':
      return 'own'
  }
}

type Rest = Omit<FailureCase, 'family' | 'ageMs' | 'fresh'>
const completed = (rest: Rest): FailureCase => ({
  ...rest,
  family: familyOf(rest.kind),
  ageMs: rest.endMs - (rest.writtenMs ?? rest.startMs),
  fresh: rest.requestsOnConnection === 0,
})

const fromFact = (fact: EventOf<'request.failed'>, twin: EventOf<'twin.finished'> | null): FailureCase =>
  completed({
    requestId: fact.requestId,
    kind: fact.failure.kind,
    code: fact.failure.code,
    message: fact.failure.message,
    status: fact.failure.status,
    layer: fact.failure.layer,
    phase: fact.phase,
    rollout: fact.rollout,
    intendedMs: fact.intendedAtMs,
    startMs: fact.startedAtMs,
    writtenMs: fact.writtenAtMs,
    connectedMs: fact.connectedAtMs,
    firstByteMs: fact.firstByteAtMs,
    endMs: fact.endedAtMs,
    requestsOnConnection: fact.requestsOnConnection,
    idleMs: fact.idleMs,
    connectionKey: fact.worker * 4294967296 + fact.connectionId,
    localPort: fact.localPort,
    remoteAddress: fact.remoteAddress,
    podName: fact.pod,
    vu: fact.vu,
    worker: fact.worker,
    method: fact.method,
    path: fact.path,
    template: fact.template,
    twin,
    seq: fact.seq,
  })

const known = (us: number | undefined): number | null => (us === undefined || us < 0 ? null : us / 1000)

const fromRow = (
  columns: RequestBlock<RequestColumnName>,
  i: number,
  strings: readonly string[],
  templates: ReadonlyMap<string, RequestTemplate>,
  twin: EventOf<'twin.finished'> | null,
): FailureCase => {
  const template = strings[columns.template[i] ?? 0] ?? ''
  const text = (code: number | undefined): string | null => strings[code ?? 0] || null
  const kind = kindName(columns.kind[i] ?? 0)
  const layer = LAYERS[columns.layer[i] ?? 0]
  return completed({
    requestId: columns.requestId[i] ?? 0,
    kind,
    code: null,
    message: kind,
    status: columns.status[i] || null,
    layer: layer === undefined || layer === '' ? null : layer,
    phase: phaseName(columns.phase[i] ?? 0),
    rollout: columns.rollout[i] || null,
    intendedMs: (columns.intendedUs[i] ?? 0) / 1000,
    startMs: (columns.startUs[i] ?? 0) / 1000,
    writtenMs: known(columns.writtenUs[i]),
    connectedMs: known(columns.connectedUs[i]),
    firstByteMs: known(columns.firstByteUs[i]),
    endMs: (columns.endUs[i] ?? 0) / 1000,
    requestsOnConnection: columns.requestsOnConnection[i] ?? 0,
    idleMs: known(columns.idleUs[i]),
    connectionKey: (columns.worker[i] ?? 0) * 4294967296 + (columns.connectionId[i] ?? 0),
    localPort: columns.localPort[i] || null,
    remoteAddress: text(columns.remoteAddress[i]),
    podName: text(columns.pod[i]),
    vu: columns.vu[i] ?? 0,
    worker: columns.worker[i] ?? 0,
    method: templates.get(template)?.method ?? '',
    path: templates.get(template)?.path ?? '',
    template,
    twin,
    seq: null,
  })
}

/** Failed rows without a fact: rare, so that all columns are read only when there are any. */
const untoldFailures = (
  requests: RequestRows,
  told: ReadonlyMap<number, FailureCase>,
  templates: ReadonlyMap<string, RequestTemplate>,
  twins: ReadonlyMap<number, EventOf<'twin.finished'>>,
): FailureCase[] => {
  const isUntold = (block: RequestBlock<'source' | 'outcome' | 'requestId'>, i: number): boolean =>
    block.source[i] === VUSER && block.outcome[i] === FAILED && !told.has(block.requestId[i] ?? 0)
  let untold = 0
  for (const block of requests.blocks('source', 'outcome', 'requestId'))
    for (let i = 0; i < block.length; i++) if (isUntold(block, i)) untold++
  const failures: FailureCase[] = []
  if (untold === 0) return failures
  for (const block of requests.blocks(...COLUMN_NAMES))
    for (let i = 0; i < block.length; i++)
      if (isUntold(block, i)) {
        const twin = twins.get(block.requestId[i] ?? 0) ?? null
        failures.push(fromRow(block, i, requests.strings, templates, twin))
      }
  return failures
}

/**
 * Every failed vUser request that the rows or the facts tell of, once each, in order of exposure (start, then id).
 * A fact wins over its row, because it also has the code and the message.
 */
export const failureCases = (
  requests: RequestRows,
  facts: readonly EventOf<'request.failed'>[],
  twins: ReadonlyMap<number, EventOf<'twin.finished'>>,
  templates: readonly RequestTemplate[],
): FailureCase[] => {
  const byName = new Map(templates.map((template) => [template.name, template]))
  const cases = new Map<number, FailureCase>()
  for (const fact of facts)
    if (fact.source === 'vuser' && !cases.has(fact.requestId))
      cases.set(fact.requestId, fromFact(fact, twins.get(fact.requestId) ?? null))
  for (const failure of untoldFailures(requests, cases, byName, twins).sort((a, b) => a.startMs - b.startMs))
    if (!cases.has(failure.requestId)) cases.set(failure.requestId, failure)
  return [...cases.values()].sort((a, b) => a.startMs - b.startMs || a.requestId - b.requestId)
}
