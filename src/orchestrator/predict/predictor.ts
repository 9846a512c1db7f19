import type { PreStop } from '../../model/cluster.ts'
import type { Prediction } from '../../model/prediction.ts'
import type { Surroundings } from '../../model/surroundings.ts'

/** What is known from elsewhere than the cluster, s; `null` = unknown. */
export interface Hints {
  /** How long the app goes on with requests in flight after SIGTERM. */
  readonly drainSeconds: number | null
  /** The slowest answer under load. */
  readonly slowestAnswerSeconds: number | null
  /** How long a client leaves a connection idle between two requests. */
  readonly clientIdleSeconds: number | null
}

export const NO_HINTS: Hints = { drainSeconds: null, slowestAnswerSeconds: null, clientIdleSeconds: null }

/** One thing that can be predicted. Pure; what it cannot see, it does not conclude from. */
export type Predictor = (around: Surroundings, hints: Hints) => readonly Prediction[]

/** What is kept between the end of the last request and the end of the grace period, s (DESIGN: preStop + drain + margin < grace). */
export const MARGIN_SECONDS = 5

/** Length of a hook, s: 0 without one, `null` when it cannot be seen. */
export const hookSeconds = (preStop: PreStop): number | null => {
  switch (preStop.kind) {
    case 'none':
      return 0
    case 'sleep':
    case 'exec':
      return preStop.seconds
    case 'http':
      return null
  }
}

/** A hook in words that quote no more of a command than its first word: the rest may hold anything. */
export const hookWords = (preStop: PreStop): string => {
  switch (preStop.kind) {
    case 'none':
      return 'no preStop hook'
    case 'sleep':
      return `preStop sleep of ${preStop.seconds} s`
    case 'exec':
      return preStop.seconds === null
        ? `preStop exec of ${preStop.command[0] ?? 'nothing'}`
        : `preStop exec that sleeps ${preStop.seconds} s`
    case 'http':
      return `preStop GET ${preStop.path}`
  }
}

/** The last name of a path: `/bin/sh` → `sh`. */
export const programOf = (command: readonly string[]): string => command[0]?.split('/').at(-1) ?? ''

export const listWords = (words: readonly string[]): string => words.join(', ')
