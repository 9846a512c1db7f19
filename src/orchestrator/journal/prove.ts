import type { DeploymentSnapshot } from '../../model/cluster.ts'
import type { JournalRecord } from '../../model/journal.ts'
import { isRolloutComplete, isRolloutStuck } from '../../model/rollout.ts'
import { PATIENCE_MS, type VariantContext } from './context.ts'
import type { RestoreProof } from './outcome.ts'
import { patiently, readPatiently } from './send-guarded.ts'
import { specHash } from './spec-hash.ts'
import { refOf } from './subject.ts'
import { currentTemplateHash } from './template-hash.ts'

const LOOK_EVERY_MS = 250
/** Beyond the Deployment's own progress deadline, for the last pods. */
const MARGIN_MS = 60_000

const rolledOut = async (
  context: VariantContext,
): Promise<{ readonly now: DeploymentSnapshot; readonly done: boolean }> => {
  const { reader, deployment, clock, patienceMs = PATIENCE_MS } = context
  const { namespace, name } = deployment
  let deadlineMs = Number.POSITIVE_INFINITY
  const startMs = clock.nowMs()
  for (;;) {
    const now = await patiently(() => reader.readDeployment(namespace, name), { clock, patienceMs })
    const done = isRolloutComplete(now)
    deadlineMs = Math.min(deadlineMs, startMs + now.progressDeadlineSeconds * 1000 + MARGIN_MS)
    if (done || isRolloutStuck(now) || clock.nowMs() >= deadlineMs) return { now, done }
    await clock.sleepMs(LOOK_EVERY_MS)
  }
}

/**
 * Waits until the Deployment has rolled back, and compares it with what it was: its spec by the hash, its pods' template by
 * pod-template-hash (the ReplicaSet itself may be a new one of the same name, when the old one was pruned).
 */
export const proveOriginal = async (
  record: JournalRecord,
  context: VariantContext,
): Promise<RestoreProof> => {
  const { now, done } = await rolledOut(context)
  const { objects, clock, log, patienceMs = PATIENCE_MS } = context
  const object = await readPatiently(record.object, { objects, clock, log, patienceMs })
  const found = await patiently(() => currentTemplateHash(context.reader, now), { clock, patienceMs })
  const hashes = { original: record.specHash, now: specHash(object) }
  const templateHash = { original: record.templateHash, now: found }
  const isSameTemplate = record.templateHash === null || record.templateHash === found
  return {
    specHash: hashes,
    templateHash,
    isAvailable: done,
    holds:
      refOf(object)?.uid === record.object.uid && hashes.original === hashes.now && isSameTemplate && done,
  }
}
