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

/** What all kinds of objects of one server share. */
interface World {
  nowMs: number
  /** One counter for all kinds, as etcd has it. */
  version: number
  readonly clock: Clock
}

const newWorld = (): World => {
  const world: World = {
    nowMs: 0,
    version: 100,
    clock: {
      nowMs: () => world.nowMs,
      epochMs: () => world.nowMs,
      sleepMs: async (durationMs) => {
        world.nowMs += durationMs
        await settled()
      },
      after: () => () => {},
      every: () => () => {},
    },
  }
  return world
}

/** One kind of object: its server side, a list-watch on it, and what that told. */
const openKind = async (world: World) => {
  const log: Change[] = []
  const objects = new Map<string, number>()
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
      return { items, resourceVersion: String(world.version) }
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
  const watch = listWatch(
    source,
    read,
    { clock: world.clock, random: seededRandom(1), log: silentLogger, signal: stop.signal, onNotice },
    limits,
  )
  await watch.opened

  const change = (type: Change['type'], uid: string): void => {
    world.version++
    log.push({ type, uid, version: world.version, atMs: world.nowMs })
    if (type === 'DELETED') objects.delete(uid)
    else objects.set(uid, world.version)
  }
  const put = (chunk: string | Error | null): void => pipe?.put(chunk)
  const deliver = (): void => {
    const open = pipe
    if (open === null) return
    for (const entry of log) if (entry.version > open.sent) open.put(lineOf(entry))
    open.sent = world.version
  }
  const at = (pick: number): string | undefined => [...objects.keys()][pick % Math.max(1, objects.size)]
  let names = 0

  const play = (step: Step, pick: number): void => {
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
        if (uid === undefined) break
        change('DELETED', uid)
        change('ADDED', `${uid.split('#')[0]}#${world.version}`)
        break
      case 'deliver':
        deliver()
        break
      case 'duplicate': {
        const entry = log[pick % Math.max(1, log.length)]
        if (entry !== undefined && pipe !== null && entry.version <= pipe.sent) put(lineOf(entry))
        break
      }
      case 'bookmark':
        deliver()
        put(
          `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(world.version) } } })}\n`,
        )
        break
      case 'end':
        put(null)
        break
      case 'cut':
        put(new HarnessError('KUBE_UNREACHABLE', 'cut'))
        break
      case 'half':
        put('{"type":"MODIFIED","obj')
        put(pick % 2 === 0 ? null : new HarnessError('KUBE_UNREACHABLE', 'cut'))
        break
      case 'gone':
        put('{"type":"ERROR","object":{"code":410,"message":"too old resource version"}}\n')
        break
      case 'expired':
        oldest = world.version + 1
        world.version++
        put(null)
        break
      case 'garbage':
        put('<html>login</html>\n')
        break
      case 'unreadable':
        put('{"type":"MODIFIED","object":{"metadata":{}}}\n')
        break
      case 'list-fails':
        listFails = true
        break
      case 'pause':
        world.nowMs += 1500
    }
  }
  return {
    play,
    deliver,
    heal: () => {
      listFails = false
    },
    end: async () => {
      stop.abort()
      await watch.ended
    },
    store,
    objects,
    log,
    seen,
    told,
    gaps,
  }
}

interface Turn {
  readonly step: Step
  readonly pick: number
  /** Which of the two kinds of objects it happens to: the order between their streams is any. */
  readonly kind: 0 | 1
}

/** Plays one schedule against two kinds of objects, then lets all come to rest. */
const play = async (turns: readonly Turn[]) => {
  const world = newWorld()
  const kinds = [await openKind(world), await openKind(world)] as const
  for (const { step, pick, kind } of turns) {
    world.nowMs += 10
    kinds[kind].play(step, pick)
    await settled()
  }
  for (const kind of kinds) kind.heal()
  for (let turn = 0; turn < 4; turn++) {
    await settled()
    for (const kind of kinds) kind.deliver()
    await settled()
  }
  for (const kind of kinds) await kind.end()
  return kinds
}

/** ROLLPROOF_SCHEDULES=10000 for a long session, which also prints its counts. */
const SCHEDULES = Number(process.env.ROLLPROOF_SCHEDULES ?? 1000)
const schedules = fc.array(
  fc.record({
    step: fc.constantFrom(...STEPS),
    pick: fc.nat(50),
    kind: fc.constantFrom<0 | 1>(0, 1),
  }),
  // Long ones: by default most would have a handful of steps.
  { minLength: 5, maxLength: 60, size: 'max' },
)

test('after any schedule of faults the store is what the server has, and every loss lies in a declared gap', async () => {
  const counts = { schedules: 0, steps: 0, changes: 0, gaps: 0, inGaps: 0, silent: 0 }
  await fc.assert(
    fc.asyncProperty(schedules, async (turns) => {
      counts.schedules += 1
      counts.steps += turns.length
      for (const { store, objects, log, seen, told, gaps } of await play(turns)) {
        const held = new Map(
          [...store.held].map(([uid, { resourceVersion }]) => [uid, Number(resourceVersion)]),
        )
        expect(held).toEqual(objects)
        const lost = log.filter(({ uid, version }) => !seen.has(`${uid}@${version}`))
        const silent = lost.filter(({ atMs }) => !gaps.some(({ from, to }) => from <= atMs && atMs <= to))
        counts.changes += log.length
        counts.gaps += gaps.length
        counts.inGaps += lost.length - silent.length
        counts.silent += silent.length
        expect(silent).toEqual([])
        // Told once each: a repeated event is no second fact.
        expect(new Set(told).size).toBe(told.length)
      }
    }),
    { numRuns: SCHEDULES },
  )
  expect(counts).toMatchObject({ schedules: SCHEDULES, silent: 0 })
  if (process.env.ROLLPROOF_SCHEDULES !== undefined) process.stdout.write(`${JSON.stringify(counts)}\n`)
}, 600_000)
