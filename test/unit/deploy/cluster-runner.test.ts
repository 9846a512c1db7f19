import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const RUNNER = fileURLToPath(new URL('../../cluster/run.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'rollproof-runner-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  new Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((done) => {
    const child = spawn(process.execPath, [RUNNER, ...args], { env: { PATH: process.env.PATH, ...env } })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    child.once('close', (code) => done({ code, stdout, stderr }))
  })

/** A folder as ROLLPROOF_KUBE names it; its programs write down that they were called. */
const kubeFolder = (isUp: boolean): { readonly env: Record<string, string>; calls(): readonly string[] } => {
  const place = mkdtempSync(join(folder, 'kube-'))
  const script = (name: string, body: string): void => {
    writeFileSync(join(place, name), `#!/bin/sh\necho "${name} $1 $2" >> "${place}/calls"\n${body}\n`)
    chmodSync(join(place, name), 0o755)
  }
  if (isUp) writeFileSync(join(place, 'is-up'), '')
  script('up', `touch "${place}/is-up"`)
  script('in', `test -e "${place}/is-up" || exit 1; case "$1" in *node*) exit 7;; esac`)
  script('down', `rm "${place}/is-up"`)
  return {
    env: { ROLLPROOF_KUBE: place },
    calls: () =>
      readFileSync(join(place, 'calls'), 'utf8')
        .trim()
        .split('\n')
        .map((call) => call.split(' ').slice(0, 2).join(' ').trim())
        .map((call) => (call.includes('/node') ? 'in node' : call)),
  }
}

test('without a cluster it ends with exit code 3 and one line', async () => {
  const { code, stdout, stderr } = await run([])
  expect([code, stdout]).toEqual([3, ''])
  expect(stderr).toMatch(/^test:cluster needs a cluster: .*ROLLPROOF_KUBE.*--kubeconfig FILE\n$/)
})

test('a folder without the programs, and a kubeconfig that is not there, are exit code 3 too', async () => {
  const missing = await run([], { ROLLPROOF_KUBE: folder })
  expect([missing.code, missing.stderr]).toEqual([3, `there is no ${join(folder, 'up')}\n`])
  const { code, stderr } = await run(['--kubeconfig', join(folder, 'none')])
  expect(code).toBe(3)
  expect(stderr).toContain('there is no kubeconfig')
})

test('a cluster that is not up is started and stopped, and a suite that fails is exit code 1', async () => {
  const kube = kubeFolder(false)
  const { code } = await run(['test/cluster'], kube.env)
  expect(kube.calls()).toEqual(['in true', 'up', 'in kubectl', 'in kubectl', 'in node', 'down'])
  expect(code).toBe(1)
})

test('a cluster that is up already is left up', async () => {
  const kube = kubeFolder(true)
  await run(['test/cluster'], kube.env)
  expect(kube.calls()).toEqual(['in true', 'in kubectl', 'in kubectl', 'in node'])
})
