/** What an open watch has shown so far. */
export interface CollectedWatch<Event> {
  readonly events: readonly Event[]
  /** Resolves with the first event, also of the past, that fits; rejects when the watch ends before. */
  next(fits: (event: Event) => boolean): Promise<Event>
  /** Resolves when the server ends the watch; rejects when the connection breaks. */
  readonly ended: Promise<void>
  stop(): void
}

/** Reads a watch's JSON Lines as they come. `parse` makes an event of a line; `stop` ends the connection. */
export const collectWatch = <Event>(
  chunks: AsyncIterable<Uint8Array>,
  parse: (line: string) => Event,
  stop: () => void,
): CollectedWatch<Event> => {
  const events: Event[] = []
  const waiting = new Set<() => void>()
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const chunk of chunks) {
      rest += decoder.decode(chunk, { stream: true })
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) events.push(parse(line))
      for (const check of waiting) check()
    }
  }
  const ended = read()
  ended.catch(() => {})
  return {
    events,
    ended,
    next: (fits) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = events.find(fits)
          if (found === undefined) return
          waiting.delete(check)
          resolve(found)
        }
        waiting.add(check)
        check()
        const over = (): void => reject(new Error(`the watch ended before: ${JSON.stringify(events.at(-1))}`))
        ended.then(over, over)
      }),
    stop,
  }
}
