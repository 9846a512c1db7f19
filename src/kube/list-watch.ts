import { type ErrorCode, HarnessError, messageOf } from '../kernel/errors.ts'
import { compareVersions, isNewer } from '../model/resource-version.ts'
import { refusalOf } from './map-errors.ts'
import type { ObjectWatch, Versioned, WatchOptions } from './ports.ts'
import { linesOf, readWatchLine } from './watch-stream.ts'

/** Where a list-watch gets its bytes. */
export interface WatchSource {
  list(signal: AbortSignal): Promise<{ readonly items: readonly unknown[]; readonly resourceVersion: string }>
  stream(
    resourceVersion: string,
    timeoutSeconds: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>
}

export interface WatchLimits {
  /** A planned end that is resumed within this is no gap: all changes come, at most this much later. */
  readonly quickMs: number
  /** No byte for this long, on a server that sends bookmarks (once a minute): the stream is not believed any more. */
  readonly inactivityMs: number
  /** The server is asked to end each stream after a time in this range, so that not all end together. */
  readonly timeoutSeconds: readonly [least: number, most: number]
  /** First and longest wait between tries; doubled each time, with jitter. */
  readonly backoffMs: readonly [first: number, most: number]
  /** Errors that will not pass by themselves (401, 403, unreadable objects) end the watch after this long. */
  readonly giveUpMs: number
}

export const WATCH_LIMITS: WatchLimits = {
  quickMs: 1000,
  inactivityMs: 100_000,
  timeoutSeconds: [240, 300],
  // Each second blind counts against the run, and five small requests a second harm nobody.
  backoffMs: [100, 1000],
  giveUpMs: 30_000,
}

const LASTING: ReadonlySet<ErrorCode> = new Set([
  'KUBE_UNAUTHORIZED',
  'KUBE_FORBIDDEN',
  'KUBE_NOT_FOUND',
  'KUBE_REJECTED',
  'KUBE_PROTOCOL',
  'INTERNAL',
])
/** After these only a new list can be believed: the version is gone, or something was not read. */
const NEEDS_LIST: ReadonlySet<ErrorCode> = new Set(['KUBE_GONE', 'KUBE_PROTOCOL', 'INTERNAL'])
const FIRST_TRIES = 3
/** A stream that lasted this long was a good one: the next try needs no wait. */
const STEADY_MS = 1000
const OVERDUE_MS = 15_000
const CHECK_MS = 1000

const asHarnessError = (error: unknown): HarnessError =>
  error instanceof HarnessError ? error : new HarnessError('INTERNAL', messageOf(error), { cause: error })

/**
 * Follows all objects of one kind: LIST, then WATCH from its version, again from the last version when the stream
 * ends, and from a new LIST when that version is gone (410, as status or inside the stream). It never ends by itself
 * but for errors that last, and it says when it may have missed something:
 *
 *     seeing ──end of stream──► blind ──stream open again──► seeing     gap, unless planned and quick
 *     seeing ──cut────────────► blind (since the last byte received)    gap
 *     seeing ──410, garbage──► blind (since the last whole event) ──LIST──► listed ──open──► seeing    gap
 *     blind  ──ended or gave up                                         gap with resumedAtMs null
 */
export const listWatch = <T>(
  source: WatchSource,
  read: (object: unknown) => Versioned<T>,
  options: WatchOptions<T>,
  limits: WatchLimits = WATCH_LIMITS,
): ObjectWatch => {
  const { clock, random, log, onNotice, signal } = options
  let version: string | null = null
  /** Last byte, or last confirmed: from then on changes may come late. */
  let seenAtMs = clock.nowMs()
  /** Last whole event, bookmark or list, or confirmed: changes since are lost when the version is. */
  let provenAtMs = seenAtMs
  let openedAtMs: number | null = null
  let everOpened = false
  let knowsBookmarks = false
  let blind: { readonly sinceMs: number; readonly why: string; readonly planned: boolean } | null = null
  let relistWhy: string | null = null
  let stream: AbortController | null = null
  let streamTimeoutMs = 0
  let settleOpening: (error: unknown) => void = () => {}
  const opening = new Promise<void>((resolve, reject) => {
    settleOpening = (error) => (error === null ? resolve() : reject(error))
  })
  opening.catch(() => {})

  /** Changes come in order: a newer one is proof of all before it. One that was told before is proof of nothing. */
  const advance = (to: string, isBookmark: boolean): void => {
    const isRepeated =
      version !== null && (isBookmark ? compareVersions(to, version) < 0 : !isNewer(to, version))
    if (isRepeated) return
    version = to
    provenAtMs = seenAtMs
  }

  const goBlind = (sinceMs: number, why: string, planned: boolean): void => {
    openedAtMs = null
    if (!everOpened) return
    // A second reason while blind already keeps the first moment, and is no longer planned.
    blind = { sinceMs: blind?.sinceMs ?? sinceMs, why: blind?.why ?? why, planned: planned && blind === null }
  }

  /** Only a new list can be believed; all since the last proof may be lost, not only late. */
  const loseVersion = (why: string): void => {
    version = null
    if (blind === null) return
    relistWhy = why
    blind = { ...blind, sinceMs: Math.min(blind.sinceMs, provenAtMs) }
  }

  const relist = async (): Promise<void> => {
    const sentAtMs = clock.nowMs()
    const listed = await source.list(signal)
    const items = listed.items.map(read)
    onNotice({
      type: 'listed',
      items,
      resourceVersion: listed.resourceVersion,
      why: everOpened ? (relistWhy ?? 'the version was lost') : null,
      blindSinceMs: blind?.sinceMs ?? null,
    })
    version = listed.resourceVersion
    provenAtMs = sentAtMs
  }

  const opened = (from: string): void => {
    const nowMs = clock.nowMs()
    seenAtMs = nowMs
    openedAtMs = nowMs
    everOpened = true
    const relisted = relistWhy !== null
    relistWhy = null
    if (blind !== null && (relisted || !blind.planned || nowMs - blind.sinceMs > limits.quickMs)) {
      onNotice({ type: 'gap', lostAtMs: blind.sinceMs, resumedAtMs: nowMs, why: blind.why })
    }
    blind = null
    onNotice({ type: 'opened', resourceVersion: from })
    settleOpening(null)
  }

  const take = (line: string): void => {
    const event = readWatchLine(line)
    switch (event.type) {
      case 'changed':
      case 'deleted': {
        const object = read(event.object)
        onNotice({ type: event.type, object })
        advance(object.resourceVersion, false)
        return
      }
      case 'bookmark':
        knowsBookmarks = true
        advance(event.resourceVersion, true)
        onNotice({ type: 'bookmark', resourceVersion: event.resourceVersion })
        return
      case 'error':
        if (event.status === 410) throw new HarnessError('KUBE_GONE', event.message)
        throw new HarnessError(event.status >= 500 ? 'KUBE_SERVER' : 'KUBE_PROTOCOL', event.message)
    }
  }

  /** One stream, until its end. */
  const follow = async (from: string): Promise<void> => {
    const own = new AbortController()
    stream = own
    const [least, most] = limits.timeoutSeconds
    const timeoutSeconds = least + random.below(most - least + 1)
    streamTimeoutMs = timeoutSeconds * 1000
    try {
      const body = await source.stream(from, timeoutSeconds, AbortSignal.any([signal, own.signal]))
      opened(from)
      const onBytes = (): void => {
        seenAtMs = clock.nowMs()
      }
      for await (const line of linesOf(body, onBytes)) take(line)
      own.signal.throwIfAborted()
      seenAtMs = clock.nowMs()
    } finally {
      stream = null
      own.abort()
    }
  }

  /** The error that ends the watch for good, or null when it is worth another try. */
  const fatalOf = (error: HarnessError, tries: number, failingSinceMs: number): HarnessError | null => {
    const lasting = LASTING.has(error.code)
    if (!everOpened) return lasting || tries >= FIRST_TRIES ? error : null
    return lasting && clock.nowMs() - failingSinceMs > limits.giveUpMs ? error : null
  }

  const backoffMs = (tries: number, error: HarnessError | null): number => {
    const [first, most] = limits.backoffMs
    const asked = error === null ? null : refusalOf(error)?.retryAfterMs
    if (typeof asked === 'number') return Math.min(asked, 60_000)
    return Math.min(most, first * 2 ** (tries - 1)) * (0.5 + random.next() / 2)
  }

  /** List if need be, then one stream. Null when the stream came to its planned end. */
  const once = async (): Promise<HarnessError | null> => {
    try {
      if (version === null) await relist()
      if (version !== null) await follow(version)
      return null
    } catch (thrown) {
      return asHarnessError(thrown)
    }
  }

  const run = async (): Promise<HarnessError | null> => {
    let tries = 0
    let failingSinceMs = clock.nowMs()
    while (!signal.aborted) {
      const error = await once()
      if (signal.aborted) break
      const lasted = openedAtMs !== null && clock.nowMs() - openedAtMs > STEADY_MS
      if (lasted || tries === 0) failingSinceMs = clock.nowMs()
      tries = lasted ? 1 : tries + 1
      goBlind(seenAtMs, error?.message ?? 'the stream ended', error === null)
      if (error !== null) {
        const tell = tries === 1 ? log.warn : log.debug
        tell.call(log, { error: error.message, code: error.code, tries }, 'watch interrupted')
        if (NEEDS_LIST.has(error.code)) {
          loseVersion(error.message)
        }
        const fatal = fatalOf(error, tries, failingSinceMs)
        if (fatal !== null) return fatal
      }
      if (tries > 1) await clock.sleepMs(backoffMs(tries, error), signal).catch(() => {})
    }
    return null
  }

  const stopChecks = clock.every(CHECK_MS, () => {
    if (openedAtMs === null) return
    const nowMs = clock.nowMs()
    if (knowsBookmarks && nowMs - seenAtMs > limits.inactivityMs) {
      lose(`no byte for ${Math.round((nowMs - seenAtMs) / 1000)} s`)
    } else if (nowMs - openedAtMs > streamTimeoutMs + OVERDUE_MS) {
      lose('the server did not end the stream when it was asked to')
    }
  })
  const lose = (why: string): void => stream?.abort(new HarnessError('KUBE_UNREACHABLE', why))

  const ended = run()
    .catch((error: unknown) => asHarnessError(error))
    .then((error) => {
      stopChecks()
      if (blind !== null) {
        onNotice({
          type: 'gap',
          lostAtMs: blind.sinceMs,
          resumedAtMs: null,
          why: error?.message ?? blind.why,
        })
      }
      settleOpening(error ?? signal.reason ?? new HarnessError('INTERNAL', 'the watch ended'))
      return error
    })

  return {
    get resourceVersion() {
      return version
    },
    get lastByteAtMs() {
      return seenAtMs
    },
    get blindSinceMs() {
      return blind?.sinceMs ?? null
    },
    lose,
    confirm: (atMs) => {
      if (openedAtMs === null) return
      seenAtMs = Math.max(seenAtMs, atMs)
      provenAtMs = Math.max(provenAtMs, atMs)
    },
    opened: opening,
    ended,
  }
}
