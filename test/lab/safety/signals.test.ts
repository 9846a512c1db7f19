import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/kernel/clock.ts'
import { type Random, seededRandom } from '../../../src/kernel/random.ts'
import { startCli } from '../../support/cli.ts'
import { webDeployment } from '../../support/lab-objects.ts'
import { type RecordingProxy, startRecordingProxy } from '../../support/recording-proxy.ts'
import { SMALL_RUN, type SmallCluster, startSmallCluster } from '../../support/small-run.ts'

/** ROLLPROOF_SIGNALS=200 for a long session. */
const SIGNALS = Number(process.env.ROLLPROOF_SIGNALS ?? 9)
const AT_ONCE = 3
const CODES = { SIGINT: 130, SIGTERM: 143 } as const
type Signal = keyof typeof CODES

let cluster: SmallCluster
let proxy: RecordingProxy

beforeAll(async () => {
  cluster = await startSmallCluster()
  proxy = await startRecordingProxy(cluster.lab.url)
})
afterAll(async () => {
  await proxy.close()
  await cluster.stop()
})

/** Starts a run of a minute on a Deployment of its own. */
const start = async (name: string) => {
  await cluster.lab.call('POST', '/apis/apps/v1/namespaces/shop/deployments', webDeployment({}, name))
  await cluster.lab.rolledOut(name)
  const { vus, pace, set } = SMALL_RUN
  const settings = set.flatMap((text) => ['--set', text])
  const cli = startCli([
    ...['run', '--kubeconfig', cluster.kubeconfig(proxy.url), '--yes', '--target', cluster.targetUrl],
    ...['--deployment', `shop/${name}`, '--vus', vus, '--pace', pace, ...settings],
    ...['--restarts', '9', '--duration', '60s', '--out', cluster.folder, '--quiet'],
  ])
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    cli.child.once('exit', (_, signal) => resolve(signal))
  })
  return { cli, ended }
}

const writesOf = (name: string) =>
  proxy.requests.filter(({ method, path, query }) => {
    const isDry = query.get('dryRun') === 'All'
    return (method === 'PATCH' || method === 'PUT' || method === 'POST') && !isDry && path.includes(name)
  })
const restartsOf = (name: string) => writesOf(name).filter(({ method }) => method === 'PATCH')
const holderOf = async (name: string): Promise<string | null> => {
  const path = `/apis/coordination.k8s.io/v1/namespaces/shop/leases/rollproof-${name}`
  return (await cluster.lab.call('GET', path)).body.spec?.holderIdentity ?? null
}

interface Ending {
  readonly code: number | null
  readonly killedBy: NodeJS.Signals | null
  readonly expected: number
  readonly signal: Signal
  readonly holder: string | null
  /** Restarts that were sent more than 5 s after the signal: those before may have been under way. */
  readonly lateRestarts: number
  /** From the signal to the lease given back; `null` when none was held. */
  readonly releasedAfterMs: number | null
  readonly stderr: string
}

const interrupt = async (index: number, random: Random): Promise<Ending> => {
  const name = `stop-${index}`
  const signal: Signal = random.next() < 0.5 ? 'SIGINT' : 'SIGTERM'
  const { cli, ended } = await start(name)
  // Some signals come while the program loads; most after its first request; and some when it holds its lease, however late that is.
  if (random.next() > 0.15 || index % 3 === 0) {
    const wanted = index % 3 === 0 ? '/leases' : ''
    const hasAsked = (): boolean =>
      proxy.requests.some(
        ({ method, path, body }) =>
          path.includes(wanted) &&
          (wanted === '' || method !== 'GET') &&
          `${path}${JSON.stringify(body)}`.includes(name),
      )
    await expect.poll(hasAsked, { interval: 20 }).toBe(true)
  }
  await systemClock.sleepMs(random.next() * 3000)
  const sentAtMs = performance.now()
  cli.child.kill(signal)
  const killedBy = await ended
  const { code, stderr } = await cli.result
  const release = proxy.requests.findLast(
    ({ method, path }) => method === 'PUT' && path.endsWith(`/rollproof-${name}`),
  )
  const holder = await holderOf(name)
  // The lab's two nodes have room for some hundred pods.
  await cluster.lab.call('DELETE', `/apis/apps/v1/namespaces/shop/deployments/${name}`)
  return {
    code,
    killedBy,
    expected: CODES[signal],
    signal,
    holder,
    lateRestarts: restartsOf(name).filter(({ atMs }) => atMs > sentAtMs + 5000).length,
    releasedAfterMs: release === undefined ? null : release.atMs - sentAtMs,
    stderr,
  }
}

describe(`${SIGNALS} signals at random times`, () => {
  test('each end with the right code, no further restart, and the lease given back', async () => {
    const endings: Ending[] = []
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < SIGNALS) {
        const index = next++
        endings.push(await interrupt(index, seededRandom(index + 1)))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
    const wrong = endings.filter(
      ({ code, killedBy, expected, signal, holder, lateRestarts }) =>
        // Only before its first line a signal ends it as it ends any process; it has done nothing by then.
        !(code === expected || killedBy === signal) || holder !== null || lateRestarts > 0,
    )
    expect(wrong).toEqual([])
    expect(endings.some(({ releasedAfterMs }) => releasedAfterMs !== null)).toBe(true)
  }, 1_800_000)
})

/** Whether the process catches SIGHUP by now, which only the program's own first lines ask for. Linux. */
const catchesHangUp = (pid: number): boolean => {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (BigInt(`0x${caught ?? '0'}`) & 1n) === 1n
}

test.skipIf(process.platform !== 'linux').each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s while the program loads ends it with %d', async (signal, code) => {
  const cli = startCli(['run', '--lab', '--target', cluster.targetUrl, '--out', cluster.folder])
  const { pid } = cli.child
  if (pid === undefined) throw new Error('not started')
  while (!catchesHangUp(pid)) await new Promise((resolve) => setImmediate(resolve))
  cli.child.kill(signal)
  expect(await cli.result).toMatchObject({ code, stdout: '' })
})

test('a second signal ends the program at once, with the code of the first', async () => {
  const { cli, ended } = await start('twice')
  await expect.poll(() => restartsOf('twice').length).toBeGreaterThan(0)
  cli.child.kill('SIGTERM')
  await cli.shown('again: stop at once')
  cli.child.kill('SIGINT')
  await ended
  expect((await cli.result).code).toBe(143)
})
