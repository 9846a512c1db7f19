import type { KubeObject } from '../../src/lab/sim/store.ts'
import type { Deployment, DeploymentSpec } from '../../src/lab/sim/types.ts'

/** A Deployment `shop/web` as a user would write it. */
export const webDeployment = (spec: Partial<DeploymentSpec> = {}, name = 'web'): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop', labels: { app: name } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [{ name: 'web', image: 'shop/web:1', ports: [{ name: 'http', containerPort: 8080 }] }],
      },
    },
    ...spec,
  },
})

export const webService = (name = 'web'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
})
