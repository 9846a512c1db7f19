/** @typedef {import('./data.js').Pod} Pod */

/**
 * @typedef {'pending' | 'starting' | 'ready' | 'prestop' | 'stopping' | 'exited'} Stage
 * @typedef {{ stage: Stage, from: number, to: number, words: string }} Part
 */

/**
 * The latest moment that a transition can have been at; `null` = not seen.
 * @param {readonly [number | null, number] | null} moment
 */
export const latest = (moment) => (moment === null ? null : moment[1])

/**
 * The life of a pod as parts that follow one another; open ends run to the end of the run, unknown beginnings from its
 * start.
 * @param {Pod} pod
 * @param {number} endMs
 * @returns {Part[]}
 */
export const lifeOf = (pod, endMs) => {
  const [created, scheduled, ready, term, sigterm, exit, gone] = [
    pod.created,
    pod.scheduled,
    pod.ready,
    pod.term,
    pod.sigterm,
    pod.exit,
    pod.gone,
  ].map(latest)
  /** @param {(number | null | undefined)[]} moments */
  const first = (...moments) => moments.find((moment) => moment !== null && moment !== undefined) ?? endMs
  const ended = first(term, exit, gone)
  /** @type {Part[]} */
  const parts = [
    {
      stage: 'pending',
      from: created ?? endMs,
      to: scheduled ?? created ?? endMs,
      words: 'created, not scheduled',
    },
    {
      stage: 'starting',
      from: scheduled ?? created ?? endMs,
      to: first(ready, ended),
      words: 'scheduled, not ready',
    },
    {
      stage: 'ready',
      from: ready ?? (created === null && scheduled === null ? 0 : endMs),
      to: ended,
      words: 'ready',
    },
    {
      stage: 'prestop',
      from: term ?? endMs,
      to: first(sigterm, exit, gone),
      words: 'terminating, before SIGTERM',
    },
    { stage: 'stopping', from: sigterm ?? endMs, to: first(exit, gone), words: 'after SIGTERM' },
    {
      stage: 'exited',
      from: exit ?? endMs,
      to: first(gone),
      words: pod.code === null ? 'exited' : `exited with ${pod.code}`,
    },
  ]
  return parts.filter(({ from, to }) => to > from)
}

/**
 * What its endpoint said at a moment; `null` = nothing yet.
 * @param {readonly (readonly [number, string])[]} states
 * @param {number} ms
 */
export const stateAt = (states, ms) => states.findLast(([at]) => at <= ms)?.[1] ?? null

/** 0 and 143 (SIGTERM) are the ordinary ends. @param {number | null} code */
export const isOrdinaryExit = (code) => code === null || code === 0 || code === 143
