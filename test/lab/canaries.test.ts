import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { readBundle } from '../../src/eventlog/bundle-reader.ts'
import { labConfig } from '../../src/lab/lab-config.ts'
import { type Lab, startLab } from '../../src/lab/start-lab.ts'
import { LAB_DEFAULTS } from '../../src/scenario/defaults.ts'
import { CANARIES, canariesIn, canary } from '../support/canaries.ts'
import { runCli, startCli } from '../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollproof-canaries-'))
const APP = fileURLToPath(new URL('../support/leaky-app.mjs', import.meta.url))
let lab: Lab

const basic = (secret: string): string => Buffer.from(`user:${secret}`).toString('base64')

const SCENARIO = {
  apiVersion: 'rollproof/v1',
  name: 'canaries',
  requests: [
    {
      name: 'home',
      path: `/a?${(['token', 'access_token', 'api_key', 'key', 'sig', 'password'] as const)
        .map((name) => `${name}=${canary('query', name)}`)
        .join('&')}&page=2`,
      headers: {
        Authorization: `Bearer ${canary('header', 'Authorization')}`,
        'Proxy-Authorization': `Basic ${basic(canary('header', 'Proxy-Authorization'))}`,
        Cookie: `sid=${canary('header', 'Cookie')}; theme=dark`,
        'X-Api-Key': canary('header', 'X-Api-Key'),
        'X-Auth-Token': canary('header', 'X-Auth-Token'),
        'X-Amz-Security-Token': canary('header', 'X-Amz-Security-Token'),
        'X-Vault-Token': canary('header', 'X-Vault-Token'),
        Accept: 'text/plain',
      },
    },
    {
      name: 'order',
      method: 'POST',
      path: `/b?${(['code', 'client_secret', 'X-Amz-Signature', 'session_id', 'auth', 'pwd'] as const)
        .map((name) => `${name}=${canary('query', name)}`)
        .join('&')}`,
      headers: {
        'X-Csrf-Token': canary('header', 'X-Csrf-Token'),
        'X-Session-Id': canary('header', 'X-Session-Id'),
        'X-Tenant': canary('header', 'X-Tenant'),
        'X-Forwarded-User': canary('header', 'X-Forwarded-User'),
        'X-Internal': canary('header', 'X-Internal'),
        Referer: `https://shop.example/?token=${canary('header', 'Referer')}`,
        Signature: canary('header', 'Signature'),
      },
      body: `{"password":"${canary('body', 'json')}"}`,
    },
    { name: 'login', method: 'POST', path: '/c', body: `user=x&secret=${canary('body', 'form')}` },
    { name: 'note', method: 'POST', path: '/d', body: canary('body', 'text') },
  ],
}

const ENVIRONMENT = {
  AWS_SECRET_ACCESS_KEY: canary('env', 'AWS_SECRET_ACCESS_KEY'),
  GITHUB_TOKEN: canary('env', 'GITHUB_TOKEN'),
  NPM_TOKEN: canary('env', 'NPM_TOKEN'),
  DATABASE_URL: `postgres://app:${canary('env', 'DATABASE_URL')}@db:5432/shop`,
  PGPASSWORD: canary('env', 'PGPASSWORD'),
  KUBE_TOKEN: canary('env', 'KUBE_TOKEN'),
  MY_SETTING: canary('env', 'MY_SETTING'),
}

/** Texts of Events as controllers write them, with what they should have kept to themselves. */
const EVENTS: readonly string[] = [
  `Error: login with password=${canary('event', 'password')} failed`,
  `upstream said 401 to Authorization: Bearer ${canary('event', 'bearer')}`,
  `Failed to pull image "https://bot:${canary('event', 'registry')}@registry.example/web:1"`,
  `GET https://hooks.example/a?token=${canary('event', 'query')} failed`,
  `bad credentials ghp_${canary('event', 'github')}abcdef`,
  `jwt eyJhbGciOiJIUzI1NiJ9.${canary('event', 'jwt')}.sig expired`,
  `AWS_SECRET_ACCESS_KEY=${canary('event', 'aws')}`,
  `-----BEGIN PRIVATE KEY-----\n${canary('event', 'pem')}\n-----END PRIVATE KEY-----`,
  `Set-Cookie: id=${canary('event', 'cookie')}; HttpOnly`,
  `"client_secret": "${canary('event', 'environment')}"`,
]

