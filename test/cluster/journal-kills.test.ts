import { mkdtempSync, rmSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/kernel/clock.ts'
import { isLocalContext } from '../../src/kube/context-policy.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { killSession } from '../support/journal-kill-session.ts'
import { type KillGround, startKillBench } from '../support/journal-kills.ts'

/** Own namespace, new each time, so that nothing else in the cluster is touched. */
const NAMESPACE = `rollproof-kills-${systemClock.epochMs().toString(36)}`
const KILLS = Number(process.env.ROLLPROOF_KILLS ?? 20)
const SEED = Number(process.env.ROLLPROOF_SEED ?? 20261122)

const clusterGround = async (): Promise<KillGround> => {
  const admin = new KubeConfig()
  admin.loadFromDefault()
  const server = admin.getCurrentCluster()?.server ?? ''
  if (!isLocalContext(admin.getCurrentContext(), server))
    throw new Error(`${server} is not known to be local`)
  const credentials: RequestOptions = {}
  await admin.applyToHTTPSOptions(credentials)
  const objects = KubernetesObjectApi.makeApiClient(admin)
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }
  await objects.create(namespace)
  const plain = await startFaultProxy(server, credentials)
  const folder = mkdtempSync(join(tmpdir(), 'rollproof-kills-'))
  const metadata = { name: 'web', namespace: NAMESPACE }
  return {
    url: plain.url,
    namespace: NAMESPACE,
    folder,
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...metadata, labels: { app: 'web' } },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            terminationGracePeriodSeconds: 2,
            containers: [
              {
                name: 'web',
                image: process.env.ROLLPROOF_KILL_IMAGE ?? 'rollproof.local/demo:1',
                ports: [{ name: 'http', containerPort: 8080 }],
              },
            ],
          },
        },
      },
    },
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    },
    patienceMs: 20_000,
    writeTimeoutMs: 1_200,
    pollMs: 500,
    stop: async () => {
      await plain.close()
      await objects.delete(namespace)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

test(
  `${KILLS} deaths by SIGKILL at random steps of a study: all is restored later, or a conflict is reported`,
  async () => {
    const bench = await startKillBench(await clusterGround())
    try {
      const log = process.env.ROLLPROOF_KILL_LOG
      const { summary, bad } = await killSession([bench], { kills: KILLS, seed: SEED, log, onlyDeaths: true })
      process.stdout.write(`${summary}\n`)
      expect(bad).toEqual([])
    } finally {
      await bench.stop()
    }
  },
  KILLS * 90_000 + 120_000,
)
