import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfigFor } from '../../../src/lab/server/kubeconfig.ts'
import { type LabApi, startLabApi } from '../../support/lab-api.ts'
import { webDeployment, webService } from '../../support/lab-objects.ts'

const KUBECTL = process.env.KUBECTL ?? 'kubectl'

const whyNot = (): string | null => {
  try {
    execFileSync(KUBECTL, ['version', '--client'], { stdio: 'ignore' })
    return null
  } catch {
    return `no kubectl: set KUBECTL or put one on PATH (tried ${KUBECTL})`
  }
}
const missing = whyNot()
if (missing !== null) console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== null)('stock kubectl', () => {
  let lab: LabApi
  const folder = mkdtempSync(join(tmpdir(), 'rollproof-kubectl-'))
  const manifest = join(folder, 'web.json')
  const environment = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, 'config') }
  const children = new Set<ChildProcess>()

  const run = (...args: string[]): { child: ChildProcess; output: () => string; done: Promise<string> } => {
    const child = spawn(KUBECTL, args, { env: environment })
    children.add(child)
    let text = ''
    const take = (chunk: Buffer): void => {
      text += chunk.toString()
    }
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)
    const done = new Promise<string>((resolve) => {
      child.on('close', () => {
        children.delete(child)
        resolve(text)
      })
    })
    return { child, output: () => text, done }
  }
  const kubectl = (...args: string[]): Promise<string> => run(...args).done
  const apply = (replicas: number, image: string): Promise<string> => {
    const deployment = webDeployment({ replicas })
    const { template } = deployment.spec
    const containers = template.spec.containers.map((container) => ({ ...container, image }))
    const items = [
      { ...deployment, spec: { ...deployment.spec, template: { ...template, spec: { containers } } } },
    ]
    writeFileSync(
      manifest,
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...items, webService()] }),
    )
    return kubectl('apply', '-f', manifest)
  }

  beforeAll(async () => {
    lab = await startLabApi({ kubelet: { startMs: 100, readyMs: 100, stopMs: 300 } })
    writeFileSync(environment.KUBECONFIG, kubeconfigFor(lab.url, 'shop'))
  })
  afterAll(async () => {
    for (const child of children) child.kill()
    await lab.stop()
    rmSync(folder, { recursive: true })
  })

  test('apply creates, leaves alone what is the same, and changes what differs', async () => {
    expect(await apply(3, 'shop/web:1')).toContain('deployment.apps/web created\nservice/web created')
    expect(await kubectl('rollout', 'status', 'deploy/web', '--timeout=20s')).toContain(
      'deployment "web" successfully rolled out',
    )
    expect(await apply(3, 'shop/web:1')).toContain('deployment.apps/web unchanged\nservice/web unchanged')
    expect(await apply(2, 'shop/web:2')).toContain('deployment.apps/web configured')
    await lab.rolledOut('web')
    expect(await kubectl('get', 'deploy', 'web', '-o', 'wide')).toMatch(
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\nweb +2\/2 +2 +2 +\d+s +web +shop\/web:2 +app=web\n$/,
    )
  })

  test('a restart is followed by get -w and rollout status until the old pods are gone', async () => {
    const watching = run('get', 'pods', '-o', 'wide', '-w')
    const shown = new Promise<void>((resolve) => watching.child.stdout?.once('data', () => resolve()))
    await Promise.race([shown, watching.done])
    expect(await kubectl('rollout', 'restart', 'deploy/web')).toBe('deployment.apps/web restarted\n')
    const status = await kubectl('rollout', 'status', 'deploy/web', '--timeout=20s')
    expect(status).toContain('Waiting for deployment "web" rollout to finish')
    expect(status).toContain('successfully rolled out')
    await lab.until(() => lab.store.list('pods', 'shop').items.length === 2)
    await kubectl('get', 'pods')
    watching.child.kill()
    const lines = (await watching.done).trim().split('\n')
    expect(lines[0]).toMatch(
      /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES$/,
    )
    expect(lines.some((line) => /0\/1 +Pending +0 +\d+s +<none> +<none> +<none> +<none>$/.test(line))).toBe(
      true,
    )
    expect(
      lines.some((line) => /1\/1 +Running +0 +\d+s +127\.\S+ +node[12] +<none> +<none>$/.test(line)),
    ).toBe(true)
    expect(lines.filter((line) => line.includes('Terminating')).length).toBeGreaterThanOrEqual(2)
  })

  test('describe shows the pod, its conditions and its events', async () => {
    const [pod] = lab.store.list('pods', 'shop').items
    const text = await kubectl('describe', 'pod', pod?.metadata.name ?? '')
    expect(text).toMatch(/Controlled By: +ReplicaSet\/web-/)
    expect(text).toMatch(/Ready +True/)
    expect(text).toMatch(/Normal +Scheduled +\S+ +default-scheduler +Successfully assigned shop\/web-/)
    expect(await kubectl('describe', 'deploy', 'web')).toMatch(/Scaled up replica set web-\w+ from 0 to/)
  })

  test('scale, delete pod and rollout undo do what they say', async () => {
    expect(await kubectl('scale', 'deploy/web', '--replicas=4')).toBe('deployment.apps/web scaled\n')
    await lab.rolledOut('web')
    const [pod] = lab.store.list('pods', 'shop').items
    expect(await kubectl('delete', 'pod', pod?.metadata.name ?? '')).toContain(
      `pod "${pod?.metadata.name}" deleted`,
    )
    await lab.rolledOut('web')
    expect(lab.store.get('pods', 'shop', pod?.metadata.name ?? '')).toBeNull()
    expect(await kubectl('rollout', 'undo', 'deploy/web')).toContain('rolled back')
    await lab.rolledOut('web')
    expect(await kubectl('rollout', 'history', 'deploy/web')).toMatch(/\n4 +<none>/)
  })

  test('what is refused is told in the words of the API', async () => {
    expect(await kubectl('get', 'pod', 'nope')).toBe('Error from server (NotFound): pods "nope" not found\n')
    expect(await kubectl('scale', 'deploy/web', '--replicas=-1')).toContain('must be')
    expect(await kubectl('patch', 'deploy', 'web', '-p', '{"spec":{"replicas":-2}}')).toContain(
      'spec.replicas: Invalid value: -2: must be greater than or equal to 0',
    )
  })

  test('what kubectl sends as protobuf is read too', async () => {
    expect(await kubectl('auth', 'can-i', 'patch', 'deployments')).toBe('yes\n')
    const created = await kubectl(
      'create',
      'deployment',
      'plain',
      '--image=plain:1',
      '--replicas=2',
      '--port=80',
    )
    expect(created).toBe('deployment.apps/plain created\n')
    await lab.rolledOut('plain')
    expect(lab.store.get('deployments.apps', 'shop', 'plain')?.spec).toMatchObject({
      replicas: 2,
      selector: { matchLabels: { app: 'plain' } },
      template: {
        spec: { containers: [{ name: 'plain', image: 'plain:1', ports: [{ containerPort: 80 }] }] },
      },
    })
    await kubectl('delete', 'deployment', 'plain')
  })

  test('delete takes the whole application away', async () => {
    expect(await kubectl('delete', '-f', manifest)).toContain('deployment.apps "web" deleted')
    await lab.until(() => lab.store.list('pods', 'shop').items.length === 0)
    expect(await kubectl('get', 'all')).toBe('No resources found in shop namespace.\n')
  })
})
