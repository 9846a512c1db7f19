import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { correlate } from '../../src/correlator/correlate.ts'
import { readBundle } from '../../src/eventlog/bundle-reader.ts'
import { labConfig } from '../../src/lab/lab-config.ts'
import { type Lab, startLab } from '../../src/lab/start-lab.ts'
import { renderHtml } from '../../src/report/html.ts'
import { renderJson } from '../../src/report/json.ts'
import { renderTerminal } from '../../src/report/terminal.ts'
import { LAB_DEFAULTS } from '../../src/scenario/defaults.ts'
import { runCli, startCli } from '../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollproof-run-'))
let lab: Lab

beforeAll(async () => {
  // The app drops what is in flight when it ends, and nothing else: few failures, quick rollouts.
  const app = { ...LAB_DEFAULTS.app, onSigterm: 'abrupt' as const, workMs: 60 }
  lab = await startLab(labConfig({ ...LAB_DEFAULTS, preStop: 'none', preStopSeconds: 0, app, maxSurge: 2 }))
})
afterAll(async () => {
  await lab.stop()
  rmSync(folder, { recursive: true, force: true })
})

const onLab = (...more: string[]): string[] => [
  ...['run', '--kubeconfig', lab.kubeconfig, '--yes', '-q'],
  ...['--target', lab.serviceUrl, '--resolver', lab.resolver, '--deployment', 'shop/web'],
  ...['--vus', '40', '--pace', '200ms', '--timeout', '3s'],
  ...['--set', 'limits.scheduleLag=250ms', '--set', 'limits.stall=500ms'],
  ...['--set', 'rollout.baseline=1s', '--set', 'rollout.settle=1s', '--set', 'rollout.recovery=1s'],
  ...more,
]

interface Deployment {
  readonly metadata: { readonly generation: number }
  readonly spec: { readonly replicas: number }
  readonly status: {
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
  }
}

const deployment = async (): Promise<Deployment> => {
  const answer = await fetch(`${lab.apiUrl}/apis/apps/v1/namespaces/shop/deployments/web`)
  return (await answer.json()) as Deployment
}

const generation = async (): Promise<number> => (await deployment()).metadata.generation

/** Whether no rollout is under way. */
const isWhole = async (): Promise<boolean> => {
  const { spec, status } = await deployment()
  return [status.replicas, status.updatedReplicas, status.availableReplicas].every((n) => n === spec.replicas)
}

describe('a run and its bundle', () => {
  const out = join(folder, 'whole')
  let bundle = ''
  let first = ''
  let exitCode: number | null = null

  beforeAll(async () => {
    const { code, stdout } = await runCli(onLab('-o', 'json', '--out', out))
    // Failed; on a machine that stalls the failures prove nothing.
    expect([1, 4]).toContain(code)
    exitCode = code
    first = stdout
    bundle = join(out, readdirSync(out)[0] ?? '')
  })

  test('failures are conserved: by kind, by cause and in all', () => {
    const report = JSON.parse(first)
    const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0)
    expect(report.requests.failed).toBeGreaterThan(0)
    expect(sum(report.failures.byKind)).toBe(report.requests.failed)
    expect(sum(report.failures.byCause)).toBe(report.requests.failed)
    expect(report.requests.started).toBe(report.requests.ok + report.requests.failed + report.requests.cut)
  })

  test('a copy elsewhere, without its reports, gives the same bytes', async () => {
    const copy = join(folder, 'copy')
    cpSync(bundle, copy, { recursive: true })
    for (const name of ['report.json', 'report.html', 'report.md', 'junit.xml', 'findings.jsonl'])
      rmSync(join(copy, name))
    const { code, stdout } = await runCli(['report', copy, '-o', 'json', '--exit-code'])
    expect(code).toBe(exitCode)
    expect(stdout).toBe(first)
    const files = await runCli(['report', copy, '--format', 'json,html,md,junit'])
    expect(files.code).toBe(0)
    for (const name of ['report.json', 'report.html', 'report.md', 'junit.xml', 'findings.jsonl']) {
      expect(readFileSync(join(copy, name), 'utf8')).toBe(readFileSync(join(bundle, name), 'utf8'))
    }
  })

  test('events.jsonl cut anywhere still gives a report, and never a pass', async () => {
    const copy = join(folder, 'cut')
    cpSync(bundle, copy, { recursive: true })
    const path = join(copy, 'events.jsonl')
    const whole = readFileSync(path)
    const lines: number[] = []
    for (let at = 0; at < whole.length; at++) if (whole[at] === 10) lines.push(at)
    // The ends and middles of lines spread over the file, and its first and last bytes.
    const cuts = [
      0,
      1,
      whole.length - 1,
      ...lines.filter((_, i) => i % 9 === 0).flatMap((at) => [at, at + 1, at + 40]),
    ]
    for (const cut of cuts.filter((at) => at < whole.length)) {
      writeFileSync(path, whole)
      truncateSync(path, cut)
      const { report } = correlate(await readBundle(copy))
      expect(report.verdict, `cut at ${cut}`).not.toBe('passed')
      expect(renderJson(report).length).toBeGreaterThan(100)
      expect(renderTerminal(report, { width: 80, color: false })).toContain('rollproof')
    }
    expect(renderHtml(correlate(await readBundle(copy)).report)).toContain('<!doctype html>')
  })
})

