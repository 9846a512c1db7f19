import type { Variant } from '../../src/model/variant.ts'
import type { Fault } from './fault-proxy.ts'

/** Where a process is killed, or what its API server does to it. */
export type Point =
  | { readonly kind: 'request'; readonly at: number; readonly fault: Fault }
  | { readonly kind: 'line'; readonly at: number; readonly half: boolean }

/** What somebody else does between the kill and the restore. */
export const FOREIGN = [
  'our field',
  'another field',
  'a restart by kubectl',
  'a scale',
  'deleted',
  'created again',
  'created from its manifest',
  'journal taken away',
  'journal spoiled',
  'the Service',
] as const
export type Foreign = (typeof FOREIGN)[number]

/** The Deployment that was changed is there no more. */
export const isGone = (foreign: Foreign | null): boolean =>
  foreign === 'deleted' || foreign === 'created again' || foreign === 'created from its manifest'

export interface KillCase {
  /** Who dies: the study itself, or the restore of one that died before. */
  readonly victim: 'study' | 'restore'
  readonly point: Point
  readonly foreign: Foreign | null
  /** Whether the restore has the killed process's folder. */
  readonly withFolder: boolean
  /** By the built program, as a user would; else by the function behind it. */
  readonly byProgram: boolean
  /** Whether the restore waits until the dead one's Lease has run out; else the Lease is deleted before. */
  readonly waitsForLease: boolean
}

/**
 * `closed`: the Deployment is gone or another one, or only what others did is left. `silent`: something of ours is left that
 * was not reported. That must never be. `crying wolf`: told as not restored, though nobody else had touched anything.
 * `stolen`: written under a Lease that had not run out.
 */
export type KillVerdict = 'restored' | 'conflict' | 'closed' | 'silent' | 'crying wolf' | 'stolen' | 'error'

export interface KillResult {
  readonly verdict: KillVerdict
  /** How the process ended: 0 and 1 restored by itself (1 after an error), 5 and 3 told that it could not; `null` killed. */
  readonly childCode: number | null
  readonly detail: string
  /** Where the process was; `null` = it had not begun. */
  readonly phase: Phase | null
  /** Its last request, as `METHOD path`. */
  readonly request: string | null
  /** How long the restore took when it had to take a Lease that the dead one held, ms; `null` = it had not to. */
  readonly waitedMs: number | null
}

/** Where a process is in its work. */
export const PHASES = ['locking', 'applying', 'measuring', 'restoring', 'ending', 'restore command'] as const
export type Phase = (typeof PHASES)[number]

/** Beside the folder of the study: the phase in which its process is, which outlives it. */
export const phaseFileOf = (folder: string): string => `${folder}.phase`

export interface ChildOrders {
  readonly task: 'study' | 'restore'
  /** Whether the restore has the folder. */
  readonly withFolder: boolean
  readonly kubeconfig: string
  readonly folder: string
  readonly namespace: string
  readonly variant: Variant
  readonly restarts: number
  readonly patienceMs: number
  readonly writeTimeoutMs: number
  /** Between two looks at a rollout, ms. */
  readonly pollMs: number
  /** Die at this line of the journal, from 1: when half of it is written, or when it is on disk. */
  readonly dieAtLine: { readonly line: number; readonly half: boolean } | null
}
