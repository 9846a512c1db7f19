import type { Clock } from '../../kernel/clock.ts'
import type { Random } from '../../kernel/random.ts'
import type { EventRecorder } from './event-recorder.ts'
import type { KubeObject, Store, StoreEvent } from './store.ts'

/** What every controller gets. */
export interface ControllerContext {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly events: EventRecorder
  /** From a change until a controller acts on it, ms. */
  readonly syncDelayMs: number
}

/** Takes changes of the store until it is stopped. */
export interface Controller {
  handle(event: StoreEvent): void
  stop(): void
}

/** `namespace/name`, the key of the controllers' queues. */
export const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`

export const splitKey = (key: string): { readonly namespace: string; readonly name: string } => {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
