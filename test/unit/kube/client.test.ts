import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/kernel/clock.ts'
import { silentLogger } from '../../../src/kernel/logger.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import { type ConnectOptions, connectKube, type KubeConnection } from '../../../src/kube/client.ts'
import type { WatchNotice } from '../../../src/kube/ports.ts'
import type { PodSnapshot } from '../../../src/model/cluster.ts'
import { apiDeployment, apiPod } from './api-objects.ts'
import { kubeconfigOf, type SmallApi, startSmallApi } from './small-api.ts'

let api: SmallApi
let folder: string
const open: KubeConnection[] = []

beforeEach(async () => {
  api = await startSmallApi()
  folder = mkdtempSync(join(tmpdir(), 'rollproof-kube-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()))
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

const write = (name: string, text: string): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
const connect = async (more: Partial<ConnectOptions> = {}): Promise<KubeConnection> => {
  const connection = await connectKube({
    clock: systemClock,
    kubeconfig: write('config', kubeconfigOf('lab', api.url)),
    context: null,
    env: { HOME: folder },
    writes: { namespace: 'shop', name: 'web' },
    ...more,
  })
  open.push(connection)
  return connection
}
const codeOf = (code: string) => expect.objectContaining({ code })

describe('the kubeconfig', () => {
  test('of the flag wins over KUBECONFIG, and a plain http server works', async () => {
    const other = write('other', kubeconfigOf('other', 'http://127.0.0.1:1'))
    const { context, server, serverVersion, namespace } = await connect({ env: { KUBECONFIG: other } })
    expect({ context, server, serverVersion, namespace }).toEqual({
      context: 'lab',
      server: api.url,
      serverVersion: 'v1.34.0',
      namespace: 'default',
    })
  })

  test('of KUBECONFIG is a list: missing files are skipped, the first one that names a thing wins', async () => {
    const first = write('first', kubeconfigOf('a', api.url, {}, 'shop'))
    const second = write('second', kubeconfigOf('b', api.url, {}, 'other'))
    const env = { KUBECONFIG: [join(folder, 'missing'), first, second].join(delimiter) }
    expect((await connect({ kubeconfig: null, env })).namespace).toBe('shop')
    expect((await connect({ kubeconfig: null, env, context: 'b' })).namespace).toBe('other')
  })

  test('that is missing, unreadable or without the context is refused with what there is', async () => {
    const refusals: [Partial<ConnectOptions>, string][] = [
      [{ kubeconfig: join(folder, 'nix') }, 'there is no kubeconfig'],
      [{ kubeconfig: null, env: { HOME: folder } }, join('.kube', 'config')],
      [{ kubeconfig: write('bad', '{{{') }, 'cannot read kubeconfig'],
      [{ kubeconfig: write('text', 'hello') }, 'context'],
      [{ kubeconfig: write('empty', '') }, 'kubeconfig'],
      [{ context: 'nix' }, 'has no context nix'],
      [{ kubeconfig: write('nourl', kubeconfigOf('x', 'no url')) }, 'is no URL'],
    ]
    for (const [options, message] of refusals) {
      await expect(connect(options)).rejects.toThrow(codeOf('KUBE_CONFIG'))
      await expect(connect(options)).rejects.toThrow(message)
    }
    await expect(connect({ context: 'nix' })).rejects.toThrow(
      expect.objectContaining({ hint: 'it has: lab' }),
    )
  })
})

describe('calls', () => {
  test('carry the token and --as, and share connections', async () => {
    const kubeconfig = write('token', kubeconfigOf('lab', api.url, { token: 'secret' }))
    const { reader } = await connect({ kubeconfig, as: 'jane' })
    api.put('deployments', apiDeployment({}))
    for (let call = 0; call < 20; call++) await reader.readDeployment('shop', 'web')
    expect(api.connections).toBeLessThanOrEqual(2)
    expect(api.requests.at(-1)?.headers).toMatchObject({
      authorization: 'Bearer secret',
      'impersonate-user': 'jane',
    })
  })

  test('that are refused once with 401 are tried again, and only once', async () => {
    const { reader } = await connect()
    api.put('deployments', apiDeployment({}))
    let refusals = 1
    api.intercept = (_, response) => {
      if (refusals-- <= 0) return false
      response.writeHead(401).end('{"message":"Unauthorized"}')
      return true
    }
    expect((await reader.readDeployment('shop', 'web')).name).toBe('web')
    refusals = 2
    await expect(reader.readDeployment('shop', 'web')).rejects.toThrow(codeOf('KUBE_UNAUTHORIZED'))
  })

  test('to a page that is no API, to nobody, and without an answer end in a named error, never in a hang', async () => {
    const { reader } = await connect()
    api.intercept = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in</html>')
      return true
    }
    await expect(reader.readDeployment('shop', 'web')).rejects.toThrow(codeOf('KUBE_PROTOCOL'))
    api.intercept = () => true
    await expect(reader.readDeployment('shop', 'web', { timeoutMs: 50 })).rejects.toThrow(
      /cannot get deployments web in namespace shop on http:.*no answer within 0.05 s/,
    )
    api.intercept = (request) => {
      request.socket.resetAndDestroy()
      return true
    }
    await expect(reader.readDeployment('shop', 'web')).rejects.toThrow(codeOf('KUBE_UNREACHABLE'))

    const nobody = createServer()
    await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve))
    const address = nobody.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await new Promise((resolve) => nobody.close(resolve))
    const kubeconfig = write('nobody', kubeconfigOf('x', `http://127.0.0.1:${port}`))
    await expect(connect({ kubeconfig })).rejects.toThrow(
      expect.objectContaining({ code: 'KUBE_UNREACHABLE', hint: expect.stringContaining('nothing listens') }),
    )
  })

  test('stop at once when their signal aborts', async () => {
    const { reader } = await connect()
    api.intercept = () => true
    const stop = new AbortController()
    const call = reader.readDeployment('shop', 'web', { signal: stop.signal })
    await api.until(() => api.requests.length === 2)
    stop.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
  })
})

describe('a watch over HTTP', () => {
  const follow = async () => {
    const { reader } = await connect()
    const notices: WatchNotice<PodSnapshot>[] = []
    const checks = new Set<() => void>()
    const stop = new AbortController()
    const watch = reader.watch(
      'pods',
      { namespace: 'shop', labelSelector: 'app=web' },
      {
        clock: systemClock,
        random: seededRandom(1),
        log: silentLogger,
        signal: stop.signal,
        onNotice: (notice) => {
          notices.push(notice)
          for (const check of [...checks]) check()
        },
      },
    )
    await watch.opened
    const types = () => notices.map(({ type }) => type)
    const until = (holds: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!holds()) return
          checks.delete(check)
          resolve()
        }
        checks.add(check)
        check()
      })
    const opened = (times: number) =>
      until(() => types().filter((type) => type === 'opened').length === times)
    return { watch, notices, types, until, opened, stop }
  }

  test('lists, opens with selector and bookmarks, and tells each change', async () => {
    api.put('pods', apiPod('a', 'u1', ''))
    const { types, until, stop, watch, notices } = await follow()
    api.put('pods', apiPod('b', 'u2', ''))
    api.remove('pods', 'u1')
    await until(() => types().length === 4)
    expect(types()).toEqual(['listed', 'opened', 'changed', 'deleted'])
    expect(notices[2]).toMatchObject({ object: { uid: 'u2', name: 'b', resourceVersion: '102' } })
    expect(api.requests.at(-1)?.path).toMatch(
      /^\/api\/v1\/namespaces\/shop\/pods\?labelSelector=app%3Dweb&watch=true&allowWatchBookmarks=true&resourceVersion=101&timeoutSeconds=2[4-9]\d$/,
    )
    stop.abort()
    expect(await watch.ended).toBeNull()
    await api.until(() => api.streams === 0)
  })

  test('goes on from the last version after a planned end, and calls that no gap', async () => {
    const { types, until, opened, stop } = await follow()
    api.put('pods', apiPod('a', 'u1', ''))
    await until(() => types().includes('changed'))
    api.end('clean')
    await opened(2)
    api.put('pods', apiPod('b', 'u2', ''))
    await until(() => types().length === 5)
    expect(types()).toEqual(['listed', 'opened', 'changed', 'opened', 'changed'])
    stop.abort()
  })

  test.each(['fin', 'rst'] as const)(
    'tells a gap when it is cut (%s) inside a line, and loses nothing',
    async (how) => {
      const { types, until, opened, stop, notices } = await follow()
      api.write('pods', '{"type":"ADDED","object":{"metadata":{"na')
      api.end(how)
      await api.until(() => api.streams === 0)
      api.put('pods', apiPod('a', 'u1', ''))
      await opened(2)
      await until(() => types().includes('changed'))
      expect(types().filter((type) => type !== 'listed')).toEqual(['opened', 'gap', 'opened', 'changed'])
      expect(notices.find(({ type }) => type === 'gap')).toMatchObject({ resumedAtMs: expect.any(Number) })
      stop.abort()
    },
  )

  test('lists again after 410, as status and inside the stream, and says so', async () => {
    const { types, opened, stop, notices } = await follow()
    api.put('pods', apiPod('a', 'u1', ''))
    api.forget()
    api.end('clean')
    await opened(2)
    api.write(
      'pods',
      '{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}\n',
    )
    await opened(3)
    expect(types().filter((type) => type === 'listed')).toHaveLength(3)
    expect(types().filter((type) => type === 'gap')).toHaveLength(2)
    expect(notices.filter(({ type }) => type === 'listed').at(-1)).toMatchObject({
      why: 'too old resource version',
      items: [{ uid: 'u1' }],
    })
    stop.abort()
  })

  test('ends with the error when it is not allowed, and keeps trying when the server is not well', async () => {
    api.intercept = (request, response) => {
      if (!request.url?.includes('/pods')) return false
      response.writeHead(403).end('{"message":"no"}')
      return true
    }
    await expect(follow()).rejects.toThrow(codeOf('KUBE_FORBIDDEN'))
    let failures = 2
    api.intercept = (request, response) => {
      if (!request.url?.includes('/pods') || failures-- <= 0) return false
      response.writeHead(503).end('{"message":"starting"}')
      return true
    }
    const { stop, types } = await follow()
    expect(types()).toEqual(['listed', 'opened'])
    stop.abort()
  })
})
