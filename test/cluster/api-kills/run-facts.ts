import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventOf, EventType, RunEvent } from '../../../src/model/events.ts'

/** The bundle of a run, read from outside while it is written and after. Times are Unix ms of this machine's clock. */
export interface RunFacts {
  readonly dir: string
  readonly startedAtMs: number
  readonly facts: readonly RunEvent[]
}

/** What there is by now of the one bundle in this folder; `null` = nothing yet. */
export const readFacts = (folder: string): RunFacts | null => {
  const name = existsSync(folder) ? readdirSync(folder)[0] : undefined
  if (name === undefined) return null
  const dir = join(folder, name)
  const [info, log] = [join(dir, 'run.json'), join(dir, 'events.jsonl')]
  if (!existsSync(info) || !existsSync(log)) return null
  const lines = readFileSync(log, 'utf8').split('\n')
  // The last line is torn, or empty.
  const facts = lines.slice(0, -1).map((line): RunEvent => JSON.parse(line))
  return { dir, startedAtMs: JSON.parse(readFileSync(info, 'utf8')).startedAt.epochMs, facts }
}

export const factsOf = <T extends EventType>({ facts }: RunFacts, type: T): EventOf<T>[] =>
  facts.filter((fact): fact is EventOf<T> => fact.type === type)

/** Where a run was at a time; `null` = it did not watch yet, or no more. */
export const placeAt = (run: RunFacts, epochMs: number): string | null => {
  let place: string | null = null
  for (const fact of run.facts) {
    if (run.startedAtMs + fact.atMs > epochMs) break
    if (fact.type === 'phase.entered' && fact.phase !== 'preflight')
      place = fact.phase === 'rollout' ? 'restart being sent' : fact.phase
    else if (fact.type === 'rollout.acknowledged') place = 'rolling'
    else if (fact.type === 'rollout.completed') place = 'old pods end'
    else if (fact.type === 'run.ended') place = null
  }
  return place
}
