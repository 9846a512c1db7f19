import type { Clock } from '../kernel/clock.ts'
import { hasCode, messageOf } from '../kernel/errors.ts'
import type { ClusterReader, ObjectQuery, ObjectWatch, Versioned, WatchedResource } from '../kube/ports.ts'
import type { EventSink } from '../model/events.ts'
import { differencesOf, exactDifferences } from './audit.ts'

/** One watched kind of object, as the audits need it. */
export interface Audited {
  readonly resource: WatchedResource
  readonly query: ObjectQuery
  readonly watch: ObjectWatch
  readonly store: {
    readonly held: ReadonlyMap<string, Versioned<unknown>>
    readonly gone: ReadonlyMap<string, string>
  }
  /** Resolves true as soon as `holds` does (looked at after each notice), false after `timeoutMs`. */
  until(holds: () => boolean, timeoutMs: number): Promise<boolean>
}

export interface AuditorOptions {
  readonly reader: ClusterReader
  readonly clock: Clock
  readonly sink: EventSink
  readonly signal: AbortSignal
}

/** The watch must have told a difference within this time. */
const PATIENCE_MS = 2000
/** A LIST must be answered within this time; twice not, and nothing is known of the watch either. */
const ANSWER_MS = 1200
const MAX_NAMED = 5

const named = (differences: readonly string[]): string =>
  differences.slice(0, MAX_NAMED).join('; ') +
  (differences.length > MAX_NAMED ? `; and ${differences.length - MAX_NAMED} more` : '')

/** Audits of what the watches have told, by LISTs that do not go through them. */
export const createAuditor = ({ reader, clock, sink, signal }: AuditorOptions) => {
  const listOf = ({ resource, query }: Audited, exactVersion?: string) =>
    reader.list(resource, query, {
      signal,
      timeoutMs: ANSWER_MS,
      ...(exactVersion === undefined ? {} : { exactVersion }),
    })

  const tell = (
    audited: Audited,
    resourceVersion: string,
    final: boolean,
    differences: readonly string[],
  ): boolean => {
    const agrees = differences.length === 0
    sink({
      type: 'watch.audited',
      resource: audited.resource,
      resourceVersion,
      final,
      agrees,
      detail: agrees ? null : named(differences),
    })
    return agrees
  }

  /** A LIST now, and 2 s for the watch to have told the same. */
  const compare = async (audited: Audited, final: boolean): Promise<boolean> => {
    const sentAtMs = clock.nowMs()
    const listed = await listOf(audited)
    const { watch, store } = audited
    const pending = (): readonly string[] => differencesOf(listed, store.held, store.gone)
    await audited.until(() => pending().length === 0 || watch.blindSinceMs !== null, PATIENCE_MS)
    if (watch.blindSinceMs !== null) return false
    const agrees = tell(audited, listed.resourceVersion, final, pending())
    if (agrees) watch.confirm(sentAtMs)
    else watch.lose(`a LIST showed what the watch did not: ${named(pending())}`)
    return agrees
  }

  return {
    /** While rolling. A half-open watch is cut at most 2 × 1.2 s after an audit began. */
    audit: async (audited: Audited): Promise<void> => {
      for (let ask = 1; ask <= 2 && audited.watch.blindSinceMs === null; ask++) {
        try {
          await compare(audited, false)
          return
        } catch (error) {
          if (signal.aborted) return
          if (ask === 2) audited.watch.lose(`audits were not answered: ${messageOf(error)}`)
        }
      }
    },

    /** At the end of the run: the state at the last version seen equals what the watch made of it. */
    auditFinally: async (audited: Audited): Promise<void> => {
      const { watch, store, resource } = audited
      const version = watch.resourceVersion
      const fail = (why: string): void => {
        sink({
          type: 'watch.audited',
          resource,
          resourceVersion: version ?? '',
          final: true,
          agrees: false,
          detail: why,
        })
      }
      if (version === null || watch.blindSinceMs !== null) return fail('the watch was blind at the end')
      const held = new Map(store.held)
      try {
        const { items } = await listOf(audited, version)
        tell(audited, version, true, exactDifferences(items, held))
      } catch (error) {
        if (!hasCode(error, 'KUBE_GONE')) return fail(messageOf(error))
        // That version is compacted: the newest state, and 2 s to have been told of it, says the same.
        try {
          if (!(await compare(audited, true)) && watch.blindSinceMs !== null)
            fail('the watch was blind at the end')
        } catch (newest) {
          fail(messageOf(newest))
        }
      }
    },
  }
}
