import { HarnessError, hasCode } from '../kernel/errors.ts'
import type { KubeConnection } from '../kube/client.ts'
import { judgeContext } from '../kube/context-policy.ts'

/** What the user said of which cluster may be touched. */
export interface Consent {
  /** `--context` was given. */
  readonly contextGiven: boolean
  /** `--yes`. */
  readonly yes: boolean
  /** `--expect-cluster-uid`; `null` = not given. */
  readonly expectedClusterUid: string | null
  /** Asks a person, yes or no; `null` = nobody is there. */
  readonly ask: ((question: string) => Promise<boolean>) | null
}

/** Whether this run may write to this cluster. Throws USAGE or CONTEXT_NOT_ALLOWED with what to add. */
export const askConsent = async (
  { context, server, reader }: KubeConnection,
  deployment: string,
  consent: Consent,
  question = `Restart the pods of ${deployment}`,
): Promise<void> => {
  const clusterUid = await reader.clusterUid().catch((error: unknown) => {
    if (hasCode(error, 'KUBE_FORBIDDEN') || hasCode(error, 'KUBE_NOT_FOUND')) return null
    throw error
  })
  const answer = judgeContext({
    context,
    server,
    contextGiven: consent.contextGiven,
    yes: consent.yes,
    interactive: consent.ask !== null,
    expectedClusterUid: consent.expectedClusterUid,
    clusterUid,
  })
  if (answer.kind === 'allowed' || consent.ask === null) return
  if (await consent.ask(`${question} in context ${context} (${server})?`)) return
  throw new HarnessError('USAGE', 'not agreed; nothing was changed', {
    hint: '--yes agrees without a question',
  })
}
