import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'

const DAY_MS = 86_400_000

/** A folder with copies of the sample bundle, each a day older than the one before, under run ids of their own. */
const history = (names: readonly string[]): string => {
  const folder = mkdtempSync(join(tmpdir(), 'rollproof-compare-'))
  names.forEach((name, i) => {
    const dir = join(folder, name)
    cpSync('reports/sample', dir, { recursive: true })
    const path = join(dir, 'run.json')
    const info: { runId: string; startedAt: { epochMs: number } } = JSON.parse(readFileSync(path, 'utf8'))
    const runId = `${info.runId.slice(0, 7)}-${String(i).padStart(5, '0')}`
    const epochMs = info.startedAt.epochMs - (i + 1) * DAY_MS
    writeFileSync(path, JSON.stringify({ ...info, runId, startedAt: { ...info.startedAt, epochMs } }))
    const report: object = JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8'))
    const startedAt = new Date(epochMs).toISOString()
    writeFileSync(join(dir, 'report.json'), JSON.stringify({ ...report, runId, startedAt }))
  })
  return folder
}

describe('rollproof compare', () => {
  test('judges runs that were made apart, and says what it takes to tell them apart', async () => {
    const folder = history(['before', 'after'])
    const out = join(folder, 'out')
    const { code, stdout, stderr } = await runCli([
      'compare',
      `old=${join(folder, 'before')}`,
      `new=${join(folder, 'after')}`,
      '--out',
      out,
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(/new: not enough data: \d+ more restarts needed/)
    expect(stdout).toContain('The variants did not take turns')
    expect(stderr.match(/^wrote .*comparison\.(html|md|json)$/gm)).toHaveLength(3)
    expect(readFileSync(join(out, 'comparison.html'), 'utf8')).toContain('<!doctype html>')
  })

  test('-o json prints the comparison and nothing else', async () => {
    const folder = history(['before', 'after'])
    const { code, stdout } = await runCli([
      'compare',
      join(folder, 'before'),
      join(folder, 'after'),
      '-o',
      'json',
    ])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      control: 'before',
      variants: [{ terminations: 8 }, { terminations: 8 }],
    })
  })

  test('one group, a control that is none and a margin that is none are exit 2', async () => {
    const folder = history(['before', 'after'])
    const both = [join(folder, 'before'), join(folder, 'after')]
    const one = await runCli(['compare', ...both, '--group-by', 'name'])
    expect(one.code).toBe(2)
    expect(one.stderr).toContain('all 2 bundles are of one group')
    const control = await runCli(['compare', ...both, '--control', 'nobody'])
    expect(control.code).toBe(2)
    expect(control.stderr).toContain('groups: before, after')
    expect((await runCli(['compare', ...both, '--margin', 'much'])).code).toBe(2)
  })
})

describe('a history budget', () => {
  test('lets a run pass that drops what its earlier runs dropped, and names them', async () => {
    const folder = history(['a', 'b', 'c', 'd'])
    const args = ['report', 'reports/sample', '-o', 'json', '--exit-code', '--budget-from', folder]
    const { code, stdout } = await runCli(args)
    const report: { reasons: { id: string; holds: boolean | null; limit: string }[] } = JSON.parse(stdout)
    const budget = report.reasons.find(({ id }) => id === 'history budget')
    expect(budget).toMatchObject({ holds: true })
    expect(budget?.limit).toContain('4 earlier runs')
    expect(code).toBe(0)
  })

  test('that is too small is inconclusive, and one that is missing is exit 2', async () => {
    const args = ['report', 'reports/sample', '-o', 'json', '--exit-code', '--budget-from']
    const small = await runCli([...args, history(['a'])])
    expect(small.code).toBe(4)
    expect(small.stdout).toContain('too little history: 1 earlier run of this test, 3 are needed')
    expect((await runCli([...args, join(tmpdir(), 'rollproof-no-such-folder')])).code).toBe(2)
  })
})
