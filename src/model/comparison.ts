import type { RunReport } from './finding.ts'

/** One measurement of one variant: a whole run of some restarts. */
export interface MeasuredRun {
  readonly variant: string
  /** Which round it belongs to. Only what was measured in one round is compared directly. */
  readonly block: number
  readonly report: RunReport
}

/** Which variants of an ablation are what. Names of variants; `null` = not measured. */
export interface Ablation {
  /** All settings on. */
  readonly all: string
  /** All settings off. */
  readonly none: string | null
  readonly settings: readonly {
    readonly name: string
    /** All settings but this one. */
    readonly allBut: string | null
    /** This setting alone. */
    readonly only: string | null
  }[]
}

export interface ComparisonOptions {
  /** Chance of one false `better` or `worse` about failures in the whole comparison (0–1). */
  readonly alpha: number
  /** How much larger a share of pod terminations may drop something for a variant to be "as good as" another (0–1). */
  readonly margin: number
  /** The difference of that share that is worth finding (0–1): what "enough data" means. */
  readonly targetEffect: number
  /** The same for other metrics, as a share of the reference's mean. */
  readonly targetChange: number
  /** Chance of finding a difference of the target's size (0–1). */
  readonly power: number
  /** Permutations and resamples each. */
  readonly rounds: number
}

export interface ComparisonInput {
  readonly runs: readonly MeasuredRun[]
  /** The variant that was repeated to see drift, and that the others are compared with. */
  readonly control: string
  /** A second variant to compare all with; `null` = none, or the control itself. */
  readonly base: string | null
  readonly ablation: Ablation | null
  /** Variants in the order in which they are shown; others follow in the order of their first measurement. */
  readonly names?: readonly string[]
  /** Whether the variants took turns. Else drift cannot be told from a difference, and the comparison says so. */
  readonly interleaved: boolean
  readonly seed: number
  readonly options?: Partial<ComparisonOptions>
  /** What the caller knows that limits it; told first. */
  readonly notes?: readonly string[]
}

/** Seen from the variant, against its reference. */
export type ComparisonWord =
  | 'better'
  | 'worse'
  | 'no difference shown'
  | `not enough data: ${number} more restarts needed`

/** Ends of a 95 % interval. */
export interface IntervalEnds {
  readonly low: number
  readonly high: number
}

/** A mean with its interval; `null` = nothing to compute it from. */
export interface Estimate {
  readonly mean: number
  /** `null` where resampling shows no spread (all values equal): read the bound on the share instead. */
  readonly interval: IntervalEnds | null
}

/** A share of pod terminations. */
export interface ShareEstimate {
  readonly hit: number
  readonly trials: number
  readonly share: number
  /** Wilson 95 %. */
  readonly interval: IntervalEnds
  /** With no hit: 3/trials, the upper 95 % bound; else `null`. */
  readonly zeroBound: number | null
}

/** One block as the small multiples draw it: time from the start of its run. */
export interface BlockStrip {
  readonly block: number
  /** From 1, by the time at which they were measured. */
  readonly order: number
  readonly runId: string
  readonly startedAt: string
  readonly verdict: RunReport['verdict']
  readonly restarts: number
  readonly terminations: number
  readonly hit: number
  readonly failed: number
  readonly durationMs: number
  /** Entry i: failed requests that started in second i. */
  readonly failedPerSecond: readonly number[]
  readonly startedPerSecond: readonly number[]
  /** Starts of pod terminations, ms. */
  readonly terminatingAtMs: readonly number[]
  /** Restarts: from the request until the last old pod was gone (or the end of the run), ms. */
  readonly rollouts: readonly { readonly fromMs: number; readonly toMs: number }[]
}

