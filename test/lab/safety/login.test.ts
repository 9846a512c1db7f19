import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../../support/cli.ts'
import { kubeconfigWith, writeExecPlugin } from '../../support/exec-plugin.ts'
import { type RecordingProxy, startRecordingProxy } from '../../support/recording-proxy.ts'
import { SMALL_RUN, type SmallCluster, smallRun, startSmallCluster } from '../../support/small-run.ts'

let cluster: SmallCluster
let proxy: RecordingProxy
let admitted = 'token-1'

beforeAll(async () => {
  cluster = await startSmallCluster()
  proxy = await startRecordingProxy(cluster.lab.url, (given) => given === `Bearer ${admitted}`)
})
afterAll(async () => {
  await proxy.close()
  await cluster.stop()
})

test('a run logs in by a credential plug-in, and again when its token is taken back in mid-rollout', async () => {
  const plugin = writeExecPlugin(cluster.folder)
  const kubeconfig = join(cluster.folder, 'exec-kubeconfig')
  writeFileSync(kubeconfig, kubeconfigWith(proxy.url, { exec: { command: plugin.command } }))
  const { error } = await smallRun({
    kubeconfig,
    targetUrl: cluster.targetUrl,
    folder: cluster.folder,
    restarts: 2,
    onFact: ({ type }) => {
      if (type === 'rollout.completed') admitted = `token-${plugin.calls().length + 1}`
    },
  })
  expect(error).toBeNull()
  expect(plugin.calls().length).toBeGreaterThanOrEqual(2)
})

test('a plug-in that fails is exit 3, in its own words, with nothing changed', async () => {
  const command = join(cluster.folder, 'sad')
  writeFileSync(command, '#!/bin/sh\necho "session expired, run: corp login" >&2\nexit 1\n', { mode: 0o755 })
  const kubeconfig = join(cluster.folder, 'sad-kubeconfig')
  writeFileSync(kubeconfig, kubeconfigWith(proxy.url, { exec: { command } }))
  const before = proxy.requests.length
  const { vus, pace } = SMALL_RUN
  const { code, stderr } = await runCli([
    ...['run', '--kubeconfig', kubeconfig, '--yes', '--target', cluster.targetUrl],
    ...['--deployment', 'shop/web', '--vus', vus, '--pace', pace, '--out', cluster.folder],
  ])
  expect({ code, stderr }).toEqual({
    code: 3,
    stderr: expect.stringContaining('session expired, run: corp login'),
  })
  expect(proxy.requests.length).toBe(before)
})
