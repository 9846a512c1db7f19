import { HarnessError } from '../kernel/errors.ts'
import type { DeploymentSnapshot } from '../model/cluster.ts'
import { readJournalText } from '../model/journal.ts'
import { isRolloutComplete, rolloutProgress } from '../model/rollout.ts'

const isOwnJournal = (journal: string, ownRunId: string | null): boolean => {
  const read = readJournalText(journal)
  return ownRunId !== null && read.ok && read.record.runId === ownRunId
}

/** Whose journal it is, as far as that can be read. */
const journalHolder = (journal: string): string => {
  const read = readJournalText(journal)
  return read.ok ? `variant ${read.record.variant} of run ${read.record.runId}` : 'a variant'
}

/**
 * Why a rolling restart of this Deployment would prove nothing or do harm; `null` when it can be done. DEPLOYMENT_REFUSED.
 * `ownRunId`: the run whose variant it may bear.
 */
export const refusalFor = (
  deployment: DeploymentSnapshot,
  ownRunId: string | null = null,
): HarnessError | null => {
  const { namespace, name, replicas, paused, generation, observedGeneration, strategy } = deployment
  const kubectl = `kubectl -n ${namespace}`
  const refuse = (why: string, hint: string): HarnessError =>
    new HarnessError('DEPLOYMENT_REFUSED', `deployment ${namespace}/${name} ${why}; nothing was changed`, {
      hint,
    })

  const { journal } = deployment
  if (journal !== undefined && !isOwnJournal(journal, ownRunId)) {
    return refuse(
      `still bears ${journalHolder(journal)}, which was not taken back`,
      `put it back first: rollproof restore --deployment ${namespace}/${name}`,
    )
  }
  if (replicas === 0) {
    return refuse(
      'has 0 replicas, so there is nothing to roll',
      `${kubectl} scale deployment/${name} --replicas=2`,
    )
  }
  if (replicas === 1) {
    return refuse(
      'has 1 replica: while it is replaced nothing tells its own end from the rollout',
      `run it with at least two: ${kubectl} scale deployment/${name} --replicas=2`,
    )
  }
  if (paused) {
    return refuse('is paused, so no rollout would start', `${kubectl} rollout resume deployment/${name}`)
  }
  if (strategy === 'Recreate') {
    return refuse(
      'has strategy Recreate: it ends all pods before it starts new ones, so requests must fail',
      'set spec.strategy.type to RollingUpdate',
    )
  }
  if (observedGeneration < generation) {
    return refuse(
      `was just changed (generation ${generation}, its controller has seen ${observedGeneration})`,
      `wait for it: ${kubectl} rollout status deployment/${name}`,
    )
  }
  if (isRolloutComplete(deployment)) return null
  const { wanted, updated, available, old } = rolloutProgress(deployment)
  return refuse(
    updated < wanted || old > 0
      ? `is already rolling: ${updated} of ${wanted} pods updated, ${old} old`
      : `is not whole: ${available} of ${wanted} pods available`,
    `wait for it: ${kubectl} rollout status deployment/${name}; if it does not end, ${kubectl} describe deployment ${name}`,
  )
}