/** What was measured of one variant. */
export interface VariantSummary {
  readonly variant: string
  readonly role: 'control' | 'base' | 'variant'
  readonly blocks: readonly BlockStrip[]
  readonly restarts: number
  readonly terminations: number
  /** Requests of all its runs, and its failures that belong to rollouts. */
  readonly requests: number
  readonly failures: number
  /** Failures that say nothing of the variant: our own (harness), and those outside every rollout. */
  readonly notCounted: { readonly harness: number; readonly outsideRollouts: number }
  readonly failuresPerRestart: Estimate | null
  readonly failuresPerTermination: Estimate | null
  readonly dropping: ShareEstimate | null
  /** Per restart, ms. */
  readonly outageMs: Estimate | null
  readonly rolloutMs: Estimate | null
  /** During rollouts, ms: mean of the restarts. */
  readonly p50Ms: Estimate | null
  readonly p99Ms: Estimate | null
  /** Ready endpoints before a restart, and the fewest seen in any; `null` = no endpoints were seen. */
  readonly capacity: { readonly replicas: number; readonly fewest: number } | null
  readonly causes: readonly { readonly cause: string; readonly count: number }[]
}

export const COMPARED_METRICS = ['failures', 'outageMs', 'rolloutMs', 'p50Ms', 'p99Ms', 'dip'] as const
/** `failures`: of one pod termination. The others: of one restart; `dip` = ready endpoints missing at the worst moment. */
export type ComparedMetric = (typeof COMPARED_METRICS)[number]

/** Variant minus reference, for one metric. Less is better in all of them. */
export interface Difference {
  readonly metric: ComparedMetric
  readonly unit: 'pod termination' | 'restart'
  /** Units of each that were compared: only of blocks that have both. */
  readonly n: { readonly variant: number; readonly reference: number }
  readonly mean: { readonly variant: number; readonly reference: number }
  /** `null` when there is nothing to compare. */
  readonly difference: number | null
  readonly interval: IntervalEnds | null
  /** Of the permutation test; `null` = not tested. */
  readonly p: number | null
  /** After Holm, over the family of this metric. */
  readonly adjustedP: number | null
  readonly word: ComparisonWord
  /** The word in a sentence, with its numbers. */
  readonly because: string
}

export interface PairComparison {
  readonly variant: string
  readonly reference: string
  /** Blocks in which both were measured. */
  readonly blocks: number
  /** The word on failures: the answer of the pair. */
  readonly word: ComparisonWord
  readonly because: string
  /** Share of terminations that dropped something, variant minus reference, with Newcombe's interval. */
  readonly share: {
    readonly difference: number
    readonly interval: IntervalEnds
    /** One-sided 95 % upper end: "not worse by more than". */
    readonly upper: number
  } | null
  readonly differences: readonly Difference[]
}

/** Whether the control, measured again and again, changed in the course of the study. */
export interface Drift {
  readonly variant: string
  readonly checks: readonly {
    readonly metric: ComparedMetric
    readonly restarts: number
    /** Mean of the first half of its restarts and of the second. */
    readonly first: number | null
    readonly second: number | null
    readonly p: number | null
  }[]
  /** `null` = could not be checked. */
  readonly seen: boolean | null
  readonly sentence: string
}

export type SettingWord = 'essential' | 'sufficient' | 'redundant' | 'undecided'

export interface SettingVerdict {
  readonly setting: string
  /** One or two: a setting can be essential and sufficient, or redundant and sufficient. */
  readonly words: readonly SettingWord[]
  /** The evidence for each word, with its numbers. */
  readonly because: readonly string[]
}

/** What was found by comparing variants: comparison.json. */
export interface Comparison {
  readonly schemaVersion: number
  readonly control: string
  readonly base: string | null
  readonly interleaved: boolean
  readonly seed: number
  readonly options: ComparisonOptions
  /** By how much a difference between terminations is worth less because those of one restart are alike; 1 = not at all. */
  readonly designEffect: number
  readonly variants: readonly VariantSummary[]
  readonly pairs: readonly PairComparison[]
  readonly drift: Drift | null
  readonly settings: readonly SettingVerdict[]
  /** What to know before believing it. */
  readonly notes: readonly string[]
}
