import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLabApi } from '../../support/lab-api.ts'

let lab: Awaited<ReturnType<typeof startLabApi>>
beforeAll(async () => {
  lab = await startLabApi({ secret: 'f00d' })
})
afterAll(() => lab.close())

test('who does not know the secret of the URL is told nothing and changes nothing', async () => {
  const { origin } = new URL(lab.url)
  for (const path of ['/', '/version', '/api/v1/pods', '/wrong/api/v1/pods', '/f00dapi/v1/pods']) {
    expect((await fetch(origin + path)).status).toBe(401)
  }
  const posted = await fetch(`${origin}/api/v1/namespaces`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'intruder' } }),
  })
  expect(posted.status).toBe(401)
})

test('the URL with the secret works', async () => {
  expect((await fetch(`${lab.url}/version`)).status).toBe(200)
  expect((await fetch(`${lab.url}/api/v1/pods`)).status).toBe(200)
})