describe('what a run refuses, and that nothing was changed', () => {
  const refused = async (
    args: string[],
  ): Promise<{ code: number | null; stderr: string; changed: boolean }> => {
    const before = await generation()
    const { code, stderr } = await runCli(args)
    return { code, stderr, changed: (await generation()) !== before }
  }

  test('an unknown Deployment is exit 3 with the name that is near', async () => {
    const result = await refused([...onLab('--out', folder), '--deployment', 'shop/wbe'])
    expect(result).toMatchObject({ code: 3, changed: false })
    expect(result.stderr).toContain('did you mean web?')
  })

  test('a target that does not answer is exit 3 with what was tried', async () => {
    const result = await refused([...onLab('--out', folder), '--target', 'http://127.0.0.1:1/'])
    expect(result).toMatchObject({ code: 3, changed: false })
    expect(result.stderr).toContain('GET http://127.0.0.1:1/')
  })

  test('without --yes and without a terminal it is exit 2', async () => {
    const args = onLab('--out', folder).filter((arg) => arg !== '--yes')
    const result = await refused(args)
    expect(result).toMatchObject({ code: 2, changed: false })
    expect(result.stderr).toContain('--yes')
  })
})

describe('a run that is ended', () => {
  test('Ctrl-C in a rollout stops it, exits with 130 and leaves a report', async () => {
    const out = join(folder, 'interrupted')
    const before = await generation()
    const cli = startCli(onLab('-o', 'json', '--out', out, '--restarts', '3'))
    await expect.poll(generation, { interval: 50 }).toBe(before + 1)
    cli.child.kill('SIGINT')
    const { code, stdout } = await cli.result
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 130 })
    expect(JSON.parse(stdout).verdict).not.toBe('passed')
    expect(await generation()).toBe(before + 1)
  })

  test('one that is killed is still judged from its bundle, and is no pass', async () => {
    const out = join(folder, 'killed')
    await expect.poll(isWhole, { interval: 50 }).toBe(true)
    const before = await generation()
    const cli = startCli(onLab('--out', out))
    await expect.poll(generation, { interval: 50 }).toBe(before + 1)
    cli.child.kill('SIGKILL')
    await cli.result
    const bundle = join(out, readdirSync(out)[0] ?? '')
    const { code, stdout } = await runCli(['report', bundle, '-o', 'json', '--exit-code'])
    expect([1, 4]).toContain(code)
    expect(JSON.parse(stdout).reasons.find(({ id }: { id: string }) => id === 'H1').holds).not.toBe(true)
  })
})
