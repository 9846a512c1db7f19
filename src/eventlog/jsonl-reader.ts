import { createReadStream } from 'node:fs'
import { HarnessError } from '../kernel/errors.ts'
import { type EventType, type RunEvent, SCHEMA_VERSION } from '../model/events.ts'
import { fileError } from './file-error.ts'

/** Every type of fact that this version knows; does not compile when one is missing or unknown. */
const KNOWN: Readonly<Record<EventType, true>> = {
  'run.started': true,
  'run.ended': true,
  'phase.entered': true,
  'rollout.requested': true,
  'rollout.acknowledged': true,
  'rollout.progressed': true,
  'eviction.answered': true,
  'rollout.completed': true,
  'rollout.old-pods-gone': true,
  'rollout.stuck': true,
  'pod.created': true,
  'pod.scheduled': true,
  'pod.started': true,
  'pod.ready': true,
  'pod.not-ready': true,
  'pod.terminating': true,
  'pod.container-exited': true,
  'pod.container-restarted': true,
  'pod.deleted': true,
  'endpoint.added': true,
  'endpoint.ready': true,
  'endpoint.not-ready': true,
  'endpoint.terminating': true,
  'endpoint.removed': true,
  'target.state': true,
  'workload.changed': true,
  'event.seen': true,
  'request.failed': true,
  'twin.finished': true,
  'probe.failed': true,
  'probe.recovered': true,
  'control.failed': true,
  'watch.opened': true,
  'watch.gap': true,
  'watch.relisted': true,
  'watch.audited': true,
  'clock.offset': true,
  'loop.stalled': true,
  'engine.self-tested': true,
  'engine.saturated': true,
  'lease.acquired': true,
  'lease.lost': true,
  'journal.written': true,
  'journal.restored': true,
  'threshold.crossed': true,
}

export interface EventsRead {
  /** In file order, which is `seq` order. */
  readonly events: readonly RunEvent[]
  /** A last line that was cut: its bytes are not judged. `null` when the file ends with a whole line. */
  readonly torn: { readonly tornBytes: number } | null
  /** Facts of types that this version does not know: kept out, by type. */
  readonly unknown: Readonly<Record<string, number>>
  /** Lines in the middle that are no facts, and facts that are missing by their `seq`, in words. */
  readonly problems: readonly string[]
}

const NEWLINE = 0x0a
const MOST_PROBLEMS = 20

/**
 * Reads `events.jsonl`, also when the run was killed and the file ends anywhere.
 * Throws BUNDLE_INVALID when the file cannot be read, or says that it is of a newer schema version.
 */
export const readEvents = async (path: string): Promise<EventsRead> => {
  const reader = createLineReader()
  let rest: Buffer[] = []
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
      let from = 0
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        rest.push(chunk.subarray(from, at))
        reader.line(rest.length === 1 ? (rest[0] ?? chunk) : Buffer.concat(rest), true)
        rest = []
        from = at + 1
      }
      if (from < chunk.length) rest.push(chunk.subarray(from))
    }
  } catch (error) {
    throw fileError(`cannot read ${path}`, error, 'BUNDLE_INVALID')
  }
  if (rest.length > 0) reader.line(Buffer.concat(rest), false)
  return reader.result()
}

const createLineReader = () => {
  const events: RunEvent[] = []
  const unknown: Record<string, number> = Object.create(null)
  const problems: string[] = []
  let torn: EventsRead['torn'] = null
  let lines = 0
  let lastSeq = 0
  let more = 0

  const problem = (text: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push(text)
    else more += 1
  }

  return {
    /** `ended`: the line had its newline. The last one may lack it, and is taken when it is whole all the same. */
    line: (bytes: Buffer, ended: boolean): void => {
      lines += 1
      const fact = parseFact(bytes)
      if (fact === null) {
        if (!ended) torn = { tornBytes: bytes.length }
        else problem(`events.jsonl line ${lines} is not a fact`)
        return
      }
      if (fact.seq !== lastSeq + 1) {
        problem(
          fact.seq > lastSeq
            ? `events.jsonl lacks the facts ${lastSeq + 1} to ${fact.seq - 1}, before line ${lines}`
            : `events.jsonl line ${lines} repeats fact ${fact.seq}`,
        )
        if (fact.seq <= lastSeq) return
      }
      lastSeq = fact.seq
      if (!Object.hasOwn(KNOWN, fact.type)) {
        unknown[fact.type] = (unknown[fact.type] ?? 0) + 1
        return
      }
      const event = fact as RunEvent
      if (event.type === 'run.started') checkSchemaVersion(event.schemaVersion, 'events.jsonl')
      events.push(event)
    },
    result: (): EventsRead => ({
      events,
      torn,
      unknown: { ...unknown },
      problems: more === 0 ? problems : [...problems, `and ${more} more of these in events.jsonl`],
    }),
  }
}

interface AnyFact {
  readonly seq: number
  readonly atMs: number
  readonly type: string
}

const parseFact = (bytes: Buffer): AnyFact | null => {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { seq, atMs, type } = value as Partial<Record<keyof AnyFact, unknown>>
  const stamped = Number.isSafeInteger(seq) && typeof atMs === 'number' && typeof type === 'string'
  return stamped ? (value as AnyFact) : null
}

/** Throws BUNDLE_INVALID when `version` is none, or newer than what this program reads. */
export const checkSchemaVersion = (version: unknown, file: string): void => {
  if (!Number.isSafeInteger(version)) {
    throw new HarnessError('BUNDLE_INVALID', `${file} has no schemaVersion`, {
      hint: 'give the folder of a run: reports/<name>-<start>-<run id>',
    })
  }
  if (Number(version) > SCHEMA_VERSION) {
    throw new HarnessError(
      'BUNDLE_INVALID',
      `${file} has schema version ${version}; this rollproof reads up to ${SCHEMA_VERSION}`,
      { hint: 'render this bundle with the rollproof that made it, or a newer one' },
    )
  }
}
