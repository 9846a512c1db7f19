import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../src/kernel/clock.ts'
import { JOURNAL_ANNOTATION, JOURNAL_PATH } from '../../src/model/journal.ts'
import { specHash } from '../../src/orchestrator/journal/spec-hash.ts'
import { startCli } from './cli.ts'
import { webDeployment } from './lab-objects.ts'
import { type RecordedRequest, type RecordingProxy, startRecordingProxy } from './recording-proxy.ts'
import { type SmallCluster, startSmallCluster } from './small-run.ts'

/** What changes a Deployment and puts it back. */
export const CHANGES = ['study', 'measure', 'scale-down', 'image-change'] as const
export type Change = (typeof CHANGES)[number]

export const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
export type Interruption = keyof typeof CODES

/** One request in this many takes so long that an engine that waited for it would not restore within a second, ms. */
const SLOW_EVERY = 5
const SLOW_MS = 3_000

/** Answers at once, now and then late. */
const startSlowTarget = async (): Promise<{ readonly url: string; close(): Promise<void> }> => {
  let seen = 0
  const server = createServer((_request, response) => {
    seen += 1
    const timer = setTimeout(
      () => response.writeHead(200, { 'x-pod': 'web-1' }).end('ok\n'),
      seen % SLOW_EVERY === 0 ? SLOW_MS : 1,
    )
    response.on('close', () => clearTimeout(timer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export interface InterruptBench {
  readonly proxy: RecordingProxy
  /**
   * Starts a program on a Deployment of its own, sends it a signal once `isDue` says so, and waits for its end. `isDue` gets
   * the requests about that Deployment so far.
   */
  interrupt(
    name: string,
    change: Change,
    signal: Interruption,
    isDue: (requests: readonly RecordedRequest[]) => Promise<boolean>,
  ): Promise<Interrupted>
  stop(): Promise<void>
}

export interface Interrupted {
  readonly change: Change
  readonly signal: Interruption
  readonly code: number | null
  /** The signal ended the process itself: it had not begun to listen. */
  readonly killedBy: NodeJS.Signals | null
  /** The program had ended before the signal. */
  readonly wasOver: boolean
  readonly isOriginal: boolean
  /** Of the Lease after the end; `null` = nobody's. */
  readonly holder: string | null
  /** Whether the Deployment, read right after the signal, bore the journal. */
  readonly boreJournal: boolean
  /** Whether the API server was told to change it by then. */
  readonly wasApplied: boolean
  /** Changes that were sent after the signal and are no restore. */
  readonly lateChanges: number
  /** Whether the restore had been sent when the signal came. */
  readonly wasRestoring: boolean
  /** From the signal to the first write of a restore, ms; `null` = none came. */
  readonly restoreAfterMs: number | null
  /** Generation of the Deployment at the end; 1 = its spec was never changed. */
  readonly generation: number
  readonly requests: number
  readonly stderr: string
}

type Write = 'apply' | 'restore' | 'restart'

/** What a write to the Deployment is; `null` = none, or a dry run. */
export const writeOf = ({ method, path, query, body }: RecordedRequest): Write | null => {
  if (method !== 'PATCH' || !path.includes('/deployments/') || query.get('dryRun') === 'All') return null
  if (!Array.isArray(body)) return 'restart'
  const ofJournal = body.find((operation) => operation.op !== 'test' && operation.path === JOURNAL_PATH)
  return ofJournal?.op === 'add' ? 'apply' : 'restore'
}

const studyText = (name: string, target: string): string => `apiVersion: rollproof/v1
name: ${name}
target: {url: '${target}'}
deployment: shop/${name}
load: {vus: 3, pace: 200ms}
rollout: {restarts: 1, baseline: 300ms, settle: 200ms, recovery: 100ms}
study: {blocks: 1, seed: 2, repeat: false, rest: 0s}
variants:
  - name: grace
    patch: {spec: {template: {spec: {terminationGracePeriodSeconds: 7}}}}
  - name: surge
    patch: {spec: {strategy: {rollingUpdate: {maxSurge: 2}}}}
`

export const startInterruptBench = async (): Promise<InterruptBench> => {
  const cluster: SmallCluster = await startSmallCluster({ kubelet: { startMs: 4, readyMs: 4, stopMs: 6 } })
  const proxy = await startRecordingProxy(cluster.lab.url)
  const target = await startSlowTarget()
  const { lab } = cluster
  const collection = '/apis/apps/v1/namespaces/shop/deployments'

  const argsOf = (change: Change, name: string): readonly string[] => {
    const shared = ['--kubeconfig', cluster.kubeconfig(proxy.url), '--yes', '--quiet']
    if (change === 'study') {
      const file = join(cluster.folder, `${name}.yaml`)
      writeFileSync(file, studyText(name, target.url))
      return ['run', file, ...shared, '--out', join(cluster.folder, name)]
    }
    const times = ['baseline=300ms', 'settle=200ms', 'recovery=100ms'].flatMap((text) => [
      '--set',
      `rollout.${text}`,
    ])
    const load = ['--target', target.url, '--deployment', `shop/${name}`, ...times, '--out', cluster.folder]
    if (change === 'measure')
      return ['measure', ...shared, ...load, '--pre-stop', '3s', '--vus', '3', '--pace', '200ms']
    const more = change === 'scale-down' ? ['rollout.scaleTo=1'] : ['rollout.image=shop/web:2']
    const set = [`rollout.choreography=${change}`, ...more].flatMap((text) => ['--set', text])
    return ['run', ...shared, ...load, '--vus', '3', '--pace', '200ms', ...set, '--restarts', '2']
  }

  const interrupt: InterruptBench['interrupt'] = async (name, change, signal, isDue) => {
    const path = `${collection}/${name}`
    const read = async () => (await lab.call('GET', path)).body
    await lab.call('POST', collection, webDeployment({}, name))
    await lab.rolledOut(name)
    const original = specHash(await read())
    const own = (): readonly RecordedRequest[] =>
      proxy.requests.filter((one) => one.path.endsWith(`/${name}`) || one.path.endsWith(`/rollproof-${name}`))
    const cli = startCli(argsOf(change, name))
    const ended = new Promise<NodeJS.Signals | null>((resolve) => {
      cli.child.once('exit', (_, by) => resolve(by))
    })
    while (cli.child.exitCode === null && !(await isDue(own()))) await systemClock.sleepMs(5)
    const wasOver = cli.child.exitCode !== null
    const sentAtMs = performance.now()
    cli.child.kill(signal)
    const then = await read()
    const killedBy = await ended
    const { code, stderr } = await cli.result
    const writes = own().flatMap((request) => {
      const kind = writeOf(request)
      return kind === null || request.status >= 300 ? [] : [{ kind, atMs: request.atMs }]
    })
    const before = writes.filter(({ atMs }) => atMs <= sentAtMs)
    const after = writes.filter(({ atMs }) => atMs > sentAtMs)
    const restore = after.find(({ kind }) => kind === 'restore')
    // It did not hear the signal any more: it had given back the Lease, and was on its way out.
    const released = own().findLast(
      ({ method, path: at }) => method === 'PUT' && at.endsWith(`/rollproof-${name}`),
    )
    const wasLeaving =
      killedBy === null && !stderr.includes(`${signal}:`) && (released?.atMs ?? sentAtMs) < sentAtMs
    const now = await read()
    const lease = await lab.call(
      'GET',
      `/apis/coordination.k8s.io/v1/namespaces/shop/leases/rollproof-${name}`,
    )
    // The lab's two nodes have room for some hundred pods.
    await lab.call('DELETE', path)
    return {
      change,
      signal,
      code,
      killedBy,
      wasOver: wasOver || wasLeaving,
      isOriginal:
        specHash(now) === original &&
        now.metadata.annotations?.[JOURNAL_ANNOTATION] === undefined &&
        now.spec.replicas === 3,
      holder: lease.body.spec?.holderIdentity ?? null,
      boreJournal: then.metadata?.annotations?.[JOURNAL_ANNOTATION] !== undefined,
      wasApplied:
        before.filter(({ kind }) => kind === 'apply').length >
        before.filter(({ kind }) => kind === 'restore').length,
      wasRestoring: before.at(-1)?.kind === 'restore',
      lateChanges: after.filter(({ kind }) => kind !== 'restore').length,
      restoreAfterMs: restore === undefined ? null : restore.atMs - sentAtMs,
      generation: now.metadata.generation,
      requests: own().length,
      stderr,
    }
  }
  return {
    proxy,
    interrupt,
    stop: async () => {
      await proxy.close()
      await target.close()
      await cluster.stop()
    },
  }
}
