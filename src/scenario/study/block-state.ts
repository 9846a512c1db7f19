import type { PlannedBlock } from '../../model/study.ts'
import type { RepeatedBlock, StudyProgress } from '../../model/study-record.ts'

/** A block that was measured, and so counts. */
export interface CountedBlock extends PlannedBlock {
  /** Its folder in `blocks/`. */
  readonly folder: string
  readonly doubts: readonly string[]
  /** Index of the doubtful block that it stands for; `null` = it is of the plan itself. */
  readonly repeats: number | null
}

/** How far a study has come, as its progress tells. */
export interface StudyState {
  /** One for each block of the plan that was measured, in the order of the plan. No block counts twice. */
  readonly counted: readonly CountedBlock[]
  /** Measured, and replaced by a repetition without doubts. Kept in the folder. */
  readonly replaced: readonly CountedBlock[]
  /** Folders of blocks that were broken off. Kept, and not counted. */
  readonly halves: readonly string[]
  /** Blocks of the plan that are still to be measured. */
  readonly left: readonly PlannedBlock[]
  /** Variants that could not be measured, and why. */
  readonly dropped: ReadonlyMap<string, string>
  /** Doubtful blocks that are to be run once more, when the rest is done. */
  readonly repeats: readonly RepeatedBlock[]
}

/** With more doubtful blocks than this share, the trouble is not chance, and repeating them would not help. */
const MOST_REPEATED = 1 / 3

type Ended = Extract<StudyProgress, { readonly type: 'block.ended' }>
type Started = Extract<StudyProgress, { readonly type: 'block.started' }>

/**
 * Where a study stands. Pure. `order`: its plan. A block counts when it has ended `measured`; of several with one index the first.
 * Which blocks are doubtful is told by their gates alone, never by their failures: else repeating would favour one outcome.
 */
export const stateOf = (
  order: readonly PlannedBlock[],
  progress: readonly StudyProgress[],
  mayRepeat: boolean,
): StudyState => {
  const started = progress.filter((entry): entry is Started => entry.type === 'block.started')
  const ended = new Map<number, Ended>()
  for (const entry of progress) {
    if (entry.type === 'block.ended' && entry.outcome === 'measured' && !ended.has(entry.index))
      ended.set(entry.index, entry)
  }
  const dropped = new Map<string, string>()
  for (const entry of progress) if (entry.type === 'variant.dropped') dropped.set(entry.variant, entry.why)

  const counted: CountedBlock[] = []
  const replaced: CountedBlock[] = []
  const measured = (block: PlannedBlock, repeats: number | null): CountedBlock | null => {
    const end = ended.get(block.index)
    return end === undefined ? null : { ...block, folder: end.folder, doubts: end.doubts, repeats }
  }
  const repetitionOf = (index: number): CountedBlock | null => {
    const start = started.find(({ repeats }) => repeats === index)
    return start === undefined ? null : measured(start, index)
  }
  for (const block of order) {
    const first = measured(block, null)
    if (first === null) continue
    const again = repetitionOf(block.index)
    if (again === null || again.doubts.length > 0) counted.push(first)
    else {
      counted.push(again)
      replaced.push(first)
    }
  }
  const left = order.filter(({ index, variant }) => !ended.has(index) && !dropped.has(variant))
  const measuredFolders = new Set([...ended.values()].map(({ folder }) => folder))
  const halves = [...new Set(started.map(({ folder }) => folder))].filter(
    (folder) => !measuredFolders.has(folder),
  )
  const doubtful = order.filter(
    ({ index, variant }) => (ended.get(index)?.doubts.length ?? 0) > 0 && !dropped.has(variant),
  )
  const worthIt = mayRepeat && left.length === 0 && doubtful.length <= order.length * MOST_REPEATED
  const repeats = !worthIt
    ? []
    : doubtful
        .map(
          (block): RepeatedBlock => ({ ...block, index: order.length + block.index, repeats: block.index }),
        )
        .filter((block) => !ended.has(block.index))
  return { counted: counted.map(plain), replaced: replaced.map(plain), halves, left, dropped, repeats }
}

/** Without what a line of progress has beside. */
const plain = ({ index, round, variant, folder, doubts, repeats }: CountedBlock): CountedBlock => ({
  index,
  round,
  variant,
  folder,
  doubts,
  repeats,
})

/** Name of a block's folder: `007-all-but-preStop`, and `007-all-but-preStop-2` when the first was broken off. */
export const blockFolder = (block: PlannedBlock, progress: readonly StudyProgress[]): string => {
  const before = progress.filter(
    (entry) => entry.type === 'block.started' && entry.index === block.index,
  ).length
  const slug = block.variant
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
  return `${String(block.index).padStart(3, '0')}-${slug}${before === 0 ? '' : `-${before + 1}`}`
}