const kubeconfigWithSecrets = (): string => {
  const config = parse(readFileSync(lab.kubeconfig, 'utf8'))
  config.users[0].user = { token: canary('kubeconfig', 'token') }
  config.users.push(
    { name: 'other', user: { token: canary('kubeconfig', 'otherToken') } },
    { name: 'basic', user: { username: 'x', password: canary('kubeconfig', 'password') } },
    {
      name: 'cert',
      user: { 'client-key-data': Buffer.from(canary('kubeconfig', 'clientKeyData')).toString('base64') },
    },
    {
      name: 'exec',
      user: {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'get-token',
          args: ['--secret', canary('kubeconfig', 'execArgument')],
          env: [{ name: 'PASS', value: canary('kubeconfig', 'execEnv') }],
        },
      },
    },
    {
      name: 'oidc',
      user: {
        'auth-provider': {
          name: 'oidc',
          config: {
            'access-token': canary('kubeconfig', 'accessToken'),
            'id-token': canary('kubeconfig', 'idToken'),
            'refresh-token': canary('kubeconfig', 'refreshToken'),
          },
        },
      },
    },
  )
  const file = join(folder, 'kubeconfig')
  writeFileSync(file, stringify(config))
  return file
}

const call = async (method: string, path: string, body?: unknown): Promise<Response> =>
  fetch(`${lab.apiUrl}${path}`, {
    method,
    headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

const filesOf = (path: string): string[] =>
  statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesOf(join(path, name))) : [path]

const out = join(folder, 'out')
const summary = join(folder, 'summary.md')
/** Everything that came out: by name, as text. */
const artefacts = new Map<string, string>()
let bundle = ''

beforeAll(async () => {
  const app = {
    ...LAB_DEFAULTS.app,
    command: [
      `node ${APP}`,
      canary('answer', 'setCookie'),
      canary('answer', 'body'),
      canary('answer', 'location'),
      canary('answer', 'wwwAuthenticate'),
    ].join(' '),
  }
  lab = await startLab(
    labConfig({ ...LAB_DEFAULTS, preStop: 'none', preStopSeconds: 0, app, maxSurge: 2, replicas: 2 }),
  )
  const deployment = '/apis/apps/v1/namespaces/shop/deployments/web'
  const annotated = await call('PATCH', deployment, {
    metadata: {
      annotations: { 'last-applied': `{"env":[{"DB_PASS":"${canary('annotation', 'lastApplied')}"}]}` },
    },
  })
  expect(annotated.status).toBe(200)
  const { metadata } = (await annotated.json()) as { readonly metadata: { readonly uid: string } }

  const scenario = join(folder, 'scenario.yaml')
  writeFileSync(scenario, stringify(SCENARIO))
  writeFileSync(summary, '')
  const env = { ...ENVIRONMENT, GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary }
  const running = startCli(
    [
      ...['run', scenario, '--kubeconfig', kubeconfigWithSecrets(), '--yes', '-v', '--out', out],
      ...['--target', lab.serviceUrl, '--resolver', lab.resolver, '--deployment', 'shop/web'],
      ...['--vus', '20', '--pace', '200ms', '--timeout', '2s'],
      ...['--set', 'limits.scheduleLag=250ms', '--set', 'limits.stall=500ms'],
      ...['--set', 'rollout.baseline=1s', '--set', 'rollout.settle=1s', '--set', 'rollout.recovery=1s'],
    ],
    { env },
  )
  // From here on Events of this run are facts of it.
  await running.shown('predicted')
  const post = (message: string, i: number): Promise<Response> =>
    call('POST', '/api/v1/namespaces/shop/events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `leak-${i}-${Math.trunc(performance.now() * 1000)}`, namespace: 'shop' },
      involvedObject: { kind: 'Deployment', namespace: 'shop', name: 'web', uid: metadata.uid },
      reason: 'Leaked',
      message,
      type: 'Warning',
      count: 1,
    })
  // With each change of a pod, so that some come while the run is looking.
  const watching = new AbortController()
  void running.result.then(() => watching.abort())
  const changes = await fetch(`${lab.apiUrl}/api/v1/namespaces/shop/pods?watch=1`, {
    signal: watching.signal,
  })
  try {
    for await (const _ of changes.body ?? []) await Promise.all(EVENTS.map(post))
  } catch (error) {
    if (!watching.signal.aborted) throw error
  }
  const { stdout, stderr, code } = await running.result
  // Dropped requests; on a machine that stalls they prove nothing.
  expect([1, 4], stderr).toContain(code)
  artefacts.set('stdout', stdout)
  artefacts.set('stderr', stderr)
  bundle = join(out, readdirSync(out)[0] ?? '')
  const all = ['report', bundle, '--format', 'html,md,junit,json,csv,terminal', '--exit-code']
  const again = await runCli(all, { env })
  artefacts.set('report: stdout', again.stdout)
  artefacts.set('report: stderr', again.stderr)
})
afterAll(async () => {
  await lab.stop()
  rmSync(folder, { recursive: true, force: true })
})

