import { deploymentOf } from './map-deployment.ts'
import type { RolloutControl } from './ports.ts'
import { deploymentPath } from './reader.ts'
import type { KubeTransport } from './transport.ts'

/** The {@link RolloutControl} over one API server. */
export const createRolloutControl = (transport: KubeTransport): RolloutControl => ({
  patchDeployment: async ({ namespace, name }, patch, options = {}) => {
    const { body } = await transport.request({
      method: 'PATCH',
      path: `${deploymentPath(namespace, name)}?fieldManager=rollproof${options.dryRun === true ? '&dryRun=All' : ''}`,
      purpose: { verb: 'patch', resource: 'deployments', namespace, name },
      contentType: 'application/strategic-merge-patch+json',
      body: patch,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    })
    return deploymentOf(body)
  },
})
