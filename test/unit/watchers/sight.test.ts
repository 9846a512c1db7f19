import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Clock } from '../../../src/kernel/clock.ts'
import { HarnessError } from '../../../src/kernel/errors.ts'
import { silentLogger } from '../../../src/kernel/logger.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import { listWatch, WATCH_LIMITS } from '../../../src/kube/list-watch.ts'
import type { Versioned, WatchNotice } from '../../../src/kube/ports.ts'
import { createObjectStore } from '../../../src/watchers/object-store.ts'
import { settled } from '../../support/manual-clock.ts'

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly uid: string
  readonly version: number
  readonly atMs: number
}

/** A stream that the test feeds. */
class Pipe {
  readonly from: number
  readonly #chunks: (Uint8Array | Error | null)[] = []
  #wake: () => void = () => {}
  sent: number
  constructor(from: number) {
    this.from = from
    this.sent = from
  }
  /** Text, an error (the connection is cut), or null (its clean end). */
  put(chunk: string | Error | null): void {
    this.#chunks.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk)
    this.#wake()
  }
  async *read(signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk === null) return
      if (chunk instanceof Error) throw chunk
      if (chunk !== undefined) yield chunk
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
        signal.throwIfAborted()
      }
    }
  }
}

const STEPS = [
  'add',
  'add',
  'modify',
  'modify',
  'modify',
  'delete',
  'recreate',
  'deliver',
  'deliver',
  'deliver',
  'duplicate',
  'bookmark',
  'end',
  'cut',
  'half',
  'gone',
  'expired',
  'garbage',
  'unreadable',
  'list-fails',
  'pause',
] as const
type Step = (typeof STEPS)[number]

