import type { StudyVariant } from '../../model/study.ts'
import { isMap } from '../is-map.ts'
import { type Path, type Problem, problem } from '../problem.ts'
import { shown } from '../shown.ts'
import { nearest } from '../suggest.ts'
import { mergePatches, type OnConflict } from './merge-patches.ts'
import { readPatches, type WrittenPatch } from './patch-value.ts'

/** A study of more would take days, and its grid was most likely not meant. */
export const MOST_VARIANTS = 64

export const ABLATION_DESIGNS = ['all-but-one', 'only-one'] as const
type AblationDesign = (typeof ABLATION_DESIGNS)[number]

export interface ExpandedStudy {
  readonly variants: readonly StudyVariant[]
  readonly problems: readonly Problem[]
}

/** A variant before its patches are put together. */
interface Draft extends Pick<StudyVariant, 'name' | 'design' | 'factors'> {
  readonly written: readonly WrittenPatch[]
  readonly onConflict: OnConflict
  readonly path: Path
}

interface Drafts {
  readonly drafts: readonly Draft[]
  readonly problems: readonly Problem[]
}

type Raw = Readonly<Record<string, unknown>>

/**
 * All variants of a scenario as it was written: those of `ablation`, those of `grid`, and the named ones. What has not the
 * form that the schema wants is passed over: the schema tells of it. `deployment`: name of the scenario's.
 */
export const expandStudy = (raw: Raw, deployment: string): ExpandedStudy => {
  const ablation = draftAblation(raw.ablation)
  const grid = draftGrid(raw.grid)
  const made = [...ablation.drafts, ...grid.drafts]
  const named = draftNamed(raw.variants, made)
  const problems = [...ablation.problems, ...grid.problems, ...named.problems]
  const drafts = [...made, ...named.drafts]
  if (drafts.length > MOST_VARIANTS) {
    const tooMany = `makes ${drafts.length} variants; at most ${MOST_VARIANTS} can be compared`
    return {
      variants: [],
      problems: [...problems, problem([made.length > MOST_VARIANTS ? 'grid' : 'variants'], tooMany)],
    }
  }
  const variants = drafts.map(({ name, design, factors, written, onConflict }): StudyVariant => {
    const merged = mergePatches(written, deployment, onConflict)
    problems.push(...merged.problems)
    return { name, design, factors, patches: merged.patches }
  })
  return { variants, problems: [...problems, ...sameNames(drafts)] }
}

const sameNames = (drafts: readonly Draft[]): Problem[] => {
  const seen = new Set<string>()
  return drafts.flatMap(({ name, path }) => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    return [
      problem(path, `there is another variant of the name ${shown(name)}`, 'give each a name of its own'),
    ]
  })
}

interface Setting {
  readonly name: string
  readonly on: readonly WrittenPatch[]
  readonly off: readonly WrittenPatch[]
}

const draftAblation = (ablation: unknown): Drafts => {
  if (!isMap(ablation) || !isMap(ablation.settings)) return { drafts: [], problems: [] }
  const problems: Problem[] = []
  const settings = Object.entries(ablation.settings).flatMap(([name, value]): Setting[] => {
    if (!isMap(value)) return []
    const path = ['ablation', 'settings', name]
    const on = readPatches(value.on, [...path, 'on'])
    const off = readPatches(value.off, [...path, 'off'])
    problems.push(...on.problems, ...off.problems)
    const isEmpty = on.patches.length + off.patches.length + on.problems.length + off.problems.length === 0
    if (isEmpty && Object.keys(value).every((key) => key === 'on' || key === 'off')) {
      problems.push(
        problem(
          path,
          'expected on or off',
          'on: the patch that sets it, when the Deployment lacks it; off: the patch that takes it away',
        ),
      )
    }
    return [{ name, on: on.patches, off: off.patches }]
  })
  const designs = designsOf(ablation.designs)
  return { drafts: ablationDrafts(settings, designs), problems }
}

const designsOf = (value: unknown): readonly AblationDesign[] =>
  Array.isArray(value) ? ABLATION_DESIGNS.filter((design) => value.includes(design)) : ABLATION_DESIGNS

