import { HarnessError } from '../kernel/errors.ts'
import { isObject, numberAt, objectAt, textAt } from './parse.ts'

/** One line of a watch response. */
export type WatchLine =
  | { readonly type: 'changed' | 'deleted'; readonly object: unknown }
  | { readonly type: 'bookmark'; readonly resourceVersion: string }
  /** An ERROR event inside a stream of status 200. */
  | { readonly type: 'error'; readonly status: number; readonly message: string }

const MAX_LINE_BYTES = 32 * 1024 * 1024

const protocol = (what: string, cause?: unknown): HarnessError =>
  new HarnessError('KUBE_PROTOCOL', `the watch sent ${what}`, cause === undefined ? {} : { cause })

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw protocol('a line that is no JSON', cause)
  }
}

/** Reads one line. Throws KUBE_PROTOCOL when it is no watch event. */
export const readWatchLine = (line: string): WatchLine => {
  const event = parsed(line)
  const object = objectAt(event, 'object')
  switch (textAt(event, 'type')) {
    case 'ADDED':
    case 'MODIFIED':
      return { type: 'changed', object }
    case 'DELETED':
      return { type: 'deleted', object }
    case 'BOOKMARK': {
      const resourceVersion = textAt(objectAt(object, 'metadata'), 'resourceVersion')
      if (resourceVersion === null) throw protocol('a bookmark without a version')
      return { type: 'bookmark', resourceVersion }
    }
    case 'ERROR':
      return {
        type: 'error',
        status: numberAt(object, 'code') ?? 500,
        message: textAt(object, 'message') ?? 'an error without a message',
      }
    default:
      throw protocol(`an event of unknown type ${isObject(event) ? JSON.stringify(event.type) : ''}`)
  }
}

/**
 * The lines of a body, as soon as each is complete. Throws KUBE_PROTOCOL when the body ends inside a line (that line
 * is not given out) and when a line is longer than 32 MiB.
 */
export async function* linesOf(
  body: AsyncIterable<Uint8Array>,
  onBytes: () => void,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    onBytes()
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    if (rest.length > MAX_LINE_BYTES) throw protocol('a line longer than 32 MiB')
    for (const line of parts) if (line.trim() !== '') yield line
  }
  if (rest.trim() !== '') throw protocol(`${rest.length} characters of a line that never ended`)
}
