import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/kernel/clock.ts'
import { kubeconfigFor } from '../../src/lab/server/kubeconfig.ts'
import { JOURNAL_ANNOTATION } from '../../src/model/journal.ts'
import { LEASE_SECONDS } from '../../src/model/lease.ts'
import { RESTARTED_AT } from '../../src/model/rollout.ts'
import { specHash } from '../../src/orchestrator/journal/spec-hash.ts'
import { type ApiObject, asApiObject, firstOf } from './api-object.ts'
import { childProgram } from './build-child.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import {
  type ChildOrders,
  type Foreign,
  type KillCase,
  type KillResult,
  PHASES,
  type Phase,
  type Point,
  phaseFileOf,
} from './kill-case.ts'
import { judgeKill } from './kill-judgement.ts'
import { webDeployment, webService } from './lab-objects.ts'
import { restoreByProgram, restoreFrom } from './restore-from.ts'
import { startSmallCluster } from './small-run.ts'
import { MANY_CHANGES } from './variant-setup.ts'

const RESTARTS = 3
/** Line of the journal after which the variant stands: `opened`, `applying`, `applied`. */
const FIRST_APPLIED = 3
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

/** Where nothing hangs on purpose: a busy machine is no fault. */
export const PATIENT = { patienceMs: 60_000, writeTimeoutMs: 15_000 } as const

/** The lab with played pods that are quick. */
export const labGround = async (
  limits: Pick<KillGround, 'patienceMs' | 'writeTimeoutMs'> = { patienceMs: 10_000, writeTimeoutMs: 1_200 },
): Promise<KillGround> => {
  const cluster = await startSmallCluster({ kubelet: { startMs: 4, readyMs: 4, stopMs: 6 } })
  return {
    url: cluster.lab.url,
    namespace: 'shop',
    folder: cluster.folder,
    deployment: webDeployment(),
    service: webService(),
    ...limits,
    pollMs: 20,
    stop: () => cluster.stop(),
  }
}

interface Original {
  readonly objects: readonly ApiObject[]
  readonly hashes: readonly string[]
  readonly templateHash: string | null
}

export interface Rehearsal {
  readonly requests: readonly string[]
  readonly lines: number
  readonly restoreRequests: readonly string[]
}

