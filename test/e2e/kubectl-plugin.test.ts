import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLI } from '../support/cli.ts'

let folder: string
/** What a package manager does with the `bin` of package.json. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollproof-plugin-'))
  symlinkSync(CLI, join(folder, 'kubectl-rollproof'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (command: string, args: readonly string[]) =>
  new Promise<{ readonly code: number | string; readonly stdout: string; readonly stderr: string }>(
    (resolve) => {
      const PATH = [folder, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter)
      execFile(command, [...args], { env: { PATH, HOME: folder } }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.code ?? 1), stdout, stderr }),
      )
    },
  )

const KUBECTL = process.env.KUBECTL ?? 'kubectl'
const hasKubectl = (): boolean => {
  try {
    execFileSync(KUBECTL, ['version', '--client'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.each([
  ['called by its link', ['kubectl-rollproof'], true],
  ['found by kubectl', [KUBECTL, 'rollproof'], hasKubectl()],
] as const)('the plug-in kubectl-rollproof, %s', (_, [command, ...first], there) => {
  test.skipIf(!there)('names itself as people call it', async () => {
    const { code, stdout } = await run(command, [...first, 'run', '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('kubectl rollproof run [scenario]')
    expect(stdout).toMatch(/^ {2}kubectl rollproof run /m)
    expect(stdout).not.toMatch(/^ {2}rollproof run /m)
  })

  test.skipIf(!there)('ends with the exit codes of the program', async () => {
    expect(await run(command, [...first, 'explain', 'A1'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('preStop'),
    })
    expect(await run(command, [...first, 'gibberish'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('see kubectl rollproof --help'),
    })
  })
})

test('the program under its own name names itself', async () => {
  expect((await run(CLI, ['run', '--help'])).stdout).toMatch(/^rollproof run \[scenario\]/)
})
