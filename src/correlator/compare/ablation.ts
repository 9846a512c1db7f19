import type { Ablation } from '../../model/comparison.ts'

/** A variant, and what it stands for in an ablation. */
export interface AblationRole {
  readonly name: string
  readonly design: string
  /** `on` or `off` of each setting. */
  readonly factors: Readonly<Record<string, string>>
}

/**
 * Finds "all", "none", "all but X" and "only X" among variants by what they switch on. `null` when there is no "all" or no
 * setting.
 */
export const ablationOf = (variants: readonly AblationRole[]): Ablation | null => {
  const all = variants.find(({ design }) => design === 'all')
  const settings = Object.keys(all?.factors ?? {})
  if (all === undefined || settings.length === 0) return null
  const find = (design: string, setting: string, level: string): string | null =>
    variants.find((variant) => variant.design === design && variant.factors[setting] === level)?.name ?? null
  return {
    all: all.name,
    none: variants.find(({ design }) => design === 'none')?.name ?? null,
    settings: settings.map((name) => ({
      name,
      allBut: find('all-but-one', name, 'off'),
      only: find('only-one', name, 'on'),
    })),
  }
}

/** The same from names alone: `all`, `none`, `all but X`, `only X`, as `ablation:` gives them. */
export const ablationFromNames = (names: readonly string[]): Ablation | null => {
  if (!names.includes('all')) return null
  const settings = new Set(names.flatMap((name) => /^(?:all but|only) (.+)$/.exec(name)?.[1] ?? []))
  if (settings.size === 0) return null
  const present = (name: string): string | null => (names.includes(name) ? name : null)
  return {
    all: 'all',
    none: present('none'),
    settings: [...settings].sort().map((name) => ({
      name,
      allBut: present(`all but ${name}`),
      only: present(`only ${name}`),
    })),
  }
}
