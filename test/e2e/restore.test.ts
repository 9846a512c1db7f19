import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openJournal } from '../../src/eventlog/journal-file.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { silentLogger } from '../../src/kernel/logger.ts'
import { connectKube, type KubeConnection } from '../../src/kube/client.ts'
import type { DeploymentTarget } from '../../src/kube/ports.ts'
import { applyVariant } from '../../src/orchestrator/journal/apply-variant.ts'
import { restoreVariant } from '../../src/orchestrator/journal/restore-variant.ts'
import { holdLease } from '../../src/orchestrator/lease.ts'
import { runCli } from '../support/cli.ts'
import { type SmallCluster, startSmallCluster } from '../support/small-run.ts'
import { MANY_CHANGES, variantContext } from '../support/variant-setup.ts'

const DEPLOYMENT = '/apis/apps/v1/namespaces/shop/deployments/web'
const VARIANT = {
  ...MANY_CHANGES,
  patches: MANY_CHANGES.patches.filter(({ object }) => object.kind !== 'PodDisruptionBudget'),
}

let cluster: SmallCluster
let kube: KubeConnection
let target: DeploymentTarget
let kubeconfig: string
let folder: string

beforeAll(async () => {
  cluster = await startSmallCluster({ kubelet: { startMs: 4, readyMs: 4, stopMs: 6 } })
  kubeconfig = cluster.kubeconfig()
  const writes = { namespace: 'shop', name: 'web', variants: [{ kind: 'Service', name: 'web' }] as const }
  kube = await connectKube({ clock: systemClock, kubeconfig, context: null, env: {}, writes })
  const { uid } = await kube.reader.readDeployment('shop', 'web')
  target = { namespace: 'shop', name: 'web', uid }
})
afterAll(async () => {
  await kube.close()
  await cluster.stop()
})
beforeEach(async () => {
  await restoreVariant({ ...variantContext(kube, target), local: null })
  folder = mkdtempSync(join(cluster.folder, 'study-'))
})

const restore = (...args: string[]) => runCli(['restore', ...args, '--kubeconfig', kubeconfig])
const spec = async () => (await cluster.lab.call('GET', DEPLOYMENT)).body.spec
const opened = (clusterUid: string | null = null) => ({
  runId: 'run-1',
  version: '0.0.0',
  server: kube.server,
  clusterUid,
  deployment: target,
})
/** A study that was killed after its variant had been applied. */
const killed = async (clusterUid: string | null = null): Promise<void> => {
  const journal = await openJournal(folder, opened(clusterUid))
  await applyVariant(VARIANT, variantContext(kube, target, journal))
  await journal.close()
}

