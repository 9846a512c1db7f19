import { compareVersions } from '../model/resource-version.ts'

interface Identified {
  readonly uid: string
  readonly name: string
  readonly resourceVersion: string
}

/**
 * What a LIST shows and the watch has not (yet) told. The watch may be ahead of the LIST, never behind: objects that it
 * holds in a newer version, has seen go, or that are newer than the whole LIST are no difference.
 */
export const differencesOf = (
  listed: { readonly items: readonly Identified[]; readonly resourceVersion: string },
  held: ReadonlyMap<string, Identified>,
  gone: ReadonlyMap<string, string>,
): readonly string[] => {
  const behind = listed.items.flatMap(({ uid, name, resourceVersion }) => {
    const known = held.get(uid)?.resourceVersion
    if (known === undefined) return gone.has(uid) ? [] : [`${name} was not shown`]
    const isCurrent = known === resourceVersion || compareVersions(known, resourceVersion) > 0
    return isCurrent ? [] : [`${name} was shown at version ${known}, it is at ${resourceVersion}`]
  })
  const uids = new Set(listed.items.map(({ uid }) => uid))
  const kept = [...held.values()].flatMap(({ uid, name, resourceVersion }) =>
    uids.has(uid) || compareVersions(resourceVersion, listed.resourceVersion) > 0 ? [] : [`${name} is gone`],
  )
  return [...behind, ...kept]
}

/** Differences at one and the same version: nothing may be ahead. */
export const exactDifferences = (
  items: readonly Identified[],
  held: ReadonlyMap<string, Identified>,
): readonly string[] => {
  const listed = new Map(items.map((item) => [item.uid, item]))
  const wrong = items.flatMap(({ uid, name, resourceVersion }) =>
    held.get(uid)?.resourceVersion === resourceVersion
      ? []
      : [
          `${name} is at version ${resourceVersion}, the watch had ${held.get(uid)?.resourceVersion ?? 'none'}`,
        ],
  )
  const extra = [...held.values()].flatMap(({ uid, name }) =>
    listed.has(uid) ? [] : [`${name} is not there`],
  )
  return [...wrong, ...extra]
}
