/** The lab's context name; the harness takes `rollproof*` for a local cluster. */
export const LAB_CONTEXT = 'rollproof-lab'

/**
 * A kubeconfig (as YAML, which JSON is) whose current context is the lab at `url`, a plain http URL with the
 * secret in its path. The token is not looked at; clients want one.
 */
export const kubeconfigFor = (url: string, namespace = 'default'): string =>
  `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': LAB_CONTEXT,
      clusters: [{ name: LAB_CONTEXT, cluster: { server: url, 'insecure-skip-tls-verify': true } }],
      contexts: [{ name: LAB_CONTEXT, context: { cluster: LAB_CONTEXT, user: LAB_CONTEXT, namespace } }],
      users: [{ name: LAB_CONTEXT, user: { token: 'rollproof-lab' } }],
      preferences: {},
    },
    null,
    2,
  )}\n`