export interface KillBench {
  /** Requests and journal lines of one whole pass without any fault, and the requests of a restore. */
  rehearse(): Promise<Rehearsal>
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
  ): Promise<{ readonly code: number; readonly body: ApiObject }> => {
    const response = await fetch(`${ground.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { code: response.status, body: asApiObject(await response.json()) }
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
  const program = await childProgram()
  let next: Promise<ChildProcess> = prepare()

  function prepare(): Promise<ChildProcess> {
    const child = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
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
      (set) =>
        set.metadata.ownerReferences?.[0]?.uid === deployment.metadata?.uid &&
        set.metadata.annotations?.['deployment.kubernetes.io/revision'] === revision,
    )
    return current?.metadata.labels?.['pod-template-hash'] ?? null
  }
  const look = async (): Promise<Original> => {
    const found = await Promise.all(OBJECTS.map((path) => call('GET', path)))
    const objects = found.map(({ body }) => body)
    return { objects, hashes: objects.map(specHash), templateHash: await templateHashNow() }
  }
  /** The objects as they were, with what was planted. */
  const expectedOf = ({ objects }: Original, foreign: Foreign | null): readonly ApiObject[] => {
    const expected = structuredClone(objects)
    const { template } = firstOf(expected).spec
    if (foreign === 'our field') template.spec.terminationGracePeriodSeconds = 77
    if (foreign === 'another field') template.spec.priorityClassName = 'high'
    if (foreign === 'a restart by kubectl') {
      template.metadata.annotations = { ...template.metadata.annotations, [RESTARTED_AT]: KUBECTL_RESTART }
    }
    return expected
  }
  /** Whether all is as it was; a journal too would be a difference. */
  const differenceFrom = async (original: Original): Promise<string | null> => {
    const { objects, hashes, templateHash } = await look()
    const bearing = objects.find(({ metadata }) => metadata?.annotations?.[JOURNAL_ANNOTATION] !== undefined)
    if (bearing !== undefined) return `${bearing.kind} still bears a journal`
    const wrong = objects.find((_, at) => hashes[at] !== original.hashes[at])
    if (wrong !== undefined) return `${wrong.kind} is not as it was: ${JSON.stringify(wrong.spec)}`
    return templateHash === original.templateHash
      ? null
      : `pod-template-hash ${templateHash}, was ${original.templateHash}`
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
      case 'created from its manifest':
        await call('DELETE', deployment)
        await until(hasNoSets)
        await create(DEPLOYMENTS, ground.deployment)
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

  const runChild = async (
    task: ChildOrders['task'],
    point: Point | null,
    folder: string,
    withFolder = true,
  ): Promise<number | null> => {
    const child = await next
    const died = new Promise<null>((resolve) => child.once('exit', () => resolve(null)))
    const ended = new Promise<number>((resolve) => child.once('message', (code: number) => resolve(code)))
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL')
      await died
    }
    proxy.plan(point?.kind === 'request' ? { ...point, kill } : null)
    const orders: ChildOrders = {
      task,
      kubeconfig: faulty,
      folder,
      withFolder,
      namespace,
      variant: MANY_CHANGES,
      restarts: RESTARTS,
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

  const holderOf = (lease: ApiObject): string | null => lease.spec?.holderIdentity ?? null
  /** The dead holder's Lease has run out: 30 s in which nothing happens. */
  const freeLease = () => call('DELETE', LEASE)

  /** A study that died with its variant applied, for a restore to work on. */
  const leaveBehind = async (folder: string, at: number): Promise<void> => {
    const point: Point = { kind: 'line', at: FIRST_APPLIED + (at % (1 + RESTARTS)), half: false }
    const code = await runChild('study', point, folder)
    if (code !== null)
      throw new Error(`a study ended with ${code}, and was to die at ${JSON.stringify(point)}`)
    await freeLease()
  }

  const run = async (kill: KillCase): Promise<KillResult> => {
    try {
      return await oneCase(kill)
    } catch (error) {
      // What it left must not be taken for the original by the next one.
      await reset()
      throw error
    }
  }

  const oneCase = async (kill: KillCase): Promise<KillResult> => {
    const folder = mkdtempSync(join(home, 'study-'))
    const original = await look()
    const dirty = original.objects.find(
      ({ metadata }) => metadata?.annotations?.[JOURNAL_ANNOTATION] !== undefined,
    )
    if (dirty !== undefined) throw new Error(`${dirty.kind} bears a journal before the case begins`)
    if (kill.victim === 'restore') await leaveBehind(folder, kill.point.at)
    const childCode = await runChild(kill.victim, kill.point, folder, kill.withFolder)
    const request = proxy.seen.at(-1) ?? null
    if (kill.foreign !== null) await plant(kill.foreign)
    if (!kill.waitsForLease) await freeLease()
    const before = (await call('GET', LEASE)).body
    const sinceMs = systemClock.nowMs()
    const restore = kill.byProgram ? restoreByProgram : restoreFrom
    const told = await restore(direct, namespace, kill.withFolder ? folder : null)
    const tookMs = systemClock.nowMs() - sinceMs
    const after = (await call('GET', LEASE)).body
    const hasWaited = holderOf(before) !== null && after.spec?.leaseTransitions > before.spec.leaseTransitions
    const waitedMs = hasWaited ? tookMs : null
    const states = told.objects.map(({ kind, state }) => `${kind} ${state}`).join(', ')
    const difference = await differenceFrom(original)
    const expected = expectedOf(original, kill.foreign)
    const { objects } = await look()
    const pairs = objects.map((now, at) => ({ now, expected: firstOf(expected.slice(at)) }))
    const judged = judgeKill(kill, told, pairs, difference === null)
    const verdict = waitedMs !== null && waitedMs < LEASE_SECONDS * 1000 ? 'stolen' : judged.verdict
    const said = [states, `left: ${judged.left.join(', ') || 'nothing'}`, difference ?? 'all as it was']
    const phase = existsSync(phaseFileOf(folder)) ? readFileSync(phaseFileOf(folder), 'utf8') : null
    if (difference !== null || kill.foreign !== null) await reset()
    rmSync(folder, { recursive: true, force: true })
    rmSync(phaseFileOf(folder), { force: true })
    return { verdict, childCode, detail: said.join('; '), phase: phaseOf(phase), request, waitedMs }
  }

  return {
    rehearse: async () => {
      const folder = mkdtempSync(join(home, 'study-'))
      const code = await runChild('study', null, folder)
      if (code !== 0) throw new Error(`the rehearsal ended with ${code}`)
      const lines = readFileSync(join(folder, 'journal.jsonl'), 'utf8').split('\n').length - 1
      const requests = [...proxy.seen]
      const left = mkdtempSync(join(home, 'study-'))
      await leaveBehind(left, 0)
      const restored = await runChild('restore', null, left)
      if (restored !== 0) throw new Error(`the rehearsal of a restore ended with ${restored}`)
      return { requests, lines, restoreRequests: [...proxy.seen] }
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

const phaseOf = (text: string | null): Phase | null => PHASES.find((phase) => phase === text) ?? null