describe('rollproof restore', () => {
  test('puts a variant back by its name alone, says what and proves it; a second time there is nothing to do', async () => {
    const before = await spec()
    await killed()
    const dry = await restore('--deployment', 'shop/web', '--dry-run')
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    expect(dry.stdout).toContain('Deployment web: to-restore: bears variant prestop-5 of run run-1')
    expect(dry.stdout).toContain('/spec/template/spec/terminationGracePeriodSeconds: 40 -> 30')
    expect(await spec()).not.toEqual(before)
    const done = await restore('--deployment', 'shop/web')
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout).toMatch(/Deployment web: restored: 5 fields put back; the spec is the original one/)
    expect(done.stdout).toMatch(/Service web: restored: 1 field put back/)
    expect(done.stdout).toMatch(
      /Proof: spec (\w{16}) \(was \1\); pod-template-hash (\w+) \(was \2\); .*: as before/,
    )
    expect(await spec()).toEqual(before)
    const again = await restore('--deployment', 'shop/web', '-o', 'json')
    expect(JSON.parse(again.stdout)).toMatchObject({ restored: true, objects: [{ state: 'nothing' }] })
  })

  test('by the folder: notes there that it is done', async () => {
    await killed()
    expect(await restore(folder)).toMatchObject({ code: 0, stderr: '' })
    const again = await restore(folder)
    expect(again.stdout).toContain('nothing to restore')
  })

  test.each<[string, () => void, string]>([
    ['broken', () => appendFileSync(join(folder, 'journal.jsonl'), 'nonsense\n{}\n'), 'is not readable'],
    [
      'of a newer version',
      () =>
        writeFileSync(
          join(folder, 'journal.jsonl'),
          `${JSON.stringify({ type: 'opened', ...opened(), schemaVersion: 99 })}\n`,
        ),
      'it is of version 99',
    ],
  ])(
    'a folder whose journal is %s is refused with the reason, and the one in the cluster tells',
    async (_, spoil, why) => {
      await killed()
      spoil()
      const { code, stderr, stdout } = await restore(folder, '--deployment', 'shop/web')
      expect(stderr).toMatch(`the local journal is not used: `)
      expect(stderr).toContain(why)
      expect(stdout).toContain('Deployment web: restored')
      expect(code).toBe(0)
    },
  )

  test('a folder of another cluster is not used, and told', async () => {
    await killed('another-cluster')
    const { code, stderr } = await restore(folder)
    expect(stderr).toContain('the local journal is of another cluster')
    expect(code).toBe(0)
  })

  test('what others changed is left alone: exit code 5, with the command that would do it', async () => {
    await killed()
    const theirs = { spec: { template: { spec: { terminationGracePeriodSeconds: 60 } } } }
    await cluster.lab.call('PATCH', DEPLOYMENT, theirs, { 'content-type': 'application/merge-patch+json' })
    const { code, stdout, stderr } = await restore('--deployment', 'shop/web')
    expect(code).toBe(5)
    expect(stdout).toContain(
      'terminationGracePeriodSeconds: is 60; the variant had put 40, before that it was 30',
    )
    expect(stderr).toContain('kubectl -n shop patch deployment web --type=json -p')
    expect((await spec()).template.spec.terminationGracePeriodSeconds).toBe(60)
    // Put right by hand, the journal goes with the next restore.
    const ours = { spec: { template: { spec: { terminationGracePeriodSeconds: 30 } } } }
    await cluster.lab.call('PATCH', DEPLOYMENT, ours, { 'content-type': 'application/merge-patch+json' })
    expect((await restore('--deployment', 'shop/web')).code).toBe(0)
  })

  test('is refused while the run that holds the Lease lives', async () => {
    await killed()
    const end = new AbortController()
    const lease = await holdLease({
      leases: kube.leases,
      target,
      holder: 'run-1',
      clock: systemClock,
      log: silentLogger,
      signal: end.signal,
    })
    const renewing = systemClock.every(300, () => {
      lease.confirm().catch(() => {})
    })
    const { code, stderr } = await restore('--deployment', 'shop/web')
    renewing()
    await lease.release()
    expect(stderr).toContain('run run-1 is working on deployment shop/web')
    expect(code).toBe(3)
  })

  test('a run is refused on a Deployment that bears a variant', async () => {
    await killed()
    const flags = [
      '--deployment',
      'shop/web',
      '--target',
      cluster.targetUrl,
      '--yes',
      '--kubeconfig',
      kubeconfig,
    ]
    const { code, stderr } = await runCli(['run', ...flags])
    expect(stderr).toContain('still bears variant prestop-5 of run run-1')
    expect(stderr).toContain('rollproof restore --deployment shop/web')
    expect(code).toBe(3)
  })

  test.each<[string, readonly string[], number, string]>([
    ['nothing named', [], 2, 'what is to be restored?'],
    ['a name with too many parts', ['--deployment', 'a/b/c'], 2, 'expected [NAMESPACE/]NAME'],
    ['two namespaces', ['--deployment', 'a/b', '-n', 'c'], 2, 'name two namespaces'],
    ['a folder without a journal', ['/nonexistent'], 2, 'the local journal cannot be used'],
    ['a Deployment that is not there', ['--deployment', 'shop/none'], 3, 'there is no deployment none'],
  ])('%s is a clear refusal', async (_, args, code, message) => {
    const result = await restore(...args)
    expect(result.stderr).toContain(message)
    expect(result.code).toBe(code)
  })
})
