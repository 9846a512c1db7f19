import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { type LabAppConfig, type LabSettings, labConfig } from '../../../src/lab/lab-config.ts'
import { type Lab, startLab } from '../../../src/lab/start-lab.ts'
import type { TruthLine } from '../../../src/lab/truth/truth-log.ts'
import { LAB_DEFAULTS } from '../../../src/scenario/defaults.ts'
import { type RawFailure, startRawLoad } from './raw-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollproof-lab-test-'))
const labs: Lab[] = []
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.stop()))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A quick lab: two pods, paths that follow within 0.3 s. */
const settings = (change: Partial<LabSettings> = {}, app: Partial<LabAppConfig> = {}): LabSettings => ({
  ...LAB_DEFAULTS,
  replicas: 2,
  preStopSeconds: 1,
  probePeriodSeconds: 0.2,
  service: { propagationMs: 200, jitterMs: 100 },
  ingress: { ...LAB_DEFAULTS.ingress, propagationMs: 200, jitterMs: 100, connectTimeoutMs: 500 },
  ...change,
  app: { ...LAB_DEFAULTS.app, startupMs: 100, readyMs: 50, drainMs: 1000, ...app },
})

const start = async (wanted: LabSettings, truthFile: string | null = null): Promise<Lab> => {
  const lab = await startLab(labConfig(wanted, { truthFile }))
  labs.push(lab)
  return lab
}

interface Deployment {
  readonly metadata: { readonly generation: number }
  readonly spec: { readonly replicas: number }
  readonly status: Readonly<Record<string, number>>
}

const kube = async (lab: Lab, path: string, patch?: unknown): Promise<unknown> => {
  const response = await fetch(`${lab.apiUrl}${path}`, {
    ...(patch !== undefined && {
      method: 'PATCH',
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
      body: JSON.stringify(patch),
    }),
  })
  expect(response.status).toBe(200)
  return response.json()
}

/** What `kubectl rollout restart` does, until all old pods are gone. */
const restart = async (lab: Lab): Promise<void> => {
  const path = '/apis/apps/v1/namespaces/shop/deployments/web'
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() }
  await kube(lab, path, { spec: { template: { metadata: { annotations } } } })
  const isDone = async (): Promise<boolean> => {
    const { metadata, spec, status } = (await kube(lab, path)) as Deployment
    const pods = (await kube(lab, '/api/v1/namespaces/shop/pods')) as { items: unknown[] }
    return (
      (status.observedGeneration ?? 0) >= metadata.generation &&
      status.updatedReplicas === spec.replicas &&
      status.availableReplicas === spec.replicas &&
      pods.items.length === spec.replicas
    )
  }
  await expect.poll(isDone, { interval: 100 }).toBe(true)
}

const load = (lab: Lab, more: Partial<Parameters<typeof startRawLoad>[0]> = {}) =>
  startRawLoad({ url: lab.targetUrl, resolver: lab.resolver, vus: 60, paceMs: 300, timeoutMs: 2500, ...more })

const truthOf = (file: string): readonly TruthLine[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TruthLine)

/** CONTRACTS: by request id, else by client port, else by address and the nearest connect start. */
const causeOf = (failure: RawFailure, truth: readonly TruthLine[]): string => {
  const byId = truth.find(({ requestId }) => requestId === failure.requestId)
  const byPort = truth.find(
    (line) =>
      line.requestId === null &&
      line.clientPort !== null &&
      line.clientPort === failure.localPort &&
      line.remoteAddress === failure.address,
  )
  const away = (line: TruthLine): number => Math.abs(line.atMonotonicUs - failure.startedUs)
  // On a busy machine a connect starts long after the name was asked for.
  const [near] = truth
    .filter(
      (line) =>
        line.requestId === null &&
        line.clientPort === null &&
        line.remoteAddress === failure.address &&
        away(line) < 10_000_000,
    )
    .sort((a, b) => away(a) - away(b))
  return (byId ?? byPort ?? near)?.cause ?? `unknown: ${JSON.stringify(failure)}`
}

const tally = (list: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const item of list) counts[item] = (counts[item] ?? 0) + 1
  return counts
}

