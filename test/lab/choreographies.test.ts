import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBundle } from '../../src/eventlog/bundle-reader.ts'
import { labConfig } from '../../src/lab/lab-config.ts'
import { type Lab, startLab } from '../../src/lab/start-lab.ts'
import type { RunReport } from '../../src/model/finding.ts'
import { LAB_DEFAULTS } from '../../src/scenario/defaults.ts'
import { runCli } from '../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollproof-choreographies-'))
let lab: Lab

beforeAll(async () => {
  const app = { ...LAB_DEFAULTS.app, startupMs: 300, readyMs: 0, drainMs: 500 }
  const service = { propagationMs: 100, jitterMs: 50 }
  lab = await startLab(labConfig({ ...LAB_DEFAULTS, preStopSeconds: 1, app, service }))
})
afterAll(async () => {
  await lab.stop()
  rmSync(folder, { recursive: true, force: true })
})

const performed = async (choreography: string) => {
  const out = join(folder, `${choreography}-${readdirSync(folder).length}`)
  const { stdout, stderr } = await runCli([
    ...['run', '--kubeconfig', lab.kubeconfig, '--yes', '-q', '-o', 'json', '--out', out],
    ...['--target', lab.serviceUrl, '--resolver', lab.resolver, '--deployment', 'shop/web'],
    ...['--rate', '60', '--connections', 'fresh', '--timeout', '3s'],
    ...['--set', `rollout.choreography=${choreography}`, '--set', 'limits.scheduleLag=2s'],
    ...['--set', 'rollout.baseline=1s', '--set', 'rollout.settle=500ms', '--set', 'rollout.recovery=0'],
  ])
  expect(stderr).toBe('')
  const report = JSON.parse(stdout) as RunReport
  const { events } = await readBundle(join(out, readdirSync(out)[0] ?? ''))
  const rolled = report.reasons.find(({ id }) => id === 'H8')
  const answers = events.flatMap((event) => (event.type === 'eviction.answered' ? [event.answer] : []))
  return { report, events, rolled, answers }
}

const deployment = async () => {
  const answer = await fetch(`${lab.apiUrl}/apis/apps/v1/namespaces/shop/deployments/web`)
  return (await answer.json()) as {
    readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
    readonly spec: { readonly replicas: number }
  }
}

test('a second restart half way makes the pods of the first one old as well; all of them are seen gone', async () => {
  const { rolled, events, report } = await performed('restart-during-rollout')
  expect(rolled).toMatchObject({ holds: true })
  const accepted = events.filter(({ type }) => type === 'rollout.acknowledged')
  expect(accepted).toHaveLength(2)
  expect(report.rollouts).toHaveLength(1)
  expect(report.bounds.terminations).toBeGreaterThan(4)
})

test('scaling down ends half of the pods, and puts the number back with nothing left of it', async () => {
  const { rolled, events, report } = await performed('scale-down')
  expect(rolled).toMatchObject({ holds: true })
  expect(report.bounds.terminations).toBe(2)
  expect(events.map(({ type }) => type)).toContain('journal.restored')
  const { metadata, spec } = await deployment()
  expect(spec.replicas).toBe(4)
  expect(Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith('rollproof'))).toEqual([])
})

test('a node drain asks again where a PodDisruptionBudget refuses; without one all pods of the node go at once', async () => {
  const held = await performed('node-drain')
  expect(held.rolled).toMatchObject({ holds: true })
  expect(held.report.bounds.terminations).toBe(2)
  expect(held.answers).toContain('refused')
  expect(held.answers.filter((answer) => answer === 'evicted')).toHaveLength(2)
  const budget = `${lab.apiUrl}/apis/policy/v1/namespaces/shop/poddisruptionbudgets/web`
  expect((await fetch(budget, { method: 'DELETE' })).status).toBe(200)
  const free = await performed('node-drain')
  expect(free.rolled).toMatchObject({ holds: true })
  expect(free.answers.every((answer) => answer === 'evicted')).toBe(true)
  expect(free.answers.length).toBeGreaterThanOrEqual(2)
})
