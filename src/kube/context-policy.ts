import { HarnessError } from '../kernel/errors.ts'

export interface ContextQuestion {
  readonly context: string
  /** URL of the API server. */
  readonly server: string
  /** `--context` was given. */
  readonly contextGiven: boolean
  /** `--yes`. */
  readonly yes: boolean
  /** A terminal is there, so that a person can be asked. */
  readonly interactive: boolean
  /** `--expect-cluster-uid`; `null` = not given. */
  readonly expectedClusterUid: string | null
  /** uid of the namespace kube-system; `null` = could not be read. */
  readonly clusterUid: string | null
}

/** `ask`: allowed once a person has answered yes to a question that names the context. */
export type ContextAnswer = { readonly kind: 'allowed' | 'ask'; readonly local: boolean }

const LOCAL_NAMES = [
  /^kind-/,
  /^k3d-/,
  /^minikube$/,
  /^docker-desktop$/,
  /^rancher-desktop$/,
  /^orbstack$/,
  /^colima$/,
  /^rollproof/,
]
const PRODUCTION = /(^|[^a-z])(prod|production|prd|live)([^a-z]|$)/i

const hostOf = (server: string): string => (URL.canParse(server) ? new URL(server).hostname : '')

const isLoopback = (server: string): boolean => {
  const host = hostOf(server)
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    /^127\.\d+\.\d+\.\d+$/.test(host) ||
    host === '[::1]'
  )
}

/** Whether it is known to be a cluster on this machine, by its name or by its server's address. */
export const isLocalContext = (context: string, server: string): boolean =>
  LOCAL_NAMES.some((name) => name.test(context)) || isLoopback(server)

/** Whether context or server are named like production. */
export const looksLikeProduction = (context: string, server: string): boolean =>
  PRODUCTION.test(context) || PRODUCTION.test(hostOf(server))

const refuse = (code: 'USAGE' | 'CONTEXT_NOT_ALLOWED', message: string, hint: string): never => {
  throw new HarnessError(code, message, { hint })
}

/**
 * Whether a run may write to this cluster. Known local contexts need `--yes` or an answer; all others `--context` and
 * `--yes`; those that look like production the cluster's uid as well. Throws USAGE when only `--yes` is missing, and
 * CONTEXT_NOT_ALLOWED, with what to add as the hint.
 */
export const judgeContext = (question: ContextQuestion): ContextAnswer => {
  const { context, server, contextGiven, yes, interactive, expectedClusterUid, clusterUid } = question
  const local = isLocalContext(context, server)
  if (expectedClusterUid !== null && expectedClusterUid !== clusterUid) {
    const found = clusterUid === null ? 'its uid could not be read' : `its uid is ${clusterUid}`
    refuse(
      'CONTEXT_NOT_ALLOWED',
      `context ${context} (${server}) is not the expected cluster: ${found}`,
      'check --context, or the uid: kubectl get namespace kube-system -o jsonpath={.metadata.uid}',
    )
  }
  if (looksLikeProduction(context, server) && !isLoopback(server) && expectedClusterUid === null) {
    refuse(
      'CONTEXT_NOT_ALLOWED',
      `context ${context} (${server}) looks like production`,
      `if it is meant: --context ${context} --yes --expect-cluster-uid ${clusterUid ?? '<uid of namespace kube-system>'}`,
    )
  }
  if (local) {
    if (yes) return { kind: 'allowed', local }
    if (interactive) return { kind: 'ask', local }
    return refuse(
      'USAGE',
      `a run restarts pods in context ${context}, and nobody is there to ask`,
      'add --yes to agree, or --dry-run to see the plan',
    )
  }
  if (!contextGiven || !yes) {
    refuse(
      'CONTEXT_NOT_ALLOWED',
      `context ${context} (${server}) is not known to be a local cluster`,
      `name it, and agree: --context ${context} --yes`,
    )
  }
  return { kind: 'allowed', local }
}
