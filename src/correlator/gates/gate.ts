import type { Reason } from '../../model/finding.ts'
import type { GateId } from '../../model/scenario.ts'
import type { FailureCase } from '../failure-case.ts'
import type { CorrelatorInput, LongInput } from '../input.ts'
import { type Span, unionOf } from '../interval.ts'
import type { World } from '../world.ts'

/** What a gate may look at. */
export interface GateContext {
  readonly input: CorrelatorInput | LongInput
  readonly world: World
  /** The rollout windows; in `load` the whole load. Sorted and disjoint. */
  readonly windows: readonly Span[]
  /** When valid failures were under way: late arrivals that begin then are the outage's, not ours. */
  readonly open: readonly Span[]
}

/** A claim that `passed` is built from. Pure. */
export interface Gate {
  readonly id: GateId
  readonly claim: string
  /** Whether `load`, without a cluster, has to show it too. */
  readonly inLoad: boolean
  judge(context: GateContext): Pick<Reason, 'value' | 'limit' | 'holds'>
}

export const gateContext = (
  input: CorrelatorInput | LongInput,
  world: World,
  valid: readonly FailureCase[],
): GateContext => ({
  input,
  world,
  windows:
    world.info.command === 'load'
      ? unionOf(world.timeline.phases.filter(({ phase }) => phase === 'steady'))
      : unionOf(world.timeline.rollouts.map(({ window }) => window)),
  open: unionOf(
    valid.map((failure) => ({ fromMs: failure.startMs, toMs: Math.max(failure.endMs, failure.startMs + 1) })),
  ),
})

export const countText = (count: number): string => count.toLocaleString('en-US')
export const msText = (ms: number): string => `${Number(ms.toFixed(ms < 10 ? 2 : 0))} ms`
