import { expect, test } from 'vitest'
import { redactText } from '../../../src/kernel/redact.ts'
import { renderFailuresCsv } from '../../../src/report/csv.ts'
import { renderHtml } from '../../../src/report/html.ts'
import { renderJson } from '../../../src/report/json.ts'
import { renderJunit } from '../../../src/report/junit.ts'
import { renderMarkdown } from '../../../src/report/markdown.ts'
import { renderTerminal } from '../../../src/report/terminal.ts'
import { hostileRun } from '../../support/report-fixtures.ts'

/** Each holds its secret once, marked; the marks are taken out before use. */
const CARRIERS = [
  'Authorization: Bearer «c4n4ry-bearer-1»',
  'authorization: Basic «YzRuNHJ5OnNlY3JldA==»',
  'Proxy-Authorization: Digest username="x", response="«c4n4ry-digest»"',
  '"Authorization": "Bearer «c4n4ry-json-header»"',
  '{\\"authorization\\":\\"Bearer «c4n4ry-escaped-json»\\"}',
  "headers: { authorization: 'Token «c4n4ry-inspect»' }",
  "['authorization', '«c4n4ry-raw-array»']",
  'Cookie: sid=«c4n4ry-cookie»; theme=dark',
  'cookie: a=1; session=«c4n4ry-cookie-2»',
  'Set-Cookie: id=«c4n4ry-setcookie»; HttpOnly',
  '"set-cookie":["id=«c4n4ry-setcookie-json»"]',
  'X-Api-Key: «c4n4ry-apikey»',
  'x-auth-token=«c4n4ry-authtoken»',
  'X-Amz-Security-Token: «c4n4ry-amz»',
  'x-goog-iam-authority-selector-token: «c4n4ry-goog»',
  'X-Vault-Token: «c4n4ry-vault»',
  'X-CSRF-Token: «c4n4ry-csrf»',
  'https://user:«c4n4ry-pass»@shop.example/',
  'https://«c4n4ry-user-only»@shop.example/',
  'postgres://app:«c4n4ry-db»@db:5432/shop',
  'redis://:«c4n4ry-redis»@cache/0',
  'cannot connect to admin:«c4n4ry-noscheme»@db.internal',
  'GET /a?token=«c4n4ry-q1»&page=2',
  'GET /a?page=2&access_token=«c4n4ry-q2»',
  'GET /a?api_key=«c4n4ry-q3»#top',
  'GET /a?apikey=«c4n4ry-q4»',
  'GET /a?key=«c4n4ry-q5»',
  'GET /a?X-Amz-Signature=«c4n4ry-q6»&x=1',
  'GET /a?X-Amz-Credential=«c4n4ry-q7»',
  'GET /a?sig=«c4n4ry-q8»&se=2026',
  'GET /cb?code=«c4n4ry-q9»&state=1',
  'GET /a?password=«c4n4ry-q10»',
  'GET /a?client_secret=«c4n4ry-q11»',
  'GET /a;jsessionid=«c4n4ry-q12»?x=1',
  'GET /a?id_token=«c4n4ry-q13»',
  'GET /a?refresh_token=«c4n4ry-q14»',
  'GET /a?auth=«c4n4ry-q15»',
  'GET /a?session_id=«c4n4ry-q16»',
  'jwt «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjNG40cnkifQ.c4n4ryc4n4ry» expired',
  'token «eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.sig» refused',
  'key «AKIAIOSFODNN7EXAMPLE» not allowed',
  'bad credentials «ghp_c4n4ryc4n4ryc4n4ryc4n4ry»',
  'bad credentials «github_pat_c4n4ryc4n4ryc4n4ry»',
  'pull refused for «glpat-c4n4ryc4n4ry»',
  'slack «xoxb-c4n4ry-1234567890»',
  'stripe «sk_live_c4n4ryc4n4ry»',
  'npm «npm_c4n4ryc4n4ryc4n4ry»',
  'password: «c4n4ry-yaml»',
  'db_password = «c4n4ry-ini»',
  '"password":"«c4n4ry-json-pass»"',
  'PGPASSWORD=«c4n4ry-env» psql',
  'AWS_SECRET_ACCESS_KEY=«c4n4ry-aws»',
  'GITHUB_TOKEN=«c4n4ry-ghenv»',
  'client-key-data: «YzRuNHJ5LWtleQ==»',
  'users: [{name: x, user: {token: «c4n4ry-kubeconfig-1»}}]',
  'token: «c4n4rykubeconfigtokenlong»',
  'clientSecret: «c4n4ry-camel»',
  'passphrase=«c4n4ry-phrase»',
  '-----BEGIN RSA PRIVATE KEY-----\n«c4n4rypem»\n-----END RSA PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY-----\n«c4n4rypemcut»',
  'Error: 401\n    at request (https://bot:«c4n4ry-stack»@api.example/v1)',
  'curl -H "Authorization: Bearer «c4n4ry-curl»" https://x',
]

const secretOf = (carrier: string): string => /«(.*)»/s.exec(carrier)?.[1] ?? ''
const textOf = (carrier: string): string => carrier.replace(/[«»]/g, '')

test('there are at least 60 carriers, each with a secret', () => {
  expect(CARRIERS.length).toBeGreaterThanOrEqual(60)
  for (const carrier of CARRIERS) expect(secretOf(carrier)).not.toBe('')
})

test.each(CARRIERS)('%s leaves without its secret', (carrier) => {
  expect(redactText(textOf(carrier))).not.toContain(secretOf(carrier))
})

test('no report in any format holds a secret that was in any of its strings', () => {
  for (const carrier of CARRIERS) {
    const report = hostileRun(textOf(carrier))
    const renders = [
      renderTerminal(report, { width: 300, color: false }),
      renderHtml(report),
      renderJson(report),
      renderJunit(report),
      renderMarkdown(report, { budget: 1_000_000 }),
      renderFailuresCsv(report),
    ]
    expect(renders.map((text) => text.includes(secretOf(carrier)))).toEqual(renders.map(() => false))
  }
})

test.each([
  'connect ECONNREFUSED 127.41.0.7:8080',
  'read ECONNRESET',
  'HPE_INVALID_HEADER_TOKEN: Invalid header token',
  'answered 502 Bad Gateway (nginx)',
  'http://web.shop:8080/orders?page=2&sort=price',
  'Basic shutdown: the app did not finish its tokens',
  'preStop: {sleep: {seconds: 5}}',
  'failures: count==0',
  'http_req_duration{phase:rollout}: p(99)<300',
  'pod web-7d9f8c6b5-x2x9p in node1 exited with 137 (OOMKilled)',
  'basic authentication is off',
])('%s is left as it is', (text) => {
  expect(redactText(text)).toBe(text)
})

test('what is redacted once stays the same', () => {
  for (const carrier of CARRIERS) {
    const once = redactText(textOf(carrier))
    expect(redactText(once)).toBe(once)
  }
})
