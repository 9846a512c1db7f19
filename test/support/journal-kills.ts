import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readJournal } from '../../src/eventlog/journal-file.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { silentLogger } from '../../src/kernel/logger.ts'
import { kubeconfigFor } from '../../src/lab/server/kubeconfig.ts'
import { JOURNAL_ANNOTATION } from '../../src/model/journal.ts'
import { RESTARTED_AT } from '../../src/model/rollout.ts'
import { specHash } from '../../src/orchestrator/journal/spec-hash.ts'
import { type RestoreAnswer, restoreDeployment } from '../../src/run/restore.ts'
import { runCli } from './cli.ts'
import { type Fault, type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import type { ChildOrders } from './journal-child.ts'
import type { Json } from './lab-api.ts'
import { webDeployment, webService } from './lab-objects.ts'
import { startSmallCluster } from './small-run.ts'
import { MANY_CHANGES } from './variant-setup.ts'

/** Where a process is killed, or what its API server does to it. */
export type Point =
  | { readonly kind: 'request'; readonly at: number; readonly fault: Fault }
  | { readonly kind: 'line'; readonly at: number; readonly half: boolean }

/** What somebody else does between the kill and the restore. */
export const FOREIGN = [
  'our field',
  'another field',
  'a restart by kubectl',
  'a scale',
  'deleted',
  'created again',
  'journal taken away',
  'journal spoiled',
  'the Service',
] as const
export type Foreign = (typeof FOREIGN)[number]

export interface KillCase {
  readonly point: Point
  readonly foreign: Foreign | null
  /** Whether the restore has the killed process's folder. */
  readonly withFolder: boolean
  /** By the built program, as a user would; else by the function behind it. */
  readonly byProgram: boolean
}

/**
 * `closed`: the Deployment is gone or another one, or only what others did is left. `silent`: nothing was reported, and
 * something of ours is left. That must never be.
 */
export type KillVerdict = 'restored' | 'conflict' | 'closed' | 'silent' | 'crying wolf' | 'error'

export interface KillResult {
  readonly verdict: KillVerdict
  /** How the process ended: 0 and 1 restored by itself (1 after an error), 5 and 3 told that it could not; `null` killed. */
  readonly childCode: number | null
  readonly detail: string
}

const CHILD = fileURLToPath(new URL('journal-child.ts', import.meta.url))
const KUBECTL_RESTART = '2026-11-22T00:00:00Z'
const MERGE = { 'content-type': 'application/merge-patch+json' }

/** An API server on which processes are killed. */
export interface KillGround {
  /** Plain HTTP. */
  readonly url: string
  readonly namespace: string
  /** For folders of studies and kubeconfigs. */
  readonly folder: string
  /** `web`, as it is to be. */
  readonly deployment: object
  readonly service: object
  /** How long it is asked again while it does not answer, and how long a write may take, ms. */
  readonly patienceMs: number
  readonly writeTimeoutMs: number
  /** Between two looks at a rollout, ms. */
  readonly pollMs: number
  stop(): Promise<void>
}

/** The lab with played pods that are quick. */
export const labGround = async (): Promise<KillGround> => {
  const cluster = await startSmallCluster({ kubelet: { startMs: 4, readyMs: 4, stopMs: 6 } })
  return {
    url: cluster.lab.url,
    namespace: 'shop',
    folder: cluster.folder,
    deployment: webDeployment(),
    service: webService(),
    patienceMs: 10_000,
    writeTimeoutMs: 1_200,
    pollMs: 20,
    stop: () => cluster.stop(),
  }
}

interface Original {
  readonly objects: readonly Json[]
  readonly hashes: readonly string[]
  readonly templateHash: string | null
}

export interface KillBench {
  /** Requests and journal lines of one whole pass without any fault. */
  rehearse(): Promise<{ readonly requests: readonly string[]; readonly lines: number }>
  run(kill: KillCase): Promise<KillResult>
  stop(): Promise<void>
}

/** Processes that are killed, and a faulty way to the API server. Makes the objects anew. */
export const startKillBench = async (ground: KillGround): Promise<KillBench> => {
  const { namespace, folder: home } = ground
  const DEPLOYMENTS = `/apis/apps/v1/namespaces/${namespace}/deployments`
  const SERVICES = `/api/v1/namespaces/${namespace}/services`
  const BUDGETS = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`
  const SETS = `/apis/apps/v1/namespaces/${namespace}/replicasets`
  const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/rollproof-web`
  const OBJECTS = [`${DEPLOYMENTS}/web`, `${SERVICES}/web`, `${BUDGETS}/web`]
  const BUDGET = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
  }
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number; readonly body: Json }> => {
    const response = await fetch(`${ground.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { code: response.status, body: await response.json() }
  }
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    while (!(await holds())) await systemClock.sleepMs(30)
  }
  const hasNoSets = async (): Promise<boolean> => (await call('GET', SETS)).body.items.length === 0
  const isRolledOut = async (): Promise<boolean> => {
    const { spec, status, metadata } = (await call('GET', OBJECTS[0] ?? '')).body
    const wanted = spec?.replicas
    return (
      status?.observedGeneration === metadata.generation &&
      [status.updatedReplicas, status.replicas, status.availableReplicas].every((count) => count === wanted)
    )
  }
  const create = async (path: string, object: object): Promise<void> => {
    const { code, body } = await call('POST', path, object)
    if (code !== 201) throw new Error(`POST ${path}: ${code} ${JSON.stringify(body)}`)
  }
  const kubeconfigOf = (server: string): string => {
    const file = join(home, `kubeconfig-${server.replace(/\W+/g, '-')}`)
    writeFileSync(file, kubeconfigFor(server, namespace))
    return file
  }
  /** All anew. */
  const reset = async (): Promise<void> => {
    for (const path of OBJECTS) await call('DELETE', path)
    await until(hasNoSets)
    await create(DEPLOYMENTS, ground.deployment)
    await create(SERVICES, ground.service)
    await create(BUDGETS, BUDGET)
    await until(isRolledOut)
  }
  await reset()
  const proxy: FaultProxy = await startFaultProxy(ground.url)
  const faulty = kubeconfigOf(proxy.url)
  const direct = kubeconfigOf(ground.url)
  let next: Promise<ChildProcess> = prepare()

  function prepare(): Promise<ChildProcess> {
    const child = fork(CHILD, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
    return new Promise((resolve, reject) => {
      child.once('message', () => resolve(child))
      child.once('error', reject)
    })
  }

  const templateHashNow = async (): Promise<string | null> => {
    const { body: deployment } = await call('GET', OBJECTS[0] ?? '')
    const revision = deployment.metadata?.annotations?.['deployment.kubernetes.io/revision']
    const { body } = await call('GET', SETS)
    const current = body.items.find(
      (set: Json) =>
        set.metadata.ownerReferences?.[0]?.uid === deployment.metadata?.uid &&
        set.metadata.annotations?.['deployment.kubernetes.io/revision'] === revision,
    )
    return current?.metadata.labels['pod-template-hash'] ?? null
  }
  const look = async (): Promise<Original> => {
    const found = await Promise.all(OBJECTS.map((path) => call('GET', path)))
    const objects = found.map(({ body }) => body)
    return { objects, hashes: objects.map(specHash), templateHash: await templateHashNow() }
  }
  /** Whether the objects are what they were but for what was planted: nothing of ours is left, though nothing is equal. */
  const isOnlyForeign = async ({ objects }: Original, foreign: Foreign | null): Promise<boolean> => {
    const [deployment, service, budget] = structuredClone(objects)
    const template = deployment?.spec.template
    if (foreign === 'our field') template.spec.terminationGracePeriodSeconds = 77
    if (foreign === 'another field') template.spec.priorityClassName = 'high'
    if (foreign === 'a restart by kubectl') {
      template.metadata.annotations = { ...template.metadata.annotations, [RESTARTED_AT]: KUBECTL_RESTART }
    }
    const found = await Promise.all(OBJECTS.map((path) => call('GET', path)))
    const expected = [deployment, service, budget].map(specHash)
    return found.every(
      ({ body }, at) =>
        body.metadata?.annotations?.[JOURNAL_ANNOTATION] === undefined && specHash(body) === expected[at],
    )
  }
  const isOriginal = async (original: Original): Promise<string | null> => {
    const found = await Promise.all(OBJECTS.map((path) => call('GET', path)))
    const bearing = found.find(({ body }) => body.metadata?.annotations?.[JOURNAL_ANNOTATION] !== undefined)
    if (bearing !== undefined) return `${bearing.body.kind} still bears a journal`
    const wrong = found.find(({ body }, at) => specHash(body) !== original.hashes[at])
    if (wrong !== undefined) return `${wrong.body.kind} is not as it was: ${JSON.stringify(wrong.body.spec)}`
    const now = await templateHashNow()
    return now === original.templateHash ? null : `pod-template-hash ${now}, was ${original.templateHash}`
  }

  const plant = async (foreign: Foreign): Promise<void> => {
    const patch = (path: string, body: object) => call('PATCH', path, body, MERGE)
    const [deployment = '', service = ''] = OBJECTS
    switch (foreign) {
      case 'our field':
        await patch(deployment, { spec: { template: { spec: { terminationGracePeriodSeconds: 77 } } } })
        return
      case 'another field':
        await patch(deployment, { spec: { template: { spec: { priorityClassName: 'high' } } } })
        return
      case 'a restart by kubectl': {
        const annotations = { [RESTARTED_AT]: KUBECTL_RESTART }
        await patch(deployment, { spec: { template: { metadata: { annotations } } } })
        return
      }
      case 'a scale':
        await patch(deployment, { spec: { replicas: 4 } })
        return
      case 'deleted':
        await call('DELETE', deployment)
        return
      case 'created again': {
        const { body } = await call('GET', deployment)
        await call('DELETE', deployment)
        await until(hasNoSets)
        const {
          uid: _u,
          resourceVersion: _r,
          generation: _g,
          creationTimestamp: _c,
          ...metadata
        } = body.metadata
        await call('POST', DEPLOYMENTS, { ...body, metadata })
        return
      }
      case 'journal taken away':
        await patch(deployment, { metadata: { annotations: { [JOURNAL_ANNOTATION]: null } } })
        return
      case 'journal spoiled':
        await patch(deployment, { metadata: { annotations: { [JOURNAL_ANNOTATION]: '{"schemaVersion":1' } } })
        return
      case 'the Service':
        await patch(service, { spec: { publishNotReadyAddresses: null } })
        return
    }
  }

  const runChild = async (point: Point | null, folder: string): Promise<number | null> => {
    const child = await next
    const died = new Promise<null>((resolve) => child.once('exit', () => resolve(null)))
    const ended = new Promise<number>((resolve) => child.once('message', (code: number) => resolve(code)))
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL')
      await died
    }
    proxy.plan(point?.kind === 'request' ? { ...point, kill } : null)
    const orders: ChildOrders = {
      kubeconfig: faulty,
      folder,
      namespace,
      variant: MANY_CHANGES,
      restarts: 3,
      patienceMs: ground.patienceMs,
      writeTimeoutMs: ground.writeTimeoutMs,
      pollMs: ground.pollMs,
      dieAtLine: point?.kind === 'line' ? { line: point.at, half: point.half } : null,
    }
    child.send(orders)
    const code = await Promise.race([died, ended])
    // Killed while it told of its end: it is gone all the same.
    const lives = code !== null && child.exitCode === null && !child.killed
    if (!lives) next = prepare()
    child.removeAllListeners()
    return code
  }

  const restoreByProgram = async (
    folder: string | null,
  ): Promise<{ readonly isError: boolean; readonly objects: RestoreAnswer['objects'] }> => {
    const subject = ['--deployment', `${namespace}/web`, ...(folder === null ? [] : [folder])]
    const { code, stdout, stderr } = await runCli([
      'restore',
      ...subject,
      '--kubeconfig',
      direct,
      '-o',
      'json',
    ])
    if (code !== 0 && code !== 5) {
      // A Deployment that is gone, with no folder that knows it: there is nothing that could be restored.
      if (code === 3 && stderr.includes('there is no deployment')) return { isError: false, objects: [] }
      throw new Error(`restore ended with ${code}: ${stdout}${stderr}`)
    }
    return { isError: code === 5, objects: JSON.parse(stdout).objects }
  }

  const restoreByFunction = async (folder: string | null) => {
    const read = folder === null ? null : await readJournal(folder)
    const deployment = await call('GET', OBJECTS[0] ?? '')
    if (deployment.code === 404 && read?.ok !== true) return { isError: false, objects: [] }
    const { error, objects } = await restoreDeployment({
      kube: { kubeconfig: direct, context: null, env: {} },
      consent: { contextGiven: true, yes: true, expectedClusterUid: null, ask: null },
      target: { namespace, name: 'web' },
      local: read?.ok === true ? read.journal : null,
      dryRun: false,
      journal: null,
      version: '0.0.0',
      clock: systemClock,
      log: silentLogger,
      signal: new AbortController().signal,
    })
    return { isError: error !== null, objects }
  }

  const run = async (kill: KillCase): Promise<KillResult> => {
    const folder = mkdtempSync(join(home, 'study-'))
    const original = await look()
    const childCode = await runChild(kill.point, folder)
    if (kill.foreign !== null) await plant(kill.foreign)
    // The dead holder's Lease has run out: 30 s in which nothing happens.
    await call('DELETE', LEASE)
    const { isError, objects } = await (kill.byProgram ? restoreByProgram : restoreByFunction)(
      kill.withFolder ? folder : null,
    )
    const states = objects.map(({ kind, state }) => `${kind} ${state}`).join(', ')
    const left = await isOriginal(original)
    const isClosed =
      kill.foreign === 'deleted' ||
      kill.foreign === 'created again' ||
      (left !== null && (await isOnlyForeign(original, kill.foreign)))
    const verdict = judge(kill, isError, left, isClosed)
    const detail = `${states}${left === null ? '' : `; ${left}`}`
    if (left !== null || kill.foreign !== null) await reset()
    rmSync(folder, { recursive: true, force: true })
    return { verdict, childCode, detail }
  }

  return {
    rehearse: async () => {
      const folder = mkdtempSync(join(home, 'study-'))
      const code = await runChild(null, folder)
      if (code !== 0) throw new Error(`the rehearsal ended with ${code}`)
      const lines = readFileSync(join(folder, 'journal.jsonl'), 'utf8').split('\n').length - 1
      return { requests: [...proxy.seen], lines }
    },
    run,
    stop: async () => {
      const spare = await next
      spare.kill('SIGKILL')
      await proxy.close()
      await ground.stop()
    },
  }
}

/** Told as NOT_RESTORED, by the process itself or by the restore, though nobody else had touched anything: `crying wolf`. */
const judge = (
  { foreign }: KillCase,
  isError: boolean,
  left: string | null,
  isClosed: boolean,
): KillVerdict => {
  if (isError) return foreign === null ? 'crying wolf' : 'conflict'
  if (left === null) return 'restored'
  return isClosed ? 'closed' : 'silent'
}
