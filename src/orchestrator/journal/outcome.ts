import { HarnessError } from '../../kernel/errors.ts'
import type { ObjectRef } from '../../model/journal.ts'
import type { PlannedField } from './plan-restore.ts'

/**
 * What became of one object:
 *
 *     nothing      it bears no journal of ours
 *     restored     every field is as it was, and so is the whole spec, by its hash
 *     deleted      it is gone; it is not made again
 *     recreated    another object of this name stands there now; not touched
 *     foreign      every field of ours is as it was; others changed the spec elsewhere, so the whole is not proved
 *     conflict     others changed fields of ours (or took our journal away): these were left alone
 *     refused      the API server does not let the original back in
 *     unreadable   its journal cannot be read, and nothing else tells what it was
 */
export type RestoreState =
  | 'nothing'
  | 'restored'
  | 'deleted'
  | 'recreated'
  | 'foreign'
  | 'conflict'
  | 'refused'
  | 'unreadable'

export interface ObjectOutcome {
  readonly object: Omit<ObjectRef, 'uid'>
  readonly state: RestoreState
  /** Something of ours may still stand there, or the original could not be proved. */
  readonly isOpen: boolean
  /** A sentence. */
  readonly detail: string
  readonly fields: readonly PlannedField[]
  /** The command that puts it back by hand; `null` when there is nothing to do by hand. */
  readonly command: string | null
}

/** That a Deployment is as it was before its variant. */
export interface RestoreProof {
  readonly specHash: { readonly original: string; readonly now: string }
  /** `null` = unknown. */
  readonly templateHash: { readonly original: string | null; readonly now: string | null }
  /** Its rollout has ended and all its pods are available. */
  readonly isAvailable: boolean
  readonly holds: boolean
}

export interface RestoreReport {
  readonly objects: readonly ObjectOutcome[]
  /** `null` when nothing of the Deployment had to be proved. */
  readonly proof: RestoreProof | null
  readonly isRestored: boolean
}

const nameOf = ({ kind, namespace, name }: ObjectOutcome['object']): string => `${kind} ${namespace}/${name}`

/** NOT_RESTORED with what is left and the commands that would do it by hand; `null` when all is as it was. */
export const notRestored = (
  report: RestoreReport,
  deployment: { readonly namespace: string; readonly name: string },
): HarnessError | null => {
  if (report.isRestored) return null
  const open = report.objects.filter(({ isOpen }) => isOpen)
  const words = open.map((outcome) => `${nameOf(outcome.object)}: ${outcome.detail}`)
  if (open.length === 0) {
    words.push(
      report.proof?.isAvailable === false
        ? 'the spec is as it was, and the rollout back has not ended'
        : 'the spec is as it was, and its ReplicaSet is not the original one',
    )
  }
  const commands = open.flatMap(({ command }) => (command === null ? [] : [command]))
  return new HarnessError(
    'NOT_RESTORED',
    `${deployment.namespace}/${deployment.name} is not proved to be as it was: ${words.join('; ')}`,
    {
      hint:
        commands.length > 0
          ? `look who changed it; by hand it is put back with: ${commands.join(' && ')}`
          : `look at it, then: rollproof restore --deployment ${deployment.namespace}/${deployment.name}`,
    },
  )
}
