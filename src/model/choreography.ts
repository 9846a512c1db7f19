/**
 * What is done to the Deployment while the load runs, each time in a run.
 *
 *     restart                  kubectl rollout restart
 *     restart-during-rollout   the same, and once more while the first is half way
 *     scale-down               replicas to the lower number, until those pods are gone; then back
 *     node-drain               every pod of the Deployment on one node is evicted, as kubectl drain does it
 */
export const CHOREOGRAPHIES = ['restart', 'restart-during-rollout', 'scale-down', 'node-drain'] as const
export type Choreography = (typeof CHOREOGRAPHIES)[number]

/** Whether it makes pods of a new template, so that a new ReplicaSet has to become available. */
export const makesNewSet = (choreography: Choreography): boolean =>
  choreography === 'restart' || choreography === 'restart-during-rollout'

/** In the words of a plan: what is done each time. */
export const CHOREOGRAPHY_WORDS: Readonly<Record<Choreography, string>> = {
  restart: 'restart',
  'restart-during-rollout': 'restart with a second one half way',
  'scale-down': 'scale down and back',
  'node-drain': 'drain of one node by eviction',
}
