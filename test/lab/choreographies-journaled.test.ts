import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBundle } from '../../src/eventlog/bundle-reader.ts'
import { labConfig } from '../../src/lab/lab-config.ts'
import { type Lab, startLab } from '../../src/lab/start-lab.ts'
import type { RunReport } from '../../src/model/finding.ts'
import { LAB_DEFAULTS } from '../../src/scenario/defaults.ts'
import { runCli, startCli } from '../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollproof-journaled-'))
const OTHER_IMAGE = 'rollproof.local/sample-app:2'
let lab: Lab

beforeAll(async () => {
  const app = { ...LAB_DEFAULTS.app, startupMs: 300, readyMs: 0, drainMs: 0 }
  const service = { propagationMs: 100, jitterMs: 50 }
  lab = await startLab(
    labConfig({ ...LAB_DEFAULTS, preStopSeconds: 0, maxSurge: 2, maxUnavailable: 0, app, service }),
  )
})
afterAll(async () => {
  await lab.stop()
  rmSync(folder, { recursive: true, force: true })
})

const commandFor = (out: string, choreography: string, set: readonly string[]): string[] => [
  ...['run', '--kubeconfig', lab.kubeconfig, '--yes', '-q', '-o', 'json', '--out', out],
  ...['--target', lab.serviceUrl, '--resolver', lab.resolver, '--deployment', 'shop/web'],
  ...['--rate', '30', '--connections', 'fresh', '--timeout', '3s'],
  ...['--set', `rollout.choreography=${choreography}`, '--set', 'limits.scheduleLag=2s'],
  ...['--set', 'rollout.baseline=0', '--set', 'rollout.settle=0', '--set', 'rollout.recovery=0'],
  ...set.flatMap((pair) => ['--set', pair]),
]

const eventsIn = async (out: string) => (await readBundle(join(out, readdirSync(out)[0] ?? ''))).events

const performed = async (choreography: string, ...set: readonly string[]) => {
  const out = mkdtempSync(join(folder, choreography))
  const { stdout, stderr } = await runCli(commandFor(out, choreography, set))
  expect(stderr).toBe('')
  const report = JSON.parse(stdout) as RunReport
  const rolled = report.reasons.find(({ id }) => id === 'H8')
  return { report, rolled, events: await eventsIn(out) }
}

const url = () => `${lab.apiUrl}/apis/apps/v1/namespaces/shop/deployments/web`

/** What a choreography may leave nothing of. */
const written = async () => {
  const { metadata, spec } = (await (await fetch(url())).json()) as {
    readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
    readonly spec: {
      readonly template: {
        readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
        readonly spec: { readonly containers: readonly { readonly image: string }[] }
      }
    }
  }
  return {
    journals: Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith('rollproof')),
    image: spec.template.spec.containers[0]?.image,
    restartedAt: spec.template.metadata.annotations?.['kubectl.kubernetes.io/restartedAt'],
  }
}

const untilImageIs = async (image: string): Promise<void> => {
  const answer = await fetch(`${lab.apiUrl}/apis/apps/v1/namespaces/shop/deployments?watch=true`)
  const decoder = new TextDecoder()
  let seen = ''
  for await (const chunk of answer.body ?? []) {
    seen += decoder.decode(chunk, { stream: true })
    if (seen.includes(`"image":"${image}"`)) return
  }
}

const setImage = async (image: string): Promise<number> => {
  const { spec } = { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } }
  const headers = { 'content-type': 'application/strategic-merge-patch+json' }
  return (await fetch(url(), { method: 'PATCH', headers, body: JSON.stringify({ spec }) })).status
}

/** Pods at a time. One: a rollout takes so long that what is done in the middle of it comes in the middle, however busy the machine. */
const surge = async (maxSurge: number): Promise<void> => {
  const headers = { 'content-type': 'application/merge-patch+json' }
  const body = JSON.stringify({ spec: { strategy: { rollingUpdate: { maxSurge } } } })
  expect((await fetch(url(), { method: 'PATCH', headers, body })).status).toBe(200)
}

test('an image is changed and changed back in turn, and put back at the end, which counts as no rollout', async () => {
  const before = await written()
  const { rolled, events, report } = await performed(
    'image-change',
    `rollout.image=${OTHER_IMAGE}`,
    'rollout.restarts=3',
  )
  expect(rolled).toMatchObject({ holds: true, value: expect.stringContaining('3 complete') })
  expect(report.rollouts).toHaveLength(3)
  expect(report.bounds.terminations).toBe(12)
  const images = events.flatMap((event) =>
    event.type === 'workload.changed' && event.detail.startsWith('images') ? [event.foreign] : [],
  )
  expect(images).toEqual([false, false, false])
  expect(await written()).toEqual(before)
})

test('a run that is interrupted while the image is another one puts it back', async () => {
  await surge(1)
  const before = await written()
  const out = mkdtempSync(join(folder, 'interrupted'))
  const cli = startCli(commandFor(out, 'image-change', [`rollout.image=${OTHER_IMAGE}`]))
  await untilImageIs(OTHER_IMAGE)
  cli.child.kill('SIGINT')
  expect((await cli.result).code).toBe(130)
  expect((await eventsIn(out)).map(({ type }) => type)).toContain('journal.restored')
  expect(await written()).toEqual(before)
})

test('an image that it has already is refused before anything is started', async () => {
  const { image } = await written()
  const { stderr, code } = await runCli(commandFor(folder, 'image-change', [`rollout.image=${image}`]))
  expect(stderr).toContain(`has image ${image} already; nothing was changed`)
  expect(code).toBe(3)
})

test.each([
  ['half-way', 2, []],
  ['completed', 8, ['rollout.undo=completed', `rollout.image=${OTHER_IMAGE}`]],
])('a new revision is rolled back %s, and its pods had to go for it (at least %d)', async (_, least, set) => {
  await surge(set.length === 0 ? 1 : 2)
  const before = await written()
  const { rolled, events, report } = await performed('rollback', ...set)
  expect(rolled).toMatchObject({ holds: true, value: expect.stringContaining('1 complete') })
  expect(report.rollouts).toHaveLength(1)
  expect(report.bounds.terminations).toBeGreaterThanOrEqual(least)
  expect(report.reasons.find(({ id }) => id === 'H7')?.value).not.toBe('no pod was replaced')
  expect(events.map(({ type }) => type)).toContain('journal.restored')
  expect(await written()).toEqual(before)
})

test('an image that somebody else changes meanwhile is left alone: exit code 5', async () => {
  await surge(1)
  const before = await written()
  const out = mkdtempSync(join(folder, 'conflict'))
  const cli = startCli(commandFor(out, 'image-change', [`rollout.image=${OTHER_IMAGE}`]))
  await untilImageIs(OTHER_IMAGE)
  expect(await setImage('rollproof.local/sample-app:3')).toBe(200)
  const { code, stderr } = await cli.result
  expect(stderr).toContain('/spec/template/spec/containers/0/image')
  expect(code).toBe(5)
  expect(await written()).toMatchObject({
    journals: ['rollproof.dev/journal'],
    image: 'rollproof.local/sample-app:3',
    restartedAt: before.restartedAt,
  })
})
