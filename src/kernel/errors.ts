/** Stable codes of the errors that end a command. `cli/exit-code.ts` maps each to an exit code. */
export type ErrorCode =
  | 'USAGE' // a flag or argument is wrong
  | 'SCENARIO_INVALID' // the scenario was read, and has problems
  | 'SCENARIO_UNREADABLE' // missing, a folder, too large, not text
  | 'OUTPUT_NOT_WRITABLE' // the report folder cannot be written; found before the start
  | 'BUNDLE_INVALID' // no run bundle, or of a newer schema version
  | 'KUBE_CONFIG' // no usable kubeconfig or context
  | 'KUBE_UNREACHABLE' // the API server did not answer
  | 'KUBE_UNAUTHORIZED' // credentials refused (401)
  | 'KUBE_FORBIDDEN' // a verb is missing (403)
  | 'KUBE_NOT_FOUND' // no such object
  | 'KUBE_CONFLICT' // somebody else changed the object first
  | 'KUBE_GONE' // the resource version is too old (410)
  | 'KUBE_REJECTED' // refused by validation or admission (400, 409, 422)
  | 'KUBE_THROTTLED' // 429
  | 'KUBE_SERVER' // 5xx
  | 'KUBE_PROTOCOL' // an answer that is not what the API promises
  | 'CONTEXT_NOT_ALLOWED' // needs --context and --yes, or --expect-cluster-uid
  | 'DEPLOYMENT_REFUSED' // paused, too few replicas, already rolling
  | 'LEASE_HELD' // another run holds the lease on the Deployment
  | 'LEASE_LOST' // our lease was taken, deleted, or could not be renewed
  | 'TARGET_UNREACHABLE' // no answer from the target before the start
  | 'ROLLOUT_STUCK' // a rollout did not complete in its time
  | 'ROLLOUT_NOT_APPLIED' // a restart changed nothing, or somebody else's change came between
  | 'NOT_RESTORED' // the cluster could not be put back
  | 'LAB_FAILED' // the embedded lab did not start, or ended
  | 'ENGINE_FAILED' // a worker thread ended by itself
  | 'INTERRUPTED' // SIGINT or SIGTERM
  | 'INTERNAL' // our bug

/** An error that ends a command: what we were doing, and what the user can do about it. */
export class HarnessError extends Error {
  readonly code: ErrorCode
  /** What to do, as one sentence; `null` when there is nothing to advise. */
  readonly hint: string | null

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'HarnessError'
    this.code = code
    this.hint = options.hint ?? null
  }
}

/** Whether `error` is a {@link HarnessError} with this code. Codes are compared, not classes. */
export const hasCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof HarnessError && error.code === code

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Ends an exhaustive switch: a new case that nobody handles does not compile. */
export const assertNever = (value: never): never => {
  throw new HarnessError('INTERNAL', `unhandled case: ${JSON.stringify(value)}`)
}