/** Plays one schedule against a list-watch and a store, then lets all come to rest. */
const play = async (steps: readonly { readonly step: Step; readonly pick: number }[]) => {
  let nowMs = 0
  const clock: Clock = {
    nowMs: () => nowMs,
    epochMs: () => nowMs,
    sleepMs: async (durationMs) => {
      nowMs += durationMs
      await settled()
    },
    after: () => () => {},
    every: () => () => {},
  }
  const log: Change[] = []
  const objects = new Map<string, number>()
  let version = 100
  let oldest = 100
  let listFails = false
  let pipe: Pipe | null = null
  const lineOf = ({ type, uid, version: at }: Change): string =>
    `${JSON.stringify({ type, object: { metadata: { uid, name: uid.split('#')[0], resourceVersion: String(at) } } })}\n`

  const source = {
    list: async () => {
      if (listFails) {
        listFails = false
        throw new HarnessError('KUBE_SERVER', 'the list failed')
      }
      const items = [...objects].map(([uid, at]) => ({
        metadata: { uid, name: uid.split('#')[0], resourceVersion: String(at) },
      }))
      return { items, resourceVersion: String(version) }
    },
    stream: async (from: string, _timeoutSeconds: number, signal: AbortSignal) => {
      if (Number(from) < oldest) throw new HarnessError('KUBE_GONE', 'too old')
      pipe = new Pipe(Number(from))
      return pipe.read(signal)
    },
  }
  const read = (object: unknown): Versioned<string> => {
    const { uid, name, resourceVersion } = (object as { metadata: Versioned<string> }).metadata
    if (uid === undefined) throw new HarnessError('KUBE_PROTOCOL', 'cannot be read')
    return { uid, name, resourceVersion, value: `${uid}@${resourceVersion}` }
  }
  const store = createObjectStore<string>()
  const seen = new Set<string>()
  const told: string[] = []
  const gaps: { from: number; to: number }[] = []
  const stop = new AbortController()
  const onNotice = (notice: WatchNotice<string>): void => {
    if (notice.type === 'changed') seen.add(`${notice.object.uid}@${notice.object.resourceVersion}`)
    if (notice.type === 'deleted') seen.add(`${notice.object.uid}@${notice.object.resourceVersion}`)
    if (notice.type === 'listed' && notice.why === null) for (const item of notice.items) seen.add(item.value)
    if (notice.type === 'gap')
      gaps.push({ from: notice.lostAtMs, to: notice.resumedAtMs ?? Number.POSITIVE_INFINITY })
    for (const { before, after } of store.apply(notice)) told.push(`${before} → ${after}`)
  }
  const limits = { ...WATCH_LIMITS, giveUpMs: Number.POSITIVE_INFINITY }
  const random = seededRandom(1)
  const watch = listWatch(
    source,
    read,
    { clock, random, log: silentLogger, signal: stop.signal, onNotice },
    limits,
  )
  await watch.opened

  const change = (type: Change['type'], uid: string): void => {
    version++
    log.push({ type, uid, version, atMs: nowMs })
    if (type === 'DELETED') objects.delete(uid)
    else objects.set(uid, version)
  }
  const deliver = (): void => {
    const open = pipe
    if (open === null) return
    for (const entry of log) if (entry.version > open.sent) open.put(lineOf(entry))
    open.sent = version
  }
  const at = (pick: number): string | undefined => [...objects.keys()][pick % Math.max(1, objects.size)]
  let names = 0

  for (const { step, pick } of steps) {
    nowMs += 10
    const uid = at(pick)
    switch (step) {
      case 'add':
        change('ADDED', `pod-${++names}#1`)
        break
      case 'modify':
        if (uid !== undefined) change('MODIFIED', uid)
        break
      case 'delete':
        if (uid !== undefined) change('DELETED', uid)
        break
      case 'recreate':
        if (uid !== undefined) {
          change('DELETED', uid)
          change('ADDED', `${uid.split('#')[0]}#${version}`)
        }
        break
      case 'deliver':
        deliver()
        break
      case 'duplicate': {
        const entry = log[pick % Math.max(1, log.length)]
        if (entry !== undefined && pipe !== null && entry.version <= (pipe as Pipe).sent)
          (pipe as Pipe).put(lineOf(entry))
        break
      }
      case 'bookmark':
        deliver()
        ;(pipe as Pipe | null)?.put(
          `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } })}\n`,
        )
        break
      case 'end':
        ;(pipe as Pipe | null)?.put(null)
        break
      case 'cut':
        ;(pipe as Pipe | null)?.put(new HarnessError('KUBE_UNREACHABLE', 'cut'))
        break
      case 'half':
        ;(pipe as Pipe | null)?.put('{"type":"MODIFIED","obj')
        ;(pipe as Pipe | null)?.put(pick % 2 === 0 ? null : new HarnessError('KUBE_UNREACHABLE', 'cut'))
        break
      case 'gone':
        ;(pipe as Pipe | null)?.put(
          '{"type":"ERROR","object":{"code":410,"message":"too old resource version"}}\n',
        )
        break
      case 'expired':
        oldest = version + 1
        version++
        ;(pipe as Pipe | null)?.put(null)
        break
      case 'garbage':
        ;(pipe as Pipe | null)?.put('<html>login</html>\n')
        break
      case 'unreadable':
        ;(pipe as Pipe | null)?.put('{"type":"MODIFIED","object":{"metadata":{}}}\n')
        break
      case 'list-fails':
        listFails = true
        break
      case 'pause':
        nowMs += 1500
        break
    }
    await settled()
  }
  listFails = false
  for (let turn = 0; turn < 4; turn++) {
    await settled()
    deliver()
    await settled()
  }
  stop.abort()
  await watch.ended
  return { store, objects, log, seen, told, gaps }
}

const schedules = fc.array(fc.record({ step: fc.constantFrom(...STEPS), pick: fc.nat(50) }), {
  maxLength: 40,
})

test('after any schedule of faults the store is what the server has, and every loss lies in a declared gap', async () => {
  await fc.assert(
    fc.asyncProperty(schedules, async (steps) => {
      const { store, objects, log, seen, told, gaps } = await play(steps)
      const held = new Map(
        [...store.held].map(([uid, { resourceVersion }]) => [uid, Number(resourceVersion)]),
      )
      expect(held).toEqual(objects)
      for (const { uid, version, atMs } of log) {
        if (seen.has(`${uid}@${version}`)) continue
        expect(gaps.some(({ from, to }) => from <= atMs && atMs <= to)).toBe(true)
      }
      // Told once each: a repeated event is no second fact.
      expect(new Set(told).size).toBe(told.length)
    }),
    { numRuns: 1000 },
  )
}, 60_000)
