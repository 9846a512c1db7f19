import { systemClock } from '../../src/kernel/clock.ts'
import { silentLogger } from '../../src/kernel/logger.ts'
import type { KubeConnection } from '../../src/kube/client.ts'
import type { DeploymentTarget } from '../../src/kube/ports.ts'
import type { JournalLog } from '../../src/model/journal.ts'
import type { Variant } from '../../src/model/variant.ts'
import type { VariantContext } from '../../src/orchestrator/journal/context.ts'

/** A variant of the Deployment, its Service and its budget: kinds of changes that differ in how they are put back. */
export const MANY_CHANGES: Variant = {
  name: 'prestop-5',
  patches: [
    {
      object: { kind: 'Deployment', name: 'web' },
      type: 'strategic',
      body: {
        spec: {
          strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } },
          minReadySeconds: 0,
          template: {
            metadata: { annotations: { 'example.com/drain': 'on' } },
            spec: {
              terminationGracePeriodSeconds: 40,
              containers: [{ name: 'web', lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
            },
          },
        },
      },
    },
    {
      object: { kind: 'Service', name: 'web' },
      type: 'json',
      body: [{ op: 'add', path: '/spec/publishNotReadyAddresses', value: true }],
    },
    {
      object: { kind: 'PodDisruptionBudget', name: 'web' },
      type: 'strategic',
      body: { spec: { maxUnavailable: 2 } },
    },
  ],
}

/** A context over a connection, without a lease. */
export const variantContext = (
  connection: KubeConnection,
  deployment: DeploymentTarget,
  journal: JournalLog | null = null,
  more: Partial<VariantContext> = {},
): VariantContext => ({
  objects: connection.objects,
  reader: connection.reader,
  deployment,
  runId: 'run-1',
  version: '0.0.0',
  journal,
  clock: systemClock,
  log: silentLogger,
  patienceMs: 5_000,
  ...more,
})
