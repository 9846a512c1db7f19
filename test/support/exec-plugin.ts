import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LAB_CONTEXT } from '../../src/lab/server/kubeconfig.ts'

/** A credential plug-in as kubeconfigs name them: a shell script that tells its calls, and gives token-1, token-2, … */
export interface ExecPlugin {
  /** Path of the script. */
  readonly command: string
  /** What KUBERNETES_EXEC_INFO said at each call. */
  calls(): readonly string[]
}

/** `expiresInMs` from the moment of each call; `null` = its tokens do not say when they expire. */
export const writeExecPlugin = (folder: string, expiresInMs: number | null = null): ExecPlugin => {
  const [command, log] = [join(folder, 'login'), join(folder, 'logins')]
  writeFileSync(log, '')
  const expiry =
    expiresInMs === null
      ? ''
      : `,"expirationTimestamp":"$(date -u -d "@$(( ($(date +%s%N) / 1000000 + ${expiresInMs}) / 1000 ))" +%Y-%m-%dT%H:%M:%SZ)"`
  const script = [
    '#!/bin/sh',
    `printf '%s\\n' "$KUBERNETES_EXEC_INFO" >> '${log}'`,
    `n=$(wc -l < '${log}')`,
    `printf '%s' "{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"token-$((n))\\"${expiry.replaceAll('"', '\\"')}}}"`,
  ]
  writeFileSync(command, `${script.join('\n')}\n`, { mode: 0o755 })
  return {
    command,
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
  }
}

/** A kubeconfig of this one user, as JSON (which is YAML). */
export const kubeconfigWith = (server: string, user: object, namespace = 'shop'): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': LAB_CONTEXT,
    clusters: [{ name: LAB_CONTEXT, cluster: { server } }],
    contexts: [{ name: LAB_CONTEXT, context: { cluster: LAB_CONTEXT, user: 'me', namespace } }],
    users: [{ name: 'me', user }],
  })
