/**
 * What is done to the Deployment while the load runs, each time in a run.
 *
 *     restart                  kubectl rollout restart
 *     restart-during-rollout   the same, and once more while the first is half way
 *     scale-down               replicas to the lower number, until those pods are gone; then back; also by an autoscaler
 *     node-drain               every pod of the Deployment on one node is evicted, as kubectl drain does it
 *     image-change             the main container gets another image; the next time its own one again
 *     rollback                 a new revision, and half way (or when it is complete) the old template back, as kubectl rollout undo
 */
export const CHOREOGRAPHIES = [
  'restart',
  'restart-during-rollout',
  'scale-down',
  'node-drain',
  'image-change',
  'rollback',
] as const
export type Choreography = (typeof CHOREOGRAPHIES)[number]

/** Whether it replaces all pods, so that another ReplicaSet has to become available. */
export const makesNewSet = (choreography: Choreography): boolean =>
  choreography === 'restart' || choreography === 'restart-during-rollout' || choreography === 'image-change'

/** Whether it changes the Deployment under a journal, which stands on it until all is put back. */
export const keepsJournal = (choreography: Choreography): boolean =>
  choreography === 'scale-down' || choreography === 'image-change' || choreography === 'rollback'

/** When a choreography that rolls back does it. */
export const UNDO_MOMENTS = ['half-way', 'completed'] as const
export type UndoMoment = (typeof UNDO_MOMENTS)[number]

/** In the words of a plan: what is done each time. */
export const CHOREOGRAPHY_WORDS: Readonly<Record<Choreography, string>> = {
  restart: 'restart',
  'restart-during-rollout': 'restart with a second one half way',
  'scale-down': 'scale down and back',
  'node-drain': 'drain of one node by eviction',
  'image-change': 'change of the image',
  rollback: 'new revision and its rollback',
}
