import { compareText } from '../input.ts'

/** How runs that were made apart are put together: each group is one variant. */
export const GROUPINGS = ['variant', 'name', 'folder', 'run'] as const
export type Grouping = (typeof GROUPINGS)[number]

export interface GroupedRun {
  /** As the user wrote it, `NAME=path`; `null` = not given. */
  readonly label: string | null
  /** Of the scenario. */
  readonly name: string
  /** Of the study it was measured in; `null` = in none. */
  readonly variant: string | null
  /** Name of the folder that the bundle is in, and its own. */
  readonly parent: string
  readonly folder: string
}

const keyOf = (run: GroupedRun, by: Grouping): string => {
  if (run.label !== null) return run.label
  switch (by) {
    case 'variant':
      return run.variant ?? run.name
    case 'name':
      return run.name
    case 'folder':
      return run.parent
    case 'run':
      return run.folder
  }
}

/**
 * The group of each run, in their order. Without `by`, the first of variant, scenario name, folder and run by which there is more
 * than one group. A label that the user gave always counts.
 */
export const groupRuns = (
  runs: readonly GroupedRun[],
  by: Grouping | null,
): { readonly by: Grouping; readonly groups: readonly string[] } => {
  const groupsBy = (grouping: Grouping): string[] => runs.map((run) => keyOf(run, grouping))
  const fits = (grouping: Grouping): boolean =>
    (grouping !== 'variant' || runs.some(({ variant }) => variant !== null)) &&
    new Set(groupsBy(grouping)).size > 1
  const chosen = by ?? GROUPINGS.find(fits) ?? 'run'
  return { by: chosen, groups: groupsBy(chosen) }
}

/**
 * The blocks of runs that were made apart: the n-th run of each group is one round where the groups took turns (no group started
 * twice before every other had started as often, but one). Else all are one block. Times are ISO 8601.
 */
export const roundsOf = (
  runs: readonly { readonly group: string; readonly startedAt: string }[],
): { readonly blocks: readonly number[]; readonly interleaved: boolean } => {
  const groups = new Set(runs.map(({ group }) => group))
  const ordered = runs
    .map((run, at) => ({ ...run, at }))
    .sort((a, b) => compareText(a.startedAt, b.startedAt) || a.at - b.at)
  const counts = new Map([...groups].map((group) => [group, 0]))
  const blocks = runs.map(() => 1)
  let interleaved = groups.size > 1
  for (const { group, at } of ordered) {
    const count = (counts.get(group) ?? 0) + 1
    counts.set(group, count)
    blocks[at] = count
    if (count > 1 && Math.min(...counts.values()) < count - 1) interleaved = false
  }
  const rounds = Math.max(0, ...counts.values())
  const even = rounds > 1 && [...counts.values()].every((count) => count === rounds)
  return interleaved && even
    ? { blocks, interleaved: true }
    : { blocks: runs.map(() => 1), interleaved: false }
}
