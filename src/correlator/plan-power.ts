import { detectableDifference, requiredTrials, trialsToExclude } from './statistics/power.ts'
import { exactZeroBound, ruleOfThree } from './statistics/zero-bound.ts'

export interface PowerQuestion {
  /** Pods that each restart replaces; `null` = not known. */
  readonly replicas: number | null
  /** Restarts of the run; of each variant when several are compared. */
  readonly restarts: number
  /** Pairs that are tested together (Holm); 0 = one run, nothing is compared. */
  readonly pairs?: number
  /** A share of pod terminations (0–1) that is to be found; `null` = the user named none. */
  readonly targetEffect?: number | null
}

/** A share as users write it, `5%` or `0.05`: 0–1; `null` when it is none, or not between 0 and 1. */
export const parseShare = (text: string): number | null => {
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/.exec(text.trim())
  const share = Number(match?.[1] ?? Number.NaN) / (match?.[2] === '%' ? 100 : 1)
  return share > 0 && share < 1 ? share : null
}

/** What a plan can find out. Trials are pod terminations; shares are 0–1. */
export interface PowerPlan {
  readonly terminations: number
  /** Most that 0 failures leave, 95 %: 3/n, and exactly. */
  readonly bound: number
  readonly exactBound: number
  /** Smallest difference from 0 that a comparison with as many terminations finds with 80 and 95 %; `null` = none. */
  readonly difference: { readonly at80: number | null; readonly at95: number | null }
  /** For the target: to exclude it by 0 failures, and to find it as a difference with 80 %. */
  readonly target: {
    readonly effect: number
    readonly exclude: { readonly terminations: number; readonly restarts: number }
    readonly compare: { readonly terminations: number; readonly restarts: number }
  } | null
}

const ALPHA = 0.05

/**
 * Terminations of one restart may be alike, which a comparison measures and allows for; a plan allows as much as the comparison
 * takes without asking whole restarts (see `correlator/compare/difference.ts`).
 */
const ALIKE = 1.25

/** Restarts of each side with which whole restarts, one a round, can show a difference at `alpha`: 2 / 2^n ≤ α. */
const restartsToShow = (alpha: number): number => Math.ceil(Math.log2(2 / alpha))

export interface ComparedEffect {
  readonly replicas: number
  readonly alpha: number
  /** Share of terminations that drop something in the reference, and by how much more do in the variant (0–1). */
  readonly from: number
  readonly effect: number
  readonly power: number
}

/** Restarts that each side of a comparison needs to find the effect, with the allowance for terminations that are alike. */
export const comparedRestarts = ({ replicas, alpha, from, effect, power }: ComparedEffect): number =>
  Math.max(
    restartsToShow(alpha),
    Math.ceil((requiredTrials({ a: from, b: from + effect }, alpha, power) * ALIKE) / replicas),
  )

/** What a plan can find out, by exact sums (no simulation). `null` when the replicas are not known, or nothing is restarted. */
export const planPower = (question: PowerQuestion): PowerPlan | null => {
  const { replicas, restarts, pairs = 0, targetEffect = null } = question
  if (replicas === null || replicas < 1 || restarts < 1) return null
  const terminations = replicas * restarts
  const alpha = ALPHA / Math.max(1, pairs)
  const restartsFor = (needed: number): number => Math.ceil(needed / replicas)
  const detectable = (power: number): number | null =>
    detectableDifference(0, Math.floor(terminations / ALIKE), alpha, power)
  const target =
    targetEffect === null
      ? null
      : {
          exclude: trialsToExclude(targetEffect),
          compare:
            replicas * comparedRestarts({ replicas, alpha, from: 0, effect: targetEffect, power: 0.8 }),
        }
  return {
    terminations,
    bound: ruleOfThree(terminations) ?? 1,
    exactBound: exactZeroBound(terminations) ?? 1,
    difference: {
      at80: detectable(0.8),
      at95: detectable(0.95),
    },
    target:
      target === null || targetEffect === null
        ? null
        : {
            effect: targetEffect,
            exclude: { terminations: target.exclude, restarts: restartsFor(target.exclude) },
            compare: { terminations: target.compare, restarts: restartsFor(target.compare) },
          },
  }
}

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`
const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

const differenceText = ({ at80, at95 }: PowerPlan['difference']): string =>
  at80 === null
    ? 'too few to show any difference from another such run'
    : `against another such run, one that drops in ${percent(at80)} of its terminations where the other never does is told apart with 80 %` +
      (at95 === null ? '' : `, ${percent(at95)} with 95 %`)

/** The plan's power in words, one line each, for `--dry-run` and the start of a run. */
export const powerLines = (question: PowerQuestion): string[] => {
  const { replicas, restarts, pairs = 0 } = question
  const plan = planPower(question)
  if (plan === null || replicas === null) {
    const { targetEffect = null } = question
    return [
      `the more pod terminations, the rarer a fault it sees: replicas × ${restarts}; the cluster was not asked`,
      ...(targetEffect === null
        ? []
        : [
            `to exclude a fault that strikes ${percent(targetEffect)} of them: ${trialsToExclude(targetEffect)} terminations without a failure; restarts = those / replicas, rounded up`,
          ]),
    ]
  }
  const { terminations, bound, exactBound, target } = plan
  const each = pairs > 0 ? ' of each variant' : ''
  const lines = [
    `${many(replicas, 'pod')} × ${many(restarts, 'restart')} = ${many(terminations, 'pod termination')}${each}: ` +
      (bound >= 1
        ? 'too few to bound a fault that strikes only some of them; three or more restarts would'
        : `0 failures in them exclude, at 95 %, a fault that strikes more than 3/${terminations} = ${percent(bound)} of them (exactly ${percent(exactBound)})`),
    differenceText(plan.difference) + (pairs > 1 ? ` (${pairs} comparisons at 5 % together)` : ''),
  ]
  if (target !== null) {
    const { exclude, compare } = target
    const enough = pairs > 0 ? compare.restarts <= restarts : exclude.restarts <= restarts
    lines.push(
      `to exclude a fault that strikes ${percent(target.effect)} of the terminations: ${many(exclude.terminations, 'termination')} without a failure = ${many(exclude.restarts, 'restart')}; ` +
        `to find it by comparing: ${many(compare.restarts, 'restart')} of each side (80 %). ` +
        (enough ? 'This plan has enough.' : `This plan has ${restarts}: too few.`),
    )
  }
  return lines
}
