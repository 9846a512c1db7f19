import { execFile, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock as clock } from '../../../src/kernel/clock.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import { connectKube } from '../../../src/kube/client.ts'
import type { Outage } from './judge.ts'
import { APPS, type App } from './plan.ts'
import { answersWell } from './witness.ts'

/** Addresses of the copies of the demo, each in a namespace of its own. */
export const PLACES: Readonly<Record<App, { namespace: string; clusterIp: string; nodePort: number }>> = {
  all: { namespace: 'kill-all', clusterIp: '10.96.50.91', nodePort: 30_091 },
  bare: { namespace: 'kill-bare', clusterIp: '10.96.50.92', nodePort: 30_092 },
}
const REPLICAS = 2
const PROBE_EVERY_MS = 20
const NODES = [1, 2]
const run = promisify(execFile)

/** `../shared/kube`'s demo manifest of this name, for another namespace, address and number of pods. */
export const manifestOf = (folder: string, app: App): string => {
  const { namespace, clusterIp, nodePort } = PLACES[app]
  return (
    readFileSync(join(folder, 'manifests', `${app}.yaml`), 'utf8')
      .replaceAll('namespace: demo', `namespace: ${namespace}`)
      .replace('metadata: {name: demo}\n---', `metadata: {name: ${namespace}}\n---`)
      .replace('clusterIP: 10.96.50.80', `clusterIP: ${clusterIp}`)
      .replace('nodePort: 30080', `nodePort: ${nodePort}`)
      .replace('host: demo.test', `host: ${namespace}.test`)
      .replace('replicas: 4', `replicas: ${REPLICAS}`)
      // Else a kubelet waits for minutes for the volume of its token, after some losses of the API server.
      .replace(
        '      terminationGracePeriodSeconds',
        '      automountServiceAccountToken: false\n      terminationGracePeriodSeconds',
      )
  )
}

const kubectl = (args: readonly string[]): Promise<unknown> => run('kubectl', [...args])

export const applyApp = async (folder: string, app: App): Promise<void> => {
  const child = spawn('kubectl', ['apply', '-f', '-'], { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(manifestOf(folder, app))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`kubectl apply of ${app} ended with ${code}`)
}

const jsonPath = async (args: readonly string[], path: string): Promise<string> => {
  const { stdout } = await run('kubectl', ['get', ...args, '-o', `jsonpath=${path}`])
  return stdout.trim().split(/\s+/).sort().join(' ')
}

/** Every pod runs and is an endpoint, nothing else is, and new connections reach them. */
const standsStill = async (app: App): Promise<boolean> => {
  const { namespace, clusterIp } = PLACES[app]
  const pods = await jsonPath(['pods', '-n', namespace], '{.items[*].status.podIP}')
  const endpoints = await jsonPath(
    ['endpointslices', '-n', namespace],
    '{.items[*].endpoints[?(@.conditions.ready==true)].addresses[0]}',
  )
  return pods.split(' ').length === REPLICAS && pods === endpoints && answersWell(`http://${clusterIp}/`, 20)
}

/**
 * Waits until both apps stand still, and what kube-proxy knows of them (it comes back to a restarted API server when it
 * likes), then forgets connections to pods that are gone (see README of the cluster).
 */
export const settle = async (folder: string): Promise<void> => {
  await restartControllers()
  for (const app of APPS) {
    const inNamespace = ['-n', PLACES[app].namespace]
    await kubectl([...inNamespace, 'rollout', 'status', 'deployment/demo', '--timeout=180s'])
    while (!((await standsStill(app)) && (await standsStill(app)))) await clock.sleepMs(500)
    // A run that ended while the API server was away could not give its Lease back; the next one need not wait for that.
    await kubectl([...inNamespace, 'delete', 'lease', 'rollproof-demo', '--ignore-not-found'])
    for (const node of NODES) {
      const forget = ['--node', `${node}`, 'conntrack', '-D', '-p', 'tcp', '-d', PLACES[app].clusterIp]
      // Exit code 1: there was nothing to delete.
      await run(join(folder, 'in'), forget).catch(() => {})
    }
  }
}

/** How often the Deployment was changed since it was made. */
export const generationOf = async (app: App): Promise<number> => {
  const kube = await connectKube({ clock, kubeconfig: null, context: null, env: process.env })
  try {
    return (await kube.reader.readDeployment(PLACES[app].namespace, 'demo')).generation
  } finally {
    await kube.close()
  }
}

/** Whether a control-plane program answers 200 on its address. */
const isReady = (server: string, path = '/readyz'): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get(
      `${server}${path}`,
      { rejectUnauthorized: false, agent: false, timeout: 1000 },
      (answer) => {
        answer.resume()
        resolve(answer.statusCode === 200)
      },
    )
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve(false))
  })