test('a well configured application loses nothing in a rolling update, on either path, kept alive or fresh', async () => {
  // Long enough that a busy machine lets everybody act on the news before the pod ends.
  const lab = await start(settings({ preStopSeconds: 2 }, { drainMs: 2000 }))
  const patient = { timeoutMs: 10_000 }
  const loads = [
    load(lab, patient),
    load(lab, { ...patient, fresh: true }),
    load(lab, { ...patient, url: lab.ingressUrl, method: 'POST' }),
  ]
  await restart(lab)
  const results = await Promise.all(loads.map((running) => running.stop()))
  expect(results.flatMap(({ failures }) => failures)).toEqual([])
  for (const { sent, ok, byPod } of results) {
    expect(ok).toBe(sent)
    // Two old pods and two new ones answered.
    expect([...byPod.keys()].filter((pod) => pod.startsWith('web-'))).toHaveLength(4)
  }
})

test('an application that stops listening at SIGTERM without preStop drops new connections, and the truth says A1', async () => {
  const truthFile = join(folder, 'a1.jsonl')
  const lab = await start(
    settings({ inject: ['A1'], service: { propagationMs: 700, jitterMs: 50 } }),
    truthFile,
  )
  // An answer may take its time on a busy machine; a connect into the void never ends.
  const running = load(lab, { fresh: true, timeoutMs: 6000 })
  await restart(lab)
  const { failures } = await running.stop()
  await lab.stop()
  const truth = truthOf(truthFile)
  const connects = failures.filter(({ what }) => what === 'ECONNREFUSED' || what === 'CONNECT_TIMEOUT')
  const causes = tally(connects.map((failure) => causeOf(failure, truth)))
  const kinds = tally(connects.map(({ what }) => what))
  expect(kinds.ECONNREFUSED).toBeGreaterThan(0)
  expect(kinds.CONNECT_TIMEOUT).toBeGreaterThan(0)
  expect(causes.A1).toBeGreaterThan(connects.length * 0.95)
})

test('an application that exits with requests in flight loses just those, and the truth says A16', async () => {
  const truthFile = join(folder, 'a16.jsonl')
  const lab = await start(settings({ inject: ['A16'] }), truthFile)
  const running = load(lab, { timeoutMs: 10_000 })
  await restart(lab)
  const { failures } = await running.stop()
  await lab.stop()
  const truth = truthOf(truthFile)
  expect(failures.length).toBeGreaterThan(0)
  expect(failures.every(({ reused }) => reused)).toBe(true)
  const causes = tally(failures.map((failure) => causeOf(failure, truth)))
  expect((causes.A16 ?? 0) + (causes.A6 ?? 0)).toBe(failures.length)
  expect(causes.A16).toBeGreaterThan(0)
})

test("a command of the user's runs instead of the sample app, with HOST and PORT in its environment", async () => {
  const script = `require("http").createServer((q, s) => s.end(process.env.POD_NAME)).listen(process.env.PORT, process.env.HOST)`
  const command = `${process.execPath} -e '${script}'`
  const lab = await start(settings({ preStop: 'none', preStopSeconds: 0 }, { command }))
  const pods = (await kube(lab, '/api/v1/namespaces/shop/pods')) as {
    items: { metadata: { name: string } }[]
  }
  const answer = await fetch(lab.ingressUrl)
  expect(pods.items.map(({ metadata }) => metadata.name)).toContain(await answer.text())
})

const processesOf = (group: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]) === group
      } catch {
        return false
      }
    })
    .map(Number)

test.runIf(existsSync('/proc/self/stat'))(
  'a lab that is killed leaves neither processes nor files behind',
  async () => {
    const command = `${process.execPath} -e 'require("http").createServer((q, s) => s.end()).listen(process.env.PORT, process.env.HOST)'`
    const lab = await start(settings({}, { command }))
    const children = processesOf(lab.pid)
    // Two pods, ingress, parking.
    expect(children).toHaveLength(4)
    process.kill(lab.pid, 'SIGKILL')
    await lab.exited
    await expect.poll(() => children.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([])
    await expect.poll(() => existsSync(dirname(lab.kubeconfig))).toBe(false)
  },
)

test('an injection that makes no sense is refused with what there is', async () => {
  await expect(startLab(labConfig(settings({ inject: ['Z1'] })))).rejects.toMatchObject({
    code: 'USAGE',
    hint: expect.stringContaining('A1'),
  })
})