test(`${CANARIES.length} secrets in headers, queries, bodies, environment, kubeconfig, answers and Events: 0 found in what a run leaves`, async () => {
  expect(CANARIES.length).toBeGreaterThanOrEqual(60)
  for (const file of [...filesOf(bundle), summary]) artefacts.set(file, readFileSync(file, 'latin1'))
  // Parquet compresses: its columns are looked through as they are read.
  const { columns } = await readBundle(bundle)
  artefacts.set('strings of the request rows', columns.strings.join('\n'))
  expect([...artefacts.keys()].map((name) => name.slice(name.lastIndexOf('/') + 1))).toEqual(
    expect.arrayContaining([
      'run.json',
      'events.jsonl',
      'failures.csv',
      'report.html',
      'junit.xml',
      'summary.md',
    ]),
  )
  const leaks = [...artefacts].flatMap(([name, text]) => canariesIn(text).map((where) => `${name}: ${where}`))
  expect(leaks).toEqual([])
})

test('the run did meet them: Events became facts, requests with secrets failed, and each canary is found where it is', () => {
  const events = artefacts.get(join(bundle, 'events.jsonl')) ?? ''
  expect(events.match(/"reason":"Leaked"/g)?.length).toBeGreaterThanOrEqual(EVENTS.length)
  expect(events).toContain('login with password=[redacted] failed')
  expect(events).toContain('/a?token=[redacted]')
  const info = artefacts.get(join(bundle, 'run.json')) ?? ''
  expect(info).toContain('"Accept": "text/plain"')
  expect(info).toContain('"X-Internal": "[redacted]"')
  for (const { where, secret } of CANARIES) {
    expect(canariesIn(`…${secret}…`)).toEqual([where])
    expect(canariesIn(Buffer.from(`user:${secret}`).toString('base64')), where).toEqual([where])
  }
})

test('errors tell what is wrong and not what was given', async () => {
  const bad = join(folder, 'bad.yaml')
  writeFileSync(
    bad,
    stringify({
      apiVersion: 'rollproof/v1',
      name: 'x',
      target: { url: 'http://127.0.0.1:1/' },
      requests: [
        { name: 'x', path: '/', headers: { Authorization: [`Bearer ${canary('error', 'headerValue')}`] } },
      ],
    }),
  )
  const elsewhere = join(folder, 'elsewhere')
  const config = parse(readFileSync(lab.kubeconfig, 'utf8'))
  config.clusters[0].cluster.server = `http://admin:${canary('error', 'serverUrl')}@127.0.0.1:1`
  writeFileSync(elsewhere, stringify(config))
  const lines = [
    ['load', '--target', `http://user:${canary('error', 'targetUrl')}@127.0.0.1:1/`, '--requests', '1'],
    ['run', '--target', 'http://127.0.0.1:1/', '--deployment', 'shop/web', '--dry-run'].concat([
      '--control',
      `http://user:${canary('error', 'controlUrl')}@127.0.0.1:1/`,
    ]),
    ['validate', bad],
    [
      'run',
      '--target',
      'http://127.0.0.1:1/',
      '--deployment',
      'shop/web',
      '--kubeconfig',
      elsewhere,
      '--yes',
    ],
    ['load', '--target', 'http://127.0.0.1:1/', '--set', `target.password=${canary('error', 'setFlag')}`],
  ]
  const results = await Promise.all(
    lines.map((args) =>
      runCli([...args, '-o', 'json'].slice(0, args[0] === 'validate' ? 2 : undefined), {
        cwd: folder,
        env: { GITHUB_ACTIONS: 'true' },
      }),
    ),
  )
  for (const [i, { code, stdout, stderr }] of results.entries()) {
    expect(code, `${lines[i]?.join(' ')}\n${stderr}`).toBeGreaterThan(1)
    expect(canariesIn(stdout + stderr), stderr).toEqual([])
  }
})
