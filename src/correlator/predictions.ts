import type { Finding } from '../model/finding.ts'
import type { JudgedPrediction, Prediction, PredictionReport } from '../model/prediction.ts'
import { ruleOf } from './rules/all.ts'

const GROUPS = new Set(['ambiguous', 'harness', 'unexplained'])

const causesOf = ({ cause, alsoCauses }: Prediction): readonly string[] => [cause, ...alsoCauses]

const failedOf = (findings: readonly Finding[], holds: (finding: Finding) => boolean): number =>
  findings.filter(holds).reduce((sum, { count }) => sum + count, 0)

const judge = (prediction: Prediction, findings: readonly Finding[], rolled: boolean): JudgedPrediction => {
  const causes = causesOf(prediction)
  const found = failedOf(
    findings,
    ({ cause, mechanism }) => causes.includes(cause) || (mechanism !== null && causes.includes(mechanism)),
  )
  if (found > 0) return { ...prediction, outcome: 'came-true', failed: found }
  const possible = failedOf(
    findings,
    ({ cause, candidates }) =>
      cause === 'ambiguous' && candidates.some((candidate) => causes.includes(candidate)),
  )
  if (possible > 0) return { ...prediction, outcome: 'possible', failed: possible }
  // A cause without a rule can never be named, so its absence says nothing.
  const testable = rolled && ruleOf(prediction.cause) !== null
  return { ...prediction, outcome: testable ? 'not-seen' : 'not-tested', failed: 0 }
}

/** What was predicted before a run, and what was learnt in it for the next one. */
export const joined = (
  made: readonly Prediction[] | null | undefined,
  learnt: readonly Prediction[],
): readonly Prediction[] | null | undefined => (learnt.length === 0 ? made : [...(made ?? []), ...learnt])

/**
 * The predictions of a run beside its findings. `undefined` when none were made (`load`, or an older bundle).
 * @param rolled whether at least one rollout completed, so that what was not seen could have been
 */
export const comparePredictions = (
  made: readonly Prediction[] | null | undefined,
  findings: readonly Finding[],
  rolled: boolean,
): PredictionReport | undefined => {
  if (made == null) return undefined
  const predicted = new Set(made.flatMap(causesOf))
  return {
    made: made.map((prediction) => judge(prediction, findings, rolled)),
    unpredicted: findings
      .filter(
        ({ cause, mechanism }) =>
          !GROUPS.has(cause) &&
          ruleOf(cause)?.group !== 'harness' &&
          !predicted.has(cause) &&
          (mechanism === null || !predicted.has(mechanism)),
      )
      .map(({ cause, title, count }) => ({ cause, title, failed: count })),
  }
}
