import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'

const SAMPLE = fileURLToPath(new URL('../../reports/sample', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'rollproof-actions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const commandsOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('::'))

const step = (name: string, before = ''): { readonly path: string; readonly env: Record<string, string> } => {
  const path = join(folder, name)
  writeFileSync(path, before)
  return { path, env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: path } }
}

test('in a step the report is annotated on stderr and appended to the summary; stdout is the report alone', async () => {
  const { path, env } = step('plain.md', '# before\n')
  const { code, stdout, stderr } = await runCli(['report', SAMPLE, '--exit-code', '-o', 'json'], { env })
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'failed' })
  const commands = commandsOf(stderr)
  expect(commands.length).toBeGreaterThan(2)
  expect(commands.length).toBeLessThanOrEqual(10)
  expect(commands[0]).toMatch(/^::error title=rollproof FAILED%3A quickstart::/)
  const summary = readFileSync(path, 'utf8')
  expect(summary.startsWith('# before\n\n\n## ✗ FAILED: quickstart')).toBe(true)
})

test('a summary that is nearly full gets a shorter report, and never more than 1 MiB', async () => {
  for (const used of [1_048_576 - 3000, 1_048_576 - 100]) {
    const { path, env } = step(`full-${used}.md`, 'x'.repeat(used))
    const { stderr } = await runCli(['report', SAMPLE, '--exit-code', '-o', 'json'], { env })
    expect(readFileSync(path).length).toBeLessThanOrEqual(1_048_576)
    if (used > 1_048_000) expect(stderr).toContain('step summary is full already')
    else expect(readFileSync(path, 'utf8')).toContain('FAILED: quickstart')
  }
})

test('outside a step, with the flags off, and without --exit-code there is neither', async () => {
  const off = step('off.md')
  const runs = [
    runCli(['report', SAMPLE, '--exit-code', '-o', 'json']),
    runCli(['report', SAMPLE, '--exit-code', '-o', 'json', '--no-annotations', '--no-step-summary'], off),
    runCli(['report', SAMPLE, '-o', 'json'], off),
  ]
  for (const { stderr } of await Promise.all(runs)) expect(commandsOf(stderr)).toEqual([])
  expect(readFileSync(off.path, 'utf8')).toBe('')
})

test('an error that ends the command is an annotation too, and a summary that cannot be written is none', async () => {
  const bad = await runCli(['report', folder], { env: { GITHUB_ACTIONS: 'true' } })
  expect(bad.code).toBe(2)
  expect(commandsOf(bad.stderr)).toHaveLength(1)
  expect(commandsOf(bad.stderr)[0]).toMatch(/^::error title=rollproof::/)
  const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: folder }
  const { code, stderr } = await runCli(['report', SAMPLE, '--exit-code', '-o', 'json'], { env })
  expect(code).toBe(1)
  expect(stderr).toContain('cannot append to GITHUB_STEP_SUMMARY')
})
