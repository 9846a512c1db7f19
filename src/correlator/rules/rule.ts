import type { CauseId } from '../../model/finding.ts'
import type { FailureCase } from '../failure-case.ts'
import type { PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'

/** Slack of correlation, ms: breaks came 1–30 ms after their cause, 250 ms is used in practice (openshift/origin). */
export const SLACK_MS = 250

/** A rule's word on one failure: it holds with this likelihood, or is ruled out for a reason. */
export type Judgement =
  | {
      readonly holds: true
      /** 0–1: 0.9 decisive evidence, 0.7 consistent and specific, 0.5 possible. */
      readonly likelihood: number
      /** seq of the facts that speak for it, and against. */
      readonly evidence: readonly number[]
      readonly contradictions: readonly number[]
      /** The one pod it is about; `null` when several could be. */
      readonly pod: PodLine | null
      readonly mechanism: CauseId | null
    }
  | { readonly holds: false; readonly because: string }

export interface Rule {
  readonly id: CauseId
  readonly title: string
  /** What to change, in a sentence. */
  readonly fix: string
  /** `harness`: our own fault; it ends the search. */
  readonly group: 'cause' | 'harness'
  /** `null` when the failure is of a kind that this cause never makes. Pure; looks at nothing but its arguments. */
  judge(failure: FailureCase, world: World): Judgement | null
}

export const ruledOut = (because: string): Judgement => ({ holds: false, because })

export const suspects = (
  likelihood: number,
  evidence: readonly (number | null | undefined)[],
  more: { pod?: PodLine | null; mechanism?: CauseId | null; contradictions?: readonly number[] } = {},
): Judgement => ({
  holds: true,
  likelihood,
  evidence: [...new Set(evidence.filter((seq): seq is number => typeof seq === 'number'))].sort(
    (a, b) => a - b,
  ),
  contradictions: more.contradictions ?? [],
  pod: more.pod ?? null,
  mechanism: more.mechanism ?? null,
})
