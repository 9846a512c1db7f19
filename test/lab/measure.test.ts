import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labConfig } from '../../src/lab/lab-config.ts'
import { type Lab, startLab } from '../../src/lab/start-lab.ts'
import type { Measurement } from '../../src/model/measurement.ts'
import { LAB_DEFAULTS } from '../../src/scenario/defaults.ts'
import { runCli } from '../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollproof-measure-'))
/** The news of an ending pod takes so long at most, ms. */
const PROPAGATION_MS = 800
let lab: Lab

beforeAll(async () => {
  const app = { ...LAB_DEFAULTS.app, onSigterm: 'close-listener' as const, startupMs: 100, readyMs: 0 }
  const service = { propagationMs: 600, jitterMs: 200 }
  lab = await startLab(
    labConfig({
      ...LAB_DEFAULTS,
      replicas: 2,
      maxSurge: 2,
      gracePeriodSeconds: 10,
      preStop: 'none',
      preStopSeconds: 0,
      app,
      service,
    }),
  )
})
afterAll(async () => {
  await lab.stop()
  rmSync(folder, { recursive: true, force: true })
})

const template = async (): Promise<unknown> => {
  const answer = await fetch(`${lab.apiUrl}/apis/apps/v1/namespaces/shop/deployments/web`)
  const { metadata, spec } = (await answer.json()) as {
    readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
    readonly spec: { readonly template: unknown }
  }
  const journal = Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith('rollproof'))
  return { journal, template: spec.template }
}

test('measures what the news takes, recommends a preStop for it, and leaves the Deployment as it was', async () => {
  const before = await template()
  const { code, stdout, stderr } = await runCli([
    ...['measure', '--kubeconfig', lab.kubeconfig, '--yes', '-q', '-o', 'json', '--out', folder],
    ...[
      '--target',
      lab.serviceUrl,
      '--resolver',
      lab.resolver,
      '--deployment',
      'shop/web',
      '--pre-stop',
      '3s',
    ],
    ...['--rate', '100', '--connections', 'fresh', '--timeout', '2s'],
    ...['--set', 'limits.scheduleLag=500ms', '--set', 'limits.stall=1s'],
    ...['--set', 'rollout.baseline=1s', '--set', 'rollout.settle=1s', '--set', 'rollout.recovery=0'],
  ])
  expect(stderr).toBe('')
  const measurement = JSON.parse(stdout) as Measurement
  expect(measurement.problems).toEqual([])
  expect(code).toBe(0)
  expect(measurement.drain).toMatchObject({ n: 2, censored: 0 })
  expect(measurement.drain.maxMs).toBeGreaterThan(200)
  // The watch tells of a termination late, never early; a busy machine adds to the news.
  expect(measurement.drain.maxMs).toBeLessThan(PROPAGATION_MS + 1500)
  expect(measurement.preStopSeconds).toBeGreaterThanOrEqual(1)
  expect(measurement.patch).toContain(`seconds: ${measurement.preStopSeconds}`)
  expect(await template()).toEqual(before)
  const [results = ''] = readdirSync(folder)
  expect(JSON.parse(readFileSync(join(folder, results, 'measurement.json'), 'utf8'))).toEqual(measurement)
  expect(readFileSync(join(folder, results, 'journal.jsonl'), 'utf8')).toContain('"type":"restored"')
})

test('a preStop in fractions of a second is refused before anything is done', async () => {
  const { code, stderr } = await runCli([
    ...['measure', '--kubeconfig', lab.kubeconfig, '--yes', '--target', lab.serviceUrl],
    ...['--deployment', 'shop/web', '--pre-stop', '1500ms'],
  ])
  expect(code).toBe(2)
  expect(stderr).toContain('whole seconds')
})
