import { type ErrorCode, HarnessError } from '../kernel/errors.ts'

/** The exit codes, all of them. They are a contract: nothing here changes meaning. */
export const EXIT = {
  /** The verdict is passed; or the command did its work. */
  passed: 0,
  /** The verdict is failed. */
  failed: 1,
  /** Wrong flags, or a scenario that is invalid, missing or unreadable. Nothing was started. */
  usage: 2,
  /** The cluster or the set-up is not usable; found before the first write to the cluster. */
  setup: 3,
  /** The verdict is inconclusive: something that a PASS needs could not be proven. */
  inconclusive: 4,
  /** The cluster could not be put back. Dominates all others. */
  notRestored: 5,
  /** A bug of rollproof's. */
  bug: 70,
  /** Ended by SIGINT, after restoring. */
  interrupted: 130,
  /** Ended by SIGTERM, after restoring. */
  terminated: 143,
} as const

const OF_CODE: Readonly<Record<ErrorCode, number>> = {
  USAGE: EXIT.usage,
  SCENARIO_INVALID: EXIT.usage,
  SCENARIO_UNREADABLE: EXIT.usage,
  OUTPUT_NOT_WRITABLE: EXIT.setup,
  BUNDLE_INVALID: EXIT.usage,
  KUBE_CONFIG: EXIT.setup,
  KUBE_UNREACHABLE: EXIT.setup,
  KUBE_UNAUTHORIZED: EXIT.setup,
  KUBE_FORBIDDEN: EXIT.setup,
  KUBE_NOT_FOUND: EXIT.setup,
  KUBE_CONFLICT: EXIT.setup,
  KUBE_GONE: EXIT.setup,
  KUBE_REJECTED: EXIT.setup,
  KUBE_THROTTLED: EXIT.setup,
  KUBE_SERVER: EXIT.setup,
  KUBE_PROTOCOL: EXIT.setup,
  CONTEXT_NOT_ALLOWED: EXIT.usage,
  DEPLOYMENT_REFUSED: EXIT.setup,
  LEASE_HELD: EXIT.setup,
  LEASE_LOST: EXIT.inconclusive,
  TARGET_UNREACHABLE: EXIT.setup,
  ROLLOUT_STUCK: EXIT.inconclusive,
  ROLLOUT_NOT_APPLIED: EXIT.inconclusive,
  NOT_RESTORED: EXIT.notRestored,
  LAB_FAILED: EXIT.setup,
  ENGINE_FAILED: EXIT.inconclusive,
  INTERRUPTED: EXIT.interrupted,
  INTERNAL: EXIT.bug,
}

/** The exit code of an error that ended a command; anything that is no HarnessError is our bug. */
export const exitCodeOf = (error: unknown): number =>
  error instanceof HarnessError ? OF_CODE[error.code] : EXIT.bug
