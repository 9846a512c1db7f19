import type { EpochMs } from '../kernel/units.ts'
import type { Verdict } from './finding.ts'
import type { RunInfo } from './run-info.ts'
import type { Scenario } from './scenario.ts'
import type { PlannedBlock } from './study.ts'

/** `study.json`: all that is known when a study starts. */
export interface StudyInfo {
  readonly schemaVersion: number
  /** Names the study; journals in the cluster bear it. */
  readonly id: string
  readonly name: string
  readonly startedAtMs: EpochMs
  readonly versions: RunInfo['versions']
  /** As it was read, secrets hidden. */
  readonly scenario: Scenario
  /** SHA-256 of the scenario with its secrets: a study is only gone on with by the same. */
  readonly scenarioHash: string
  readonly order: readonly PlannedBlock[]
  readonly cluster: {
    readonly server: string
    readonly context: string | null
    readonly serverVersion: string
    /** uid of the namespace kube-system; `null` = could not be read. */
    readonly uid: string | null
    readonly deployment: { readonly namespace: string; readonly name: string; readonly uid: string }
    /** An embedded lab that was started for this study, and ended with it. */
    readonly isOwnLab: boolean
  }
}

/** A block that was put at the end, since another one was doubtful. */
export interface RepeatedBlock extends PlannedBlock {
  /** Index of the block that it may take the place of. */
  readonly repeats: number
}

/** One line of `progress.jsonl`. */
export type StudyProgress =
  /** A program began to work on the study, or to go on with it. */
  | {
      readonly type: 'session.started'
      readonly atMs: EpochMs
      readonly sessionId: string
      readonly version: string
    }
  | {
      readonly type: 'block.started'
      readonly atMs: EpochMs
      readonly index: number
      readonly round: number
      readonly variant: string
      readonly repeats: number | null
      /** Its folder in `blocks/`. */
      readonly folder: string
    }
  | {
      readonly type: 'block.ended'
      readonly atMs: EpochMs
      readonly index: number
      readonly folder: string
      /** `half`: it was broken off; it does not count, and is run anew. */
      readonly outcome: 'measured' | 'half'
      /** Ids of the gates that do not hold. */
      readonly doubts: readonly string[]
      readonly verdict: Verdict | null
      readonly detail: string | null
    }
  /** The variant cannot be measured: its blocks are left out from here on. */
  | {
      readonly type: 'variant.dropped'
      readonly atMs: EpochMs
      readonly variant: string
      readonly why: string
    }
  | {
      readonly type: 'session.ended'
      readonly atMs: EpochMs
      readonly reason: 'completed' | 'interrupted' | 'stopped'
      readonly detail: string | null
    }
