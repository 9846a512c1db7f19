import type { Clock } from '../../kernel/clock.ts'
import type { Logger } from '../../kernel/logger.ts'
import type { ClusterReader, DeploymentTarget, ObjectStore } from '../../kube/ports.ts'
import type { EventSink } from '../../model/events.ts'
import type { JournalLog } from '../../model/journal.ts'

/** What applying and restoring variants works with. */
export interface VariantContext {
  /** Under the lease: see `objectsUnderLease`. */
  readonly objects: ObjectStore
  readonly reader: ClusterReader
  readonly deployment: DeploymentTarget
  readonly runId: string
  /** Of rollproof. */
  readonly version: string
  /** The local journal; `null` = none is kept. */
  readonly journal: JournalLog | null
  readonly clock: Clock
  readonly log: Logger
  readonly sink?: EventSink
  /** How long an API server that does not answer is asked again, ms; 60 s by default. */
  readonly patienceMs?: number
  /** Aborting ends what is being applied, and puts it back; a restore goes on. Its reason is a HarnessError. */
  readonly signal?: AbortSignal
}

export const PATIENCE_MS = 60_000
