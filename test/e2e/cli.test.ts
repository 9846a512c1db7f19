import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli, startCli, startTarget } from '../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollproof-cli-'))
let target: Awaited<ReturnType<typeof startTarget>>

beforeAll(async () => {
  target = await startTarget()
})
afterAll(() => target.close())

/** A machine that holds the program up for a moment proves nothing against it. */
const ON_A_BUSY_MACHINE = ['--set', 'limits.stall=10s', '--set', 'limits.scheduleLag=10s']

const scenarioFile = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('help and usage', () => {
  test('--help names every command, examples and the exit codes, on stdout', async () => {
    const { code, stdout, stderr } = await runCli(['--help'])
    expect(code).toBe(0)
    for (const command of ['run', 'load', 'report', 'lab', 'validate', 'schema', 'explain', 'demo']) {
      expect(stdout).toMatch(new RegExp(`rollproof ${command}\\b`))
    }
    expect(stdout).toContain('Exit codes: 0 passed, 1 failed')
    expect(stderr).toBe('')
  })

  test('a command has help of its own with examples', async () => {
    const { code, stdout } = await runCli(['run', '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('--deployment')
    expect(stdout).toContain('--deployment shop/web --vus 300')
  })

  test('a typo in a flag is exit 2 with the right flag', async () => {
    const { code, stdout, stderr } = await runCli(['load', '--target', target.url, '--durration', '1s'])
    expect(code).toBe(2)
    expect(stderr).toContain('durration')
    expect(stderr).toContain('did you mean duration?')
    expect(stderr).not.toContain('    at ')
    expect(stdout).toBe('')
  })

  test('a typo in a command is exit 2', async () => {
    const { code, stderr } = await runCli(['reprot'])
    expect(code).toBe(2)
    expect(stderr).toContain('Did you mean report?')
  })

  test('report without a bundle, with a folder of bundles, or a format that is none, says what to give', async () => {
    const missing = await runCli(['report'])
    expect(missing.code).toBe(2)
    expect(missing.stderr).toContain('<bundle> is missing: rollproof report <bundle>')
    const choice = await runCli(['report', 'x', '-o', 'jsn'])
    expect(choice.code).toBe(2)
    expect(choice.stderr).toContain('--output: "jsn" is none of terminal, json, peer-json, markdown')
    expect(choice.stderr).toContain('did you mean json?')
    const runs = join(folder, 'runs')
    for (const name of ['b-20261121T000000Z-x', 'a-20261122T000000Z-x', 'none']) {
      mkdirSync(join(runs, name), { recursive: true })
      if (name !== 'none') writeFileSync(join(runs, name, 'run.json'), '{}')
    }
    const several = await runCli(['report', runs])
    expect(several.code).toBe(2)
    expect(several.stderr).toContain('is no run bundle, but holds 2')
    expect(several.stderr).toContain(`rollproof report ${join(runs, 'a-20261122T000000Z-x')}`)
  })

  test('no command is exit 2', async () => {
    expect((await runCli([])).code).toBe(2)
  })

  test('the version is that of the package', async () => {
    const { code, stdout } = await runCli(['--version'])
    expect(code).toBe(0)
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('schema prints JSON', async () => {
    const { code, stdout } = await runCli(['schema'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object' })
  })

  test('explain tells what to change, and helps with a wrong id', async () => {
    expect((await runCli(['explain', 'a1'])).stdout).toContain('What to change')
    const wrong = await runCli(['explain', 'Z9'])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('rollproof explain lists all')
  })
})

describe('bad input', () => {
  test('a missing scenario is exit 2 in one line', async () => {
    const { code, stderr } = await runCli(['run', join(folder, 'nowhere.yaml'), '--lab'])
    expect(code).toBe(2)
    expect(stderr).toContain('nowhere.yaml')
    expect(stderr).not.toContain('    at ')
  })

  test('every problem of a scenario is told at its line and column', async () => {
    const file = scenarioFile(
      'bad.yaml',
      'apiVersion: rollproof/v1\nname: bad\ntarget: {url: "ftp://x/"}\ndeployment: shop/web\nload: {vuss: 3, timeout: -1s}\n',
    )
    const { code, stderr } = await runCli(['validate', file])
    expect(code).toBe(2)
    expect(stderr).toMatch(/bad\.yaml:3:\d+/)
    expect(stderr).toMatch(/bad\.yaml:5:\d+: .*vuss/)
    expect(stderr).toMatch(/did you mean .*vus/)
    expect(stderr).toMatch(/bad\.yaml:5:\d+: .*timeout/)
  })

  test('a namespace that contradicts the deployment is exit 2', async () => {
    const { code, stderr } = await runCli([
      'run',
      '--target',
      target.url,
      '--deployment',
      'shop/web',
      '-n',
      'other',
    ])
    expect(code).toBe(2)
    expect(stderr).toContain('contradicts')
  })

  test('another Deployment than the lab has is exit 2, before the lab is started', async () => {
    const { code, stderr } = await runCli(['run', '--lab', '--deployment', 'shop/cart'])
    expect(code).toBe(2)
    expect(stderr).toContain('the lab has no deployment shop/cart, only shop/web')
  })

  test('no kubeconfig is exit 3 with what was tried', async () => {
    const { code, stderr } = await runCli(
      ['run', '--target', target.url, '--deployment', 'shop/web', '--yes'],
      { cwd: folder },
    )
    expect(code).toBe(3)
    expect(stderr).toContain('/nonexistent/.kube/config')
    expect(stderr).toContain('--lab')
  })

  test('an API server that is not there is exit 3 and leaves no bundle', async () => {
    const kubeconfig = scenarioFile(
      'kubeconfig',
      [
        'apiVersion: v1',
        'kind: Config',
        'clusters: [{name: kind-x, cluster: {server: "http://127.0.0.1:1"}}]',
        'users: [{name: u, user: {}}]',
        'contexts: [{name: kind-x, context: {cluster: kind-x, user: u}}]',
        'current-context: kind-x',
      ].join('\n'),
    )
    const out = join(folder, 'no-bundle')
    const args = [
      'run',
      '--target',
      target.url,
      '--deployment',
      'shop/web',
      '--yes',
      '--kubeconfig',
      kubeconfig,
      '--out',
      out,
    ]
    const { code, stderr } = await runCli(args)
    expect(code).toBe(3)
    expect(stderr).toContain('127.0.0.1:1')
    expect(() => readdirSync(out)).toThrow()
  })

  test('an output folder that cannot be written is refused before a request is sent', async () => {
    const blocked = scenarioFile('a-file', '')
    const before = target.seen()
    const { code, stderr } = await runCli([
      'load',
      '--target',
      target.url,
      '--requests',
      '5',
      '--out',
      join(blocked, 'x'),
    ])
    expect(code).toBe(3)
    expect(stderr).toContain('a-file')
    expect(target.seen()).toBe(before)
  })

  test('something that is no bundle is exit 2', async () => {
    const { code, stderr } = await runCli(['report', folder])
    expect(code).toBe(2)
    expect(stderr).toContain('run.json')
  })
})

describe('load', () => {
  test('-o json prints report.json and nothing else; the server sees exactly the planned requests', async () => {
    const out = join(folder, 'load')
    const before = target.seen()
    const { code, stdout } = await runCli([
      'load',
      '--target',
      target.url,
      '--vus',
      '10',
      '--requests',
      '2000',
      '-o',
      'json',
      '--out',
      out,
      ...ON_A_BUSY_MACHINE,
    ])
    const report = JSON.parse(stdout)
    expect({
      code,
      verdict: report.verdict,
      reasons: report.reasons.filter((r: { holds: boolean | null }) => r.holds !== true),
    }).toEqual({ code: 0, verdict: 'passed', reasons: [] })
    expect(report.requests).toMatchObject({
      planned: 2000,
      started: 2000,
      ok: 2000,
      failed: 0,
      cut: 0,
      dropped: 0,
    })
    expect(target.seen() - before).toBe(2000)
  })

  test('the same bundle gives the same report again, also from a copy without its reports', async () => {
    const out = join(folder, 'load')
    const bundle = join(out, readdirSync(out)[0] ?? '')
    const first = await runCli(['report', bundle, '-o', 'json'])
    const second = await runCli(['report', bundle, '-o', 'json', '--exit-code'])
    expect(first.code).toBe(0)
    expect(second.stdout).toBe(first.stdout)
    expect(readdirSync(bundle)).toEqual(
      expect.arrayContaining([
        'events.jsonl',
        'report.html',
        'report.json',
        'report.md',
        'junit.xml',
        'run.json',
        'findings.jsonl',
      ]),
    )
  })

  test('peer-json is one line', async () => {
    const { stdout } = await runCli([
      'load',
      '--target',
      target.url,
      '--requests',
      '50',
      '-o',
      'peer-json',
      '--out',
      folder,
    ])
    expect(Object.keys(JSON.parse(stdout))).toEqual([
      'requests',
      'rps',
      'p50_ms',
      'p99_ms',
      'max_ms',
      'errors',
    ])
    expect(stdout.trim().split('\n')).toHaveLength(1)
  })

  test('Ctrl-C stops, reports what there is, and exits with 130', async () => {
    const cli = startCli([
      'load',
      '--target',
      target.url,
      '--vus',
      '5',
      '--pace',
      '20ms',
      '--duration',
      '60s',
      '-o',
      'json',
      '--out',
      folder,
    ])
    const before = target.seen()
    await expect.poll(() => target.seen() > before + 20).toBe(true)
    cli.child.kill('SIGINT')
    const { code, stdout } = await cli.result
    expect(code).toBe(130)
    const report = JSON.parse(stdout)
    expect(report.verdict).not.toBe('passed')
    expect(report.requests.started).toBeGreaterThan(20)
  })

  test('a reader that goes away is no crash', async () => {
    const cli = startCli([
      'load',
      '--target',
      target.url,
      '--requests',
      '20',
      '-o',
      'json',
      '--out',
      folder,
      ...ON_A_BUSY_MACHINE,
    ])
    cli.child.stdout?.destroy()
    const { code, stderr } = await cli.result
    expect(code).toBe(0)
    expect(stderr).not.toContain('EPIPE')
  })

  test('an environment variable stands for a flag, and the flag wins', async () => {
    const env = { ROLLPROOF_REQUESTS: '30' }
    const args = ['load', '--target', target.url, '-o', 'json', '--out', folder]
    expect(JSON.parse((await runCli(args, { env })).stdout).requests.planned).toBe(30)
    expect(JSON.parse((await runCli([...args, '--requests', '7'], { env })).stdout).requests.planned).toBe(7)
  })

  test('nothing listening is a failed run with the failures by kind', async () => {
    const { code, stdout } = await runCli([
      'load',
      '--target',
      'http://127.0.0.1:1/',
      '--requests',
      '5',
      '-o',
      'json',
      '--out',
      folder,
      ...ON_A_BUSY_MACHINE,
    ])
    const report = JSON.parse(stdout)
    expect(code).toBe(1)
    expect(report.failures.byKind).toEqual({ 'connect-refused': 5 })
  })
})

describe('plans', () => {
  test('--dry-run tells the plan in words and does nothing', async () => {
    const { code, stdout } = await runCli([
      'run',
      '--target',
      target.url,
      '--deployment',
      'shop/web',
      '--vus',
      '300',
      '--duration',
      '5m',
      '--restarts',
      '5',
      '--dry-run',
    ])
    expect(code).toBe(0)
    expect(stdout).toContain('300')
    expect(stdout).toContain('shop/web')
  })
})

describe('rollproof.yaml', () => {
  const inFolder = (name: string, text: string): string => {
    const cwd = join(folder, name)
    mkdirSync(cwd)
    writeFileSync(join(cwd, 'rollproof.yaml'), text)
    return cwd
  }

  test('holds flag defaults; the scenario wins over it, and flags over the scenario', async () => {
    const cwd = inFolder('defaults', 'vus: 7\npace: 2s\n')
    const plan = async (...args: string[]): Promise<string> =>
      (
        await runCli(['run', '--target', target.url, '--deployment', 'shop/web', '--dry-run', ...args], {
          cwd,
        })
      ).stdout
    expect(await plan()).toContain('7 vUsers')
    const file = scenarioFile('own-vus.yaml', 'apiVersion: rollproof/v1\nload: {vus: 9}\n')
    expect(await plan(file)).toContain('9 vUsers')
    expect(await plan(file, '--vus', '11')).toContain('11 vUsers')
  })

  test('a name that is no flag is exit 2 with its place and the right name', async () => {
    const cwd = inFolder('typo', 'vus: 7\nvuz: 3\n')
    const { code, stderr } = await runCli(['load', '--target', target.url], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('rollproof.yaml:2:1: no flag is called vuz; did you mean vus?')
  })
})
