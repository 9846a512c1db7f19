import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readStudyFolder } from '../../src/eventlog/study-folder.ts'
import { withValueAt } from '../../src/kernel/json-pointer.ts'
import type { Comparison } from '../../src/model/comparison.ts'
import { JOURNAL_ANNOTATION } from '../../src/model/journal.ts'
import { RESTART_PATH } from '../../src/model/rollout.ts'
import { specHash } from '../../src/orchestrator/journal/spec-hash.ts'
import { stateOf } from '../../src/scenario/study/block-state.ts'
import { runCli, startCli } from '../support/cli.ts'
import { webDeployment } from '../support/lab-objects.ts'
import { type SmallCluster, startSmallCluster } from '../support/small-run.ts'

/** ROLLPROOF_FULL_STUDY=1: the Lease of a killed program is waited for, 30 s. */
const WAITS_FOR_LEASE = process.env.ROLLPROOF_FULL_STUDY === '1'

let cluster: SmallCluster
beforeAll(async () => {
  cluster = await startSmallCluster()
})
afterAll(() => cluster.stop())

const pathOf = (name: string): string => `/apis/apps/v1/namespaces/shop/deployments/${name}`
const leaseOf = (name: string): string =>
  `/apis/coordination.k8s.io/v1/namespaces/shop/leases/rollproof-${name}`
const read = async (path: string) => (await cluster.lab.call('GET', path)).body

/** Base, changed, changed, base: ABBA. */
const scenarioText = (name: string): string => `apiVersion: rollproof/v1
name: ${name}
target: {url: '${cluster.targetUrl}'}
deployment: shop/${name}
load: {vus: 2, pace: 200ms}
rollout: {restarts: 1, baseline: 300ms, settle: 200ms, recovery: 100ms}
study: {blocks: 2, seed: ${SEED}, repeat: false, rest: 0s}
variants:
  - name: base
  - name: changed
    patch:
      spec:
        minReadySeconds: 0
        strategy: {rollingUpdate: {maxSurge: 2}}
        template: {spec: {terminationGracePeriodSeconds: 7}}
`
const SEED = 2
/** Two cores, and others on them: a study of four blocks and its resumption. */
const PATIENCE_MS = 300_000

/** A Deployment of its own, with a scenario for it. */
const aim = async (name: string) => {
  await cluster.lab.call('POST', '/apis/apps/v1/namespaces/shop/deployments', webDeployment({}, name))
  await cluster.lab.rolledOut(name)
  const file = join(cluster.folder, `${name}.yaml`)
  writeFileSync(file, scenarioText(name))
  const out = join(cluster.folder, `out-${name}`)
  const flags = ['--kubeconfig', cluster.kubeconfig(), '--yes']
  return { name, file, out, flags, before: await read(pathOf(name)) }
}

const studyIn = (out: string): string => {
  const [folder, ...more] = readdirSync(out)
  expect(more).toEqual([])
  return join(out, folder ?? '')
}

/** The restart annotation is left by base blocks, as by every run; all else must be as it was. */
const withoutRestart = (object: unknown): string => specHash(withValueAt(object, RESTART_PATH, null))

const expectOriginal = async ({ name, before }: { readonly name: string; readonly before: unknown }) => {
  const after = await read(pathOf(name))
  expect(withoutRestart(after)).toBe(withoutRestart(before))
  expect(after.metadata.annotations?.[JOURNAL_ANNOTATION]).toBeUndefined()
}

const expectWhole = async (folder: string, halves: number) => {
  const { info, progress } = await readStudyFolder(folder)
  const state = stateOf(info.order, progress, false)
  expect(info.order.map(({ variant }) => variant)).toEqual(['base', 'changed', 'changed', 'base'])
  expect(state.counted.map(({ index }) => index)).toEqual([1, 2, 3, 4])
  expect(new Set(state.counted.map(({ folder: own }) => own)).size).toBe(4)
  expect(state.halves).toHaveLength(halves)
  expect(readdirSync(join(folder, 'blocks'))).toHaveLength(4 + halves)
  const comparison = JSON.parse(readFileSync(join(folder, 'comparison.json'), 'utf8')) as Comparison
  expect(comparison.variants.map(({ variant, restarts }) => [variant, restarts])).toEqual([
    ['base', 2],
    ['changed', 2],
  ])
}

