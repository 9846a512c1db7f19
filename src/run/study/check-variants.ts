import { HarnessError, hasCode, messageOf } from '../../kernel/errors.ts'
import type { KubeConnection } from '../../kube/client.ts'
import type { DeploymentTarget } from '../../kube/ports.ts'
import type { StudyPlan } from '../../model/study.ts'
import { buildRecord } from '../../orchestrator/journal/build-record.ts'
import { refOf } from '../../orchestrator/journal/subject.ts'

/**
 * Whether the API server takes every variant, and none touches what it may not: server-side dry runs, before anything is changed.
 * Throws SCENARIO_INVALID, KUBE_NOT_FOUND, and the KUBE_ codes of all else.
 */
export const checkVariants = async (
  { variants }: StudyPlan,
  { objects }: Pick<KubeConnection, 'objects'>,
  { namespace }: DeploymentTarget,
): Promise<void> => {
  for (const { name: variant, patches } of variants) {
    for (const patch of patches) {
      const { kind, name } = patch.object
      const before = await objects.read({ kind, name, namespace })
      const object = refOf(before)
      if (object === null) {
        throw new HarnessError(
          'KUBE_NOT_FOUND',
          `variant ${variant}: there is no ${kind} ${name} in namespace ${namespace}`,
          {
            hint: 'check the name in its patch; nothing was changed',
          },
        )
      }
      const after = await objects.tryPatch(object, patch).catch((cause: unknown) => {
        if (!hasCode(cause, 'KUBE_REJECTED')) throw cause
        throw new HarnessError(
          'SCENARIO_INVALID',
          `variant ${variant} is refused by the API server: ${messageOf(cause)}`,
          {
            hint: 'mend its patch; nothing was changed',
            cause,
          },
        )
      })
      buildRecord({
        before,
        after,
        object,
        variant,
        runId: '',
        version: '',
        writtenAtMs: 0,
        templateHash: null,
      })
    }
  }
}
