import { hypergeometricMasses } from './binomial.ts'

/**
 * Most hits among `future` trials that `hits` among `trials` earlier ones support: the largest y for which as many as y of all
 * hits + y falling among the future trials has a chance above `alpha`, if both come from one share (Thatcher 1964, exact
 * prediction limits for the binomial; one-sided). Never less than 0; `future` when there is no earlier trial.
 */
export const upperPrediction = (hits: number, trials: number, future: number, alpha: number): number => {
  if (trials <= 0) return future
  for (let y = 1; y <= future; y++) {
    const { from, masses } = hypergeometricMasses(future, trials, hits + y)
    const tail = masses.reduce((sum, mass, i) => sum + (from + i >= y ? mass : 0), 0)
    if (tail <= alpha) return y - 1
  }
  return future
}