const STATE = process.env.ROLLPROOF_KUBE_STATE ?? '/tmp/rollproof-kube'
const CONTROLLERS = [
  { name: 'kube-controller-manager', health: 'https://127.0.0.1:10257' },
  { name: 'kube-scheduler', health: 'https://127.0.0.1:10259' },
] as const
const commands = new Map<string, readonly string[]>()

/** The process of a control-plane program as `up` noted it, and when it began, in clock ticks; `null` = it has ended. */
const processOf = (name: string): { readonly pid: number; readonly began: string } | null => {
  const [pid = '', noted] = readFileSync(join(STATE, 'pids', name), 'utf8').split(' ')
  const began = beganAt(Number(pid))
  return began !== null && began === noted ? { pid: Number(pid), began } : null
}
const beganAt = (pid: number): string | null => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return fields[0] === 'Z' ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}

/** How the controllers were started, so that they can be started again. */
export const learnControllers = (): void => {
  for (const { name } of CONTROLLERS) {
    const found = processOf(name)
    if (found === null) throw new Error(`${name} is not running`)
    const command = readFileSync(`/proc/${found.pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
    commands.set(name, command)
  }
}

/**
 * Starts controller manager and scheduler afresh. Their watches wait up to half a minute after several losses of the API
 * server, and forget that only slowly; and they end for good when it refuses them while it starts. Where a supervisor
 * looks after them, both is mended by it.
 */
const restartControllers = async (): Promise<void> => {
  for (const { name, health } of CONTROLLERS) {
    for (let attempt = 0; attempt === 0 || processOf(name) === null; attempt++) {
      const running = processOf(name)
      if (running !== null) process.kill(running.pid, 'SIGKILL')
      const [program = '', ...args] = commands.get(name) ?? []
      const log = openSync(join(STATE, 'log', `${name}.log`), 'a')
      const { PATH } = process.env
      const child = spawn(program, args, {
        cwd: STATE,
        env: { PATH },
        detached: true,
        stdio: ['ignore', log, log],
      })
      child.unref()
      closeSync(log)
      const { pid = 0 } = child
      while (beganAt(pid) === null) await clock.sleepMs(20)
      writeFileSync(join(STATE, 'pids', name), `${pid} ${beganAt(pid)} ${name}\n`)
      while (processOf(name) !== null && !(await isReady(health, '/healthz'))) await clock.sleepMs(100)
    }
  }
}

/**
 * Kills the API server, leaves it down, starts it again. The times are those of a probe of our own, every 20 ms, so that
 * they do not rest on what the program under test says.
 */
export const killApiServer = async (folder: string, server: string, downMs: number): Promise<Outage> => {
  const restarting = run(join(folder, 'restart'), ['kube-apiserver', `${downMs / 1000}`])
  let over = false
  const ended = restarting.finally(() => {
    over = true
  })
  ended.catch(() => {})
  let downAtMs: number | null = null
  for (;;) {
    const ready = await isReady(server)
    if (downAtMs === null && !ready) downAtMs = Date.now()
    if (downAtMs !== null && ready) break
    if (downAtMs === null && over) throw new Error('the API server was never seen down')
    await clock.sleepMs(PROBE_EVERY_MS)
  }
  const upAtMs = Date.now()
  await ended
  await restartControllers()
  return { downAtMs, upAtMs }
}

/** Seeds of rounds: each round has its own stream, so that a round can be had again. */
export const roundRandom = (seed: number, index: number) => seededRandom(seed).fork(`round-${index}`)