test.concurrent(
  'a study that is killed in mid-block is gone on with: restored first, nothing counted twice',
  async ({ expect }) => {
    const target = await aim('killed')
    const { file, out, flags } = target
    const first = startCli(['run', file, ...flags, '--out', out])
    await first.shown('block 3 of 4: changed')
    // The variant is in place, and its block is under way.
    const bears = async () => {
      const now = await read(pathOf('killed'))
      return (
        now.metadata.annotations?.[JOURNAL_ANNOTATION] !== undefined &&
        now.spec.template.spec.terminationGracePeriodSeconds === 7
      )
    }
    const folder = studyIn(out)
    const isMeasuring = async () =>
      (await bears()) && existsSync(join(folder, 'blocks', '003-changed', 'events.jsonl'))
    await expect.poll(isMeasuring, { interval: 20 }).toBe(true)
    first.child.kill('SIGKILL')
    await first.result
    expect(await bears()).toBe(true)

    const other = await runCli(['run', file, ...flags, '--out', out, '--restarts', '2', '--resume', folder])
    expect(other).toMatchObject({ code: 2 })
    expect(other.stderr).toContain('it was started with another scenario, or with other flags')
    if (!WAITS_FOR_LEASE) {
      const lease = await read(leaseOf('killed'))
      delete lease.spec.holderIdentity
      await cluster.lab.call('PUT', leaseOf('killed'), lease)
    }
    const { code, stderr } = await runCli(['run', ...flags, '--out', out, '--resume', folder])
    expect(stderr).toContain('the last session left a variant: putting it back first')
    expect(stderr).toContain('2 blocks to go')
    expect(code, stderr).toBe(4)
    await expectWhole(folder, 1)
    await expectOriginal(target)

    const summary = join(cluster.folder, 'summary.md')
    const again = await runCli(['run', ...flags, '--out', out, '--resume', folder], {
      env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary },
    })
    expect(again.stderr).toContain('nothing left to do')
    expect(again.stderr).toContain('\n::error title=rollproof study INCONCLUSIVE%3A killed::')
    expect(readFileSync(summary, 'utf8')).toBe(readFileSync(join(folder, 'comparison.md'), 'utf8'))
    await expectWhole(folder, 1)
  },
  PATIENCE_MS,
)

test.concurrent(
  'a signal stops a study after it is put back, and the report tells what there is',
  async ({ expect }) => {
    const target = await aim('stopped')
    const { file, out, flags } = target
    const first = startCli(['run', file, ...flags, '--out', out])
    await first.shown('block 2 of 4: changed')
    first.child.kill('SIGINT')
    const { code, stdout, stderr } = await first.result
    expect(stderr).toContain('stopping and putting back')
    expect(code).toBe(130)
    expect(stdout).toContain('3 blocks are still to be measured')
    await expectOriginal(target)
    const folder = studyIn(out)
    const { progress } = await readStudyFolder(folder)
    expect(progress.at(-1)).toMatchObject({ type: 'session.ended', reason: 'interrupted' })

    await cluster.lab.call('DELETE', pathOf('stopped'))
    await cluster.lab.call('POST', '/apis/apps/v1/namespaces/shop/deployments', webDeployment({}, 'stopped'))
    await cluster.lab.rolledOut('stopped')
    const resumed = await runCli(['run', file, ...flags, '--resume', folder])
    expect(resumed.stderr).toContain('deployment shop/stopped was deleted and created again')
    expect(resumed.code).toBe(2)

    const report = await runCli(['report', folder, '-o', 'json'])
    expect((JSON.parse(report.stdout) as Comparison).variants.map(({ variant }) => variant)).toEqual(['base'])
  },
  PATIENCE_MS,
)
