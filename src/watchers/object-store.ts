import type { Versioned, WatchNotice } from '../kube/ports.ts'
import { compareVersions, isNewer } from '../model/resource-version.ts'

export interface ObjectChange<T> {
  readonly before: T | null
  readonly after: T | null
  /** Found by a LIST after a gap, not seen as it happened. */
  readonly synthesised: boolean
}

/** The objects that a watch has shown, as of its last notice. Repeated and late notices change nothing. */
export interface ObjectStore<T> {
  readonly held: ReadonlyMap<string, Versioned<T>>
  /** Last version of what was seen to go, by uid. */
  readonly gone: ReadonlyMap<string, string>
  /** Takes a notice in and returns what it changed, in order. */
  apply(notice: WatchNotice<T>): readonly ObjectChange<T>[]
}

export const createObjectStore = <T>(): ObjectStore<T> => {
  const held = new Map<string, Versioned<T>>()
  const gone = new Map<string, string>()
  /** Version of the last LIST: what it did not show was gone by then. */
  let listedVersion: string | null = null

  /** `atVersion`: it is known to have gone by then. */
  const drop = (object: Versioned<T>, atVersion: string, synthesised: boolean): ObjectChange<T> => {
    held.delete(object.uid)
    gone.set(object.uid, atVersion)
    return { before: object.value, after: null, synthesised }
  }

  const take = (object: Versioned<T>, synthesised: boolean): ObjectChange<T>[] => {
    const known = held.get(object.uid)
    const last = known?.resourceVersion ?? gone.get(object.uid) ?? listedVersion ?? undefined
    if (last !== undefined && !isNewer(object.resourceVersion, last)) return []
    const changes: ObjectChange<T>[] = []
    if (known === undefined) {
      // A name belongs to one object at a time: another uid of this name must be gone.
      for (const other of held.values())
        if (other.name === object.name) changes.push(drop(other, object.resourceVersion, true))
    }
    held.set(object.uid, object)
    gone.delete(object.uid)
    changes.push({ before: known?.value ?? null, after: object.value, synthesised })
    return changes
  }

  return {
    held,
    gone,
    apply: (notice) => {
      switch (notice.type) {
        case 'changed':
          return take(notice.object, false)
        case 'deleted': {
          const { object } = notice
          const changes = take(object, false)
          const kept = held.get(object.uid)
          // Held in a newer version, or not at all: the end of an earlier life that it was told of again.
          const isReplay =
            kept === undefined || compareVersions(kept.resourceVersion, object.resourceVersion) > 0
          return isReplay ? changes : [...changes, drop(object, object.resourceVersion, false)]
        }
        case 'listed': {
          const synthesised = notice.why !== null
          const listed = new Set(notice.items.map(({ uid }) => uid))
          listedVersion = null
          const lost = [...held.values()].filter(({ uid }) => !listed.has(uid))
          const changes = [
            ...lost.map((object) => drop(object, notice.resourceVersion, synthesised)),
            ...notice.items.flatMap((object) => take(object, synthesised)),
          ]
          listedVersion = notice.resourceVersion
          return changes
        }
        default:
          return []
      }
    },
  }
}
