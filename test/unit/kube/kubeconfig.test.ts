import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/kernel/clock.ts'
import { silentLogger } from '../../../src/kernel/logger.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import { connectKube, type KubeConnection } from '../../../src/kube/client.ts'
import { findTarget } from '../../../src/kube/kubeconfig.ts'
import { kubeconfigWith, writeExecPlugin } from '../../support/exec-plugin.ts'
import { apiDeployment } from './api-objects.ts'
import { type SmallApi, startSmallApi } from './small-api.ts'

let api: SmallApi
let folder: string
let admitted: string
const open: KubeConnection[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollproof-login-'))
  api = await startSmallApi()
  api.put('deployments', apiDeployment({}))
  admitted = 'Bearer token-1'
  api.intercept = (request, response) => {
    if (request.headers.authorization === admitted) return false
    response.writeHead(401).end('{"kind":"Status","message":"Unauthorized"}')
    return true
  }
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()))
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

const connect = async (user: object): Promise<KubeConnection> => {
  const kubeconfig = join(folder, 'config')
  writeFileSync(kubeconfig, kubeconfigWith(api.url, user))
  const connection = await connectKube({ clock: systemClock, kubeconfig, context: null, env: {} })
  open.push(connection)
  return connection
}
const exec = (command: string, more: object = {}) => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command, ...more },
})

describe('a credential plug-in', () => {
  test('is asked once for many calls, with what kubectl would tell it', async () => {
    const plugin = writeExecPlugin(folder)
    const { reader } = await connect(exec(plugin.command, { provideClusterInfo: true }))
    await Promise.all(Array.from({ length: 5 }, () => reader.readDeployment('shop', 'web')))
    expect(plugin.calls().map((line) => JSON.parse(line))).toEqual([
      {
        kind: 'ExecCredential',
        apiVersion: 'client.authentication.k8s.io/v1',
        spec: { interactive: false, cluster: { server: api.url, 'insecure-skip-tls-verify': true } },
      },
    ])
  })

  test('is asked again when its token has expired', async () => {
    const plugin = writeExecPlugin(folder, -5000)
    await connect(exec(plugin.command)).catch(() => {})
    const before = plugin.calls().length
    admitted = `Bearer token-${before + 1}`
    await connect(exec(plugin.command)).catch(() => {})
    expect(plugin.calls().length).toBeGreaterThan(before)
  })

  test('is asked again when its token is refused before it says that it expires, also by a watch', async () => {
    const plugin = writeExecPlugin(folder)
    const { reader } = await connect(exec(plugin.command))
    const stop = new AbortController()
    let openings = 0
    const watch = reader.watch(
      'deployments',
      { namespace: 'shop' },
      {
        clock: systemClock,
        random: seededRandom(1),
        log: silentLogger,
        signal: stop.signal,
        onNotice: ({ type }) => {
          if (type === 'opened') openings += 1
        },
      },
    )
    await watch.opened
    admitted = 'Bearer token-2'
    expect((await reader.readDeployment('shop', 'web')).name).toBe('web')
    expect(plugin.calls()).toHaveLength(2)
    admitted = 'Bearer token-3'
    api.end('rst')
    await expect.poll(() => openings).toBe(2)
    expect(plugin.calls()).toHaveLength(3)
    stop.abort()
    await watch.ended
  })

  test('named by a path is found beside the kubeconfig', async () => {
    mkdirSync(join(folder, 'bin'))
    const plugin = writeExecPlugin(join(folder, 'bin'))
    await connect(exec('bin/login'))
    expect(plugin.calls()).toHaveLength(1)
  })

  test('that fails is named with its own words', async () => {
    writeFileSync(join(folder, 'sad'), '#!/bin/sh\necho "no session; run: corp login" >&2\nexit 7\n', {
      mode: 0o755,
    })
    await expect(connect(exec(join(folder, 'sad')))).rejects.toMatchObject({
      code: 'KUBE_CONFIG',
      message: `the credential plug-in ${join(folder, 'sad')} of context rollproof-lab failed: no session; run: corp login`,
    })
  })

  test('that is missing is named with the hint of its makers', async () => {
    const user = exec('corp-login-that-is-not-there', { installHint: 'brew install corp-login' })
    await expect(connect(user)).rejects.toMatchObject({
      code: 'KUBE_CONFIG',
      message: expect.stringContaining('ENOENT'),
      hint: 'brew install corp-login',
    })
  })

  test('that prints no credential is named', async () => {
    writeFileSync(join(folder, 'chatty'), '#!/bin/sh\necho hello\n', { mode: 0o755 })
    await expect(connect(exec(join(folder, 'chatty')))).rejects.toMatchObject({
      code: 'KUBE_CONFIG',
      message: expect.stringContaining('chatty of context rollproof-lab failed'),
    })
  })
})

test('a token file is read again when its token is refused', async () => {
  writeFileSync(join(folder, 'token'), 'token-1\n')
  const { reader } = await connect({ tokenFile: 'token' })
  admitted = 'Bearer token-2'
  writeFileSync(join(folder, 'token'), 'token-2\n')
  expect((await reader.readDeployment('shop', 'web')).name).toBe('web')
})

describe('--in-cluster', () => {
  const serviceAccount = (): string => {
    writeFileSync(join(folder, 'token'), 'token-1')
    writeFileSync(join(folder, 'namespace'), 'shop\n')
    return folder
  }
  const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }
  const choice = { kubeconfig: null, context: null }

  test('is the cluster that the pod runs in, as its service account', async () => {
    const target = findTarget({ ...choice, inCluster: true, env, serviceAccountDir: serviceAccount() })
    expect(target).toMatchObject({
      context: 'in-cluster',
      server: 'https://10.96.0.1',
      namespace: 'shop',
    })
    expect((await target.login()).headers).toEqual({ Authorization: 'Bearer token-1' })
    const six = { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }
    const { server } = findTarget({ ...choice, inCluster: true, env: six, serviceAccountDir: folder })
    expect(server).toBe('https://[fd00::1]:6443')
  })

  test('is never taken without being told: in a pod without a kubeconfig there is none', () => {
    expect(() =>
      findTarget({ ...choice, env: { ...env, HOME: folder }, serviceAccountDir: serviceAccount() }),
    ).toThrow(
      expect.objectContaining({
        code: 'KUBE_CONFIG',
        hint: 'give --kubeconfig FILE, or --in-cluster for the cluster that this runs in',
      }),
    )
  })

  test('outside a pod, or without a token, is refused', () => {
    expect(() => findTarget({ ...choice, inCluster: true, env: {} })).toThrow(
      'KUBERNETES_SERVICE_HOST is not set',
    )
    expect(() => findTarget({ ...choice, inCluster: true, env, serviceAccountDir: folder })).toThrow(
      `there is no ${join(folder, 'token')}`,
    )
  })
})
