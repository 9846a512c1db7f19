/** API objects as a server sends them, for tests. */

export const apiPod = (
  name: string,
  uid: string,
  resourceVersion: string,
  more: { readonly spec?: object; readonly status?: object; readonly metadata?: object } = {},
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'shop',
    uid,
    resourceVersion,
    creationTimestamp: '2026-11-21T21:36:35Z',
    labels: { app: 'web', 'pod-template-hash': 'abc' },
    ownerReferences: [{ kind: 'ReplicaSet', name: 'web-abc', uid: 'rs-1', controller: true }],
    ...more.metadata,
  },
  spec: { nodeName: 'node1', terminationGracePeriodSeconds: 30, containers: [{ name: 'web' }], ...more.spec },
  status: { podIP: '10.0.0.1', conditions: [], containerStatuses: [], ...more.status },
})

export const apiDeployment = (more: {
  readonly spec?: object
  readonly status?: object
  readonly metadata?: object
}) => ({
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'd-1',
    resourceVersion: '5',
    generation: 3,
    ...more.metadata,
  },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: 'web' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'web:1' }] },
    },
    ...more.spec,
  },
  status: {
    observedGeneration: 3,
    replicas: 4,
    updatedReplicas: 4,
    readyReplicas: 4,
    availableReplicas: 4,
    ...more.status,
  },
})
