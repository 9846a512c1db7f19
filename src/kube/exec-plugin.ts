import { isObject, textAt } from './parse.ts'

export interface ExecPlugin {
  readonly command: string
  /** What its makers say when it is missing; `null` = nothing. */
  readonly installHint: string | null
}

interface NamedUser {
  readonly name: string
  readonly exec?: unknown
}
interface NamedCluster {
  readonly server: string
  readonly tlsServerName?: string
  readonly skipTLSVerify: boolean
  readonly caData?: string
  readonly proxyUrl?: string
}

/**
 * A kubeconfig user with a credential plug-in (client.authentication.k8s.io), told what kubectl tells it in
 * KUBERNETES_EXEC_INFO; some (GKE's) refuse to work without. Nobody can be asked: we are not interactive. Other users as they are.
 */
export const execUser = <U extends NamedUser>(
  user: U,
  cluster: NamedCluster,
): { readonly user: U; readonly plugin: ExecPlugin | null } => {
  const { exec } = user
  const command = textAt(exec, 'command')
  if (!isObject(exec) || command === null) return { user, plugin: null }
  const told = exec.provideClusterInfo === true ? { cluster: clusterInfo(cluster) } : {}
  const info = {
    kind: 'ExecCredential',
    apiVersion: textAt(exec, 'apiVersion') ?? 'client.authentication.k8s.io/v1',
    spec: { ...told, interactive: false },
  }
  const given = Array.isArray(exec.env) ? exec.env : []
  const env = [{ name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }, ...given]
  return {
    user: { ...user, exec: { ...exec, env } },
    plugin: { command, installHint: textAt(exec, 'installHint') },
  }
}

const clusterInfo = (cluster: NamedCluster): Readonly<Record<string, unknown>> => ({
  server: cluster.server,
  ...(cluster.tlsServerName === undefined ? {} : { 'tls-server-name': cluster.tlsServerName }),
  ...(cluster.skipTLSVerify ? { 'insecure-skip-tls-verify': true } : {}),
  ...(cluster.caData === undefined ? {} : { 'certificate-authority-data': cluster.caData }),
  ...(cluster.proxyUrl === undefined ? {} : { 'proxy-url': cluster.proxyUrl }),
})
