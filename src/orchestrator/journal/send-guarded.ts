import type { Clock } from '../../kernel/clock.ts'
import { hasCode, messageOf } from '../../kernel/errors.ts'
import type { Logger } from '../../kernel/logger.ts'
import type { JsonPatchOperation, ObjectName, ObjectStore } from '../../kube/ports.ts'
import { isOutcomeUnknown } from '../outcome-unknown.ts'
import { versionOf } from './subject.ts'

export interface SendOptions {
  readonly objects: ObjectStore
  readonly clock: Clock
  readonly log: Logger
  /** How long the API server is asked again while it does not answer, ms. */
  readonly patienceMs: number
}

/** What became of one guarded patch. `changed`: it was not applied, and the object is no longer as it was read. */
export type Sent =
  | { readonly kind: 'applied'; readonly object: unknown }
  | { readonly kind: 'changed' }
  | { readonly kind: 'gone' }

const ASK_EVERY_MS = 250

const isPassing = (error: unknown): boolean => isOutcomeUnknown(error) || hasCode(error, 'KUBE_THROTTLED')

/** Asks again while the API server does not answer, for `patienceMs`. Throws its last error. */
export const patiently = async <T>(
  ask: () => Promise<T>,
  { clock, patienceMs }: Pick<SendOptions, 'clock' | 'patienceMs'>,
): Promise<T> => {
  const deadlineMs = clock.nowMs() + patienceMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isPassing(error) || clock.nowMs() >= deadlineMs) throw error
      await clock.sleepMs(ASK_EVERY_MS)
    }
  }
}

/**
 * Reads an object as {@link patiently} does; `null` when there is none. That it is gone must be heard twice: what a restore
 * takes for deleted it closes for good, and an API server that is just coming up, or a proxy, may say 404 of anything.
 */
export const readPatiently = async (object: ObjectName, options: SendOptions): Promise<unknown> => {
  const found = await patiently(() => options.objects.read(object), options)
  if (found !== null) return found
  await options.clock.sleepMs(ASK_EVERY_MS)
  return patiently(() => options.objects.read(object), options)
}

/**
 * Sends a guarded patch once. When its outcome is unknown (time-out, 5xx), or when it was refused, the object itself
 * decides: `isDone` tells whether it shows the change. Nothing is sent again here: that is the caller's, who plans anew from
 * what is there. Throws KUBE_REJECTED when the API server will not have it though nothing has changed, and the KUBE_ codes
 * of all else.
 */
export const sendGuarded = async (
  target: ObjectName,
  read: unknown,
  operations: readonly JsonPatchOperation[],
  isDone: (object: unknown) => boolean,
  options: SendOptions,
): Promise<Sent> => {
  const { objects, clock, log } = options
  try {
    return { kind: 'applied', object: await objects.patch(target, operations) }
  } catch (error) {
    const isRefused = hasCode(error, 'KUBE_REJECTED') || hasCode(error, 'KUBE_CONFLICT')
    const isGone = hasCode(error, 'KUBE_NOT_FOUND')
    if (!isRefused && !isGone && !isPassing(error)) throw error
    if (!isRefused && !isGone) {
      log.warn({ error: messageOf(error) }, `outcome of a change of ${target.name} unknown, reading back`)
      await clock.sleepMs(ASK_EVERY_MS)
    }
    const found = await readPatiently(target, options)
    if (found === null) return { kind: 'gone' }
    if (isDone(found)) return { kind: 'applied', object: found }
    if (isRefused && versionOf(found) === versionOf(read)) throw error
    return { kind: 'changed' }
  }
}
