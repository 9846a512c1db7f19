import { makesNewSet } from '../../model/choreography.ts'
import type { World } from '../world.ts'
import { countText, type Gate } from './gate.ts'

/** Two starts of the load are at most this far apart in normal operation. */
const spacingMs = (world: World): number => {
  const { load } = world.info.scenario
  return Math.max(1000, load.model === 'open' ? 1000 / load.ratePerSec : load.paceMs + load.thinkMs)
}

const problemsOf = (world: World): string[] => {
  const { rollouts, pods, events, ended } = world.timeline
  const { restarts: wanted, choreography = 'restart' } = world.info.scenario.rollout
  const problems: string[] = []
  if (rollouts.length < wanted)
    problems.push(`${countText(rollouts.length)} of ${countText(wanted)} restarts were made`)
  for (const rollout of rollouts) {
    const name = `rollout ${rollout.index}`
    if (rollout.stuck !== null) problems.push(`${name} is stuck: ${rollout.stuck.reason}`)
    else if (rollout.acknowledged === null) problems.push(`${name} was not accepted by the API server`)
    else if (rollout.completed === null) problems.push(`${name} did not complete`)
    else if (rollout.completed.newReplicaSet === null && makesNewSet(choreography))
      problems.push(`${name} made no new ReplicaSet`)
    else if (rollout.oldPodsGoneAtMs === null) problems.push(`old pods of ${name} were not seen gone`)
    const old = rollout.oldPods
    if (rollout.acknowledged !== null && old.length === 0) problems.push(`${name} had no old pod`)
    const left = old.filter(({ uid }) => (pods.find(({ ref }) => ref.uid === uid)?.deleted ?? null) === null)
    if (left.length > 0)
      problems.push(`${left.length} old pods of ${name} were not seen gone (${left[0]?.name})`)
  }
  const lastGoneMs = Math.max(0, ...rollouts.map(({ oldPodsGoneAtMs }) => oldPodsGoneAtMs ?? 0))
  const neededMs = lastGoneMs + world.info.scenario.rollout.settleMs
  if (lastGoneMs > 0 && world.rows.lastStartMs < neededMs - spacingMs(world))
    problems.push('the load ended before the last old pod was gone and had settled (F7)')
  const foreign = events.find((event) => event.type === 'workload.changed' && event.foreign)
  if (foreign?.type === 'workload.changed')
    problems.push(`somebody else changed ${foreign.kind} ${foreign.name}: ${foreign.detail}`)
  if (events.some((event) => event.type === 'lease.lost'))
    problems.push('the lease on the Deployment was lost')
  if (ended !== null && ended.reason !== 'completed')
    problems.push(`the run ended early: ${ended.detail ?? ended.reason}`)
  return problems
}

export const h8: Gate = {
  id: 'H8',
  claim: 'The rollout took place, and load ran until its last old pod was gone and settled',
  inLoad: false,
  judge: ({ world }) => {
    const wanted = world.info.scenario.rollout.restarts
    const limit = `${countText(wanted)} complete, every old pod seen gone, nobody else's change`
    const problems = problemsOf(world)
    if (world.timeline.rollouts.length === 0 && problems.length === 0)
      return { value: 'nothing was rolled', limit, holds: null }
    const gone = world.timeline.pods.filter(
      ({ replacedBy, deleted }) => replacedBy !== null && deleted !== null,
    ).length
    return problems.length === 0
      ? {
          value: `${countText(world.timeline.rollouts.length)} complete, ${countText(gone)} old pods gone`,
          limit,
          holds: true,
        }
      : { value: problems.slice(0, 3).join('; '), limit, holds: false }
  },
}
