import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { runCli } from '../support/cli.ts'

const cwd = fileURLToPath(new URL('../..', import.meta.url))

test('rbac prints manifests that kubectl can apply, and nothing else on stdout', async () => {
  const { code, stdout, stderr } = await runCli(['rbac', '--deployment', 'shop/web'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const kinds = parseAllDocuments(stdout).map((document) => document.toJS().kind)
  expect(kinds).toEqual(['ServiceAccount', 'Role', 'RoleBinding'])
})

test('rbac --for takes the Deployment from a scenario, and a flag wins', async () => {
  const args = ['rbac', '--for', 'scenarios/spring-300.yaml', '-o', 'json']
  const nameOf = ({ stdout }: { readonly stdout: string }): string =>
    JSON.parse(stdout).items[1].metadata.name
  expect(nameOf(await runCli(args, { cwd }))).toBe('rollproof-web')
  expect(nameOf(await runCli([...args, '--deployment', 'other/api'], { cwd }))).toBe('rollproof-api')
})

test.each([
  [['rbac'], 'which Deployment will be restarted?'],
  [['rbac', '--deployment', 'shop/web', '-n', 'other'], 'contradicts'],
  [['rbac', '--deployment', 'Shop/Web'], 'expected'],
  [['rbac', '--deployment', 'shop/web', '--service-account', 'a b'], 'is no name of one'],
  [['rbac', '--for', 'nowhere.yaml'], 'nowhere.yaml'],
])('%j is refused with exit code 2', async (args, words) => {
  const { code, stdout, stderr } = await runCli(args, { cwd })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(words)
})
