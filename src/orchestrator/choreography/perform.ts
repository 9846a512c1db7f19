import { HarnessError } from '../../kernel/errors.ts'
import type { EvictionControl } from '../../kube/ports.ts'
import { type RollOnceOptions, rollOnce } from '../roll-once.ts'
import { changeImage, type JournaledChange } from './change-image.ts'
import { drainNode } from './node-drain.ts'
import { rollBack } from './roll-back.ts'
import { type Scaling, scaleDown } from './scale-down.ts'

/** What some choreographies write with; a run gives what its own needs. */
export interface ChoreographyTools {
  /** Under the lease. */
  readonly evictions?: EvictionControl
  readonly scaling?: Scaling
  readonly journaled?: JournaledChange
}

export interface PerformOptions extends RollOnceOptions {
  readonly tools: ChoreographyTools
}

const missing = (what: string): HarnessError =>
  new HarnessError('INTERNAL', `this run was given nothing to ${what} with`)

/** Does once what the plan says: see `model/choreography.ts`. Throws what its choreography throws. */
export const performOnce = async (index: number, options: PerformOptions): Promise<void> => {
  const { evictions, scaling, journaled } = options.tools
  switch (options.plan.choreography ?? 'restart') {
    case 'restart':
      return rollOnce(index, options)
    case 'restart-during-rollout':
      return rollOnce(index, { ...options, twice: true })
    case 'node-drain':
      if (evictions === undefined) throw missing('evict')
      return drainNode(index, { ...options, evictions })
    case 'scale-down':
      if (scaling === undefined) throw missing('scale')
      return scaleDown(index, { ...options, scaling })
    case 'image-change':
      if (journaled === undefined) throw missing('change the image')
      return changeImage(index, { ...options, journaled })
    case 'rollback':
      if (journaled === undefined) throw missing('roll back')
      return rollBack(index, { ...options, journaled })
  }
}
