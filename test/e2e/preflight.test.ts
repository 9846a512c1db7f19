import { expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'

test('preflight --lab says what the settings will do, as JSON and nothing else, and exits 0', async () => {
  const { code, stdout } = await runCli([
    'preflight',
    '--lab',
    '--set',
    'lab.preStop=none',
    '--set',
    'lab.preStopSeconds=0',
    '--set',
    'lab.readinessProbe=false',
    '--set',
    'lab.app.drain=0s',
    '-o',
    'json',
  ])
  expect(code).toBe(0)
  const answer = JSON.parse(stdout)
  expect(answer).toMatchObject({
    schemaVersion: 1,
    deployment: { namespace: 'shop', name: 'web' },
    unread: [],
  })
  expect(answer.predictions.map(({ id }: { id: string }) => id)).toEqual([
    'no-pre-stop',
    'no-readiness-probe',
  ])
})

test('preflight without a Deployment is exit 2 and says what to give', async () => {
  const { code, stdout, stderr } = await runCli(['preflight'])
  expect(code).toBe(2)
  expect(stderr).toContain('deployment')
  expect(stdout).toBe('')
})

test('preflight without a cluster is exit 3', async () => {
  const { code, stderr } = await runCli(['preflight', '--deployment', 'shop/web'])
  expect(code).toBe(3)
  expect(stderr).toContain('there is no kubeconfig')
})