/** `all` and `all but X` for what is needed; `none` and `only X` for what is enough. No two of the same settings. */
const ablationDrafts = (settings: readonly Setting[], designs: readonly AblationDesign[]): Draft[] => {
  const drafts = new Map<string, Draft>()
  const add = (name: string, design: StudyVariant['design'], isOn: (setting: string) => boolean): void => {
    const factors = Object.fromEntries(
      settings.map((setting) => [setting.name, isOn(setting.name) ? 'on' : 'off']),
    )
    const key = JSON.stringify(factors)
    if (drafts.has(key)) return
    const written = settings.flatMap((setting) => (isOn(setting.name) ? setting.on : setting.off))
    const path = ['ablation', 'settings']
    drafts.set(key, { name, design, factors, written, onConflict: 'refuse', path })
  }
  if (settings.length === 0) return []
  add('all', 'all', () => true)
  add('none', 'none', () => false)
  for (const { name } of designs.includes('all-but-one') ? settings : []) {
    add(`all but ${name}`, 'all-but-one', (other) => other !== name)
  }
  for (const { name } of designs.includes('only-one') ? settings : []) {
    add(`only ${name}`, 'only-one', (other) => other === name)
  }
  return [...drafts.values()]
}

/** One variant for each combination of levels, the last dimension changing fastest. */
const draftGrid = (grid: unknown): Drafts => {
  if (!isMap(grid)) return { drafts: [], problems: [] }
  const problems: Problem[] = []
  let combinations: {
    readonly factors: Readonly<Record<string, string>>
    readonly written: readonly WrittenPatch[]
  }[] = [{ factors: {}, written: [] }]
  for (const [dimension, levels] of Object.entries(grid)) {
    if (!isMap(levels)) continue
    const read = Object.entries(levels).map(([level, value]) => {
      const { patches, problems: found } = readPatches(value, ['grid', dimension, level])
      problems.push(...found)
      return { level, patches }
    })
    if (combinations.length * read.length > MOST_VARIANTS * 4) {
      problems.push(problem(['grid'], `makes more than ${MOST_VARIANTS} variants`))
      return { drafts: [], problems }
    }
    combinations = combinations.flatMap(({ factors, written }) =>
      read.map(({ level, patches }) => ({
        factors: { ...factors, [dimension]: level },
        written: [...written, ...patches],
      })),
    )
  }
  const drafts = combinations
    .filter(({ factors }) => Object.keys(factors).length > 0)
    .map(({ factors, written }): Draft => {
      const name = Object.entries(factors)
        .map(([dimension, level]) => `${dimension}=${level}`)
        .join(', ')
      return { name, design: 'grid', factors, written, onConflict: 'refuse', path: ['grid'] }
    })
  return { drafts, problems }
}

/** The list `variants`; `like` takes the patches of one that is made by then, and its own are laid over them. */
const draftNamed = (list: unknown, made: readonly Draft[]): Drafts => {
  if (!Array.isArray(list)) return { drafts: [], problems: [] }
  const problems: Problem[] = []
  const drafts: Draft[] = []
  list.forEach((value: unknown, at) => {
    const path: Path = ['variants', at]
    if (!isMap(value) || typeof value.name !== 'string') return
    if (value.patch !== undefined && value.patches !== undefined) {
      problems.push(problem([...path, 'patches'], 'patch and patches exclude each other', null, 'key'))
    }
    const key = value.patches === undefined ? 'patch' : 'patches'
    const own = readPatches(value[key], [...path, key])
    problems.push(...own.problems)
    const before = [...made, ...drafts]
    const base = value.like === undefined ? null : before.find(({ name }) => name === value.like)
    if (base === undefined) {
      const names = before.map(({ name }) => name)
      const near = typeof value.like === 'string' ? nearest(value.like, names) : null
      const hint =
        near !== null
          ? `did you mean ${near}?`
          : names.length > 0
            ? `above it there are: ${names.join(', ')}`
            : 'a variant can be like one that stands above it'
      problems.push(problem([...path, 'like'], `no variant is called ${shown(value.like)}`, hint))
    }
    drafts.push({
      name: value.name,
      design: 'named',
      factors: {},
      written: [...(base?.written ?? []), ...own.patches],
      onConflict: base ? 'later-wins' : 'refuse',
      path: [...path, 'name'],
    })
  })
  return { drafts, problems }
}
