import type { CauseId } from './cause.ts'

/**
 * `high`: the settings alone make requests fail at an ordinary load. `medium`: they do when something usual comes with
 * it (a slow request, a busy node, a lagging load balancer). `low`: a setting that does not do what it seems to.
 */
export type PredictionSeverity = 'high' | 'medium' | 'low'

/** What a rollout will do, said before any load from the objects in the cluster. */
export interface Prediction {
  /** Name of the prediction, stable: `no-pre-stop`. */
  readonly id: string
  /** The catalogue's id of the cause that would be found. */
  readonly cause: CauseId
  /** Other causes under which the same fault can show. */
  readonly alsoCauses: readonly CauseId[]
  readonly severity: PredictionSeverity
  readonly title: string
  /** The evidence: which field of which object says what, and what follows from it. */
  readonly because: string
  readonly fix: string
}

/**
 * What became of a prediction. `came-true`: failures of its cause were found. `possible`: failures were found that may
 * be of its cause and could not be told apart. `not-seen`: the run could have shown it and did not. `not-tested`: this
 * run cannot show it.
 */
export type PredictionOutcome = 'came-true' | 'possible' | 'not-seen' | 'not-tested'

export interface JudgedPrediction extends Prediction {
  readonly outcome: PredictionOutcome
  /** Failed requests of its causes; with `possible`, those that may be. */
  readonly failed: number
}

/** The predictions beside what was found. */
export interface PredictionReport {
  readonly made: readonly JudgedPrediction[]
  /** Causes that were found and that nothing had predicted. */
  readonly unpredicted: readonly {
    readonly cause: CauseId
    readonly title: string
    readonly failed: number
  }[]
}
