import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { powerLines } from '../../../src/correlator/plan-power.ts'
import { describeScenario, plannedRequests } from '../../../src/scenario/describe-scenario.ts'
import { type JsonSchema, scenarioJsonSchema } from '../../../src/scenario/json-schema.ts'
import { loadScenario } from '../../../src/scenario/load-scenario.ts'
import { scenarioReference } from '../../../src/scenario/reference.ts'
import { allKeys, keysAt } from '../../../src/scenario/schema-keys.ts'

const FOLDER = new URL('../../../scenarios/', import.meta.url).pathname
const SHIPPED = [
  'alb',
  'checklist',
  'checklist-bare',
  'post-heavy',
  'quickstart',
  'slow-requests',
  'spring-300',
  'spring-300-fixed',
  'surge',
  'surge-1-0',
  'which-settings',
  'alb-settings',
]

describe('the shipped scenarios', () => {
  test('are all there', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(SHIPPED.map((name) => `${name}.yaml`).sort())
  })

  test.each(SHIPPED)(
    '%s is valid with and without --lab, on both paths, and shortened by flags',
    async (name) => {
      const file = `${FOLDER}${name}.yaml`
      const scenario = await loadScenario(file, {}, { command: 'run', lab: true })
      expect(scenario).toMatchObject({
        name,
        limits: { scheduleLagMs: 250, stallMs: 500 },
        target: { url: 'http://web.shop:8080/' },
      })
      const other = {
        target: 'http://web.prod/',
        duration: '5s',
        set: ['lab.path=ingress', 'rollout.restarts=1'],
      }
      expect(await loadScenario(file, other, { command: 'run', lab: false })).toMatchObject({
        target: { url: 'http://web.prod/' },
        load: { durationMs: 5000 },
        rollout: { restarts: 1 },
        lab: { path: 'ingress' },
      })
    },
  )

  test('the fixed one leaves time for preStop, drain and the drain timeout within its grace', async () => {
    const { lab, load } = await loadScenario(
      `${FOLDER}spring-300-fixed.yaml`,
      {},
      { command: 'run', lab: true },
    )
    if (lab === null || load.model !== 'closed') throw new Error('no lab')
    const { app } = lab
    expect(lab.gracePeriodSeconds * 1000).toBeGreaterThan(
      lab.preStopSeconds * 1000 + app.drainMs + app.drainTimeoutMs,
    )
    expect(lab.preStopSeconds * 1000).toBeGreaterThan(lab.service.propagationMs + lab.service.jitterMs)
    expect(app.drainMs).toBeGreaterThan(load.paceMs)
    expect(lab).toMatchObject({
      readinessProbe: true,
      maxUnavailable: 0,
      app: { onSigterm: 'graceful', drainClose: true },
    })
  })

  test('spring-300 differs from its fixed twin in the lab and nothing else', async () => {
    const [bad, fixed] = await Promise.all(
      ['spring-300', 'spring-300-fixed'].map((name) =>
        loadScenario(`${FOLDER}${name}.yaml`, {}, { command: 'run', lab: true }),
      ),
    )
    expect({ ...bad, lab: null, name: '' }).toEqual({ ...fixed, lab: null, name: '' })
  })
})

describe('the plan in words', () => {
  test('of spring-300 says what is sent, restarted, written and detected', async () => {
    const scenario = await loadScenario(`${FOLDER}spring-300.yaml`, {}, { command: 'run', lab: true })
    expect(
      describeScenario(scenario, { command: 'run', replicas: null, lab: true, detects: powerLines }),
    ).toEqual([
      'Load       300 vUsers, one request each every 1s (≈ 300 requests/s), a kept-alive connection each, timeout 10s',
      '           to http://web.shop:8080/',
      'Requests   home: GET / (70 %), report: GET /slow?… (20 %), order: POST /orders (10 %); no request is sent twice',
      'Beside     probes: 10/s on new connections, 5/s on a kept one, 2/s to a loopback echo, after a failure a second try, at most 20/s',
      'Rollouts   5 restarts of Deployment shop/web: baseline 10s, then each until its old pods are gone and 5s more, recovery 5s; one that takes longer than 10m is stuck',
      'Length     at least 5m, at least ≈ 90,000 requests',
      'Writes     the restart annotation (kubectl.kubernetes.io/restartedAt) of the pod template of web, 5 times, as kubectl rollout restart does; nothing else',
      'Passes if  failures: count==0; http_req_duration{phase:rollout}: p(99)<1000',
      'Detects    4 pods × 5 restarts = 20 pod terminations: 0 failures in them exclude, at 95 %, a fault that strikes more than 3/20 = 15 % of them (exactly 13.9 %)',
      '           against another such run, one that drops in 38.5 % of its terminations where the other never does is told apart with 80 %, 48.5 % with 95 %',
      'Lab        4 pods, maxSurge 25%, maxUnavailable 25%, no readiness probe, no preStop, grace 30s, app listens after 3s, abrupt on SIGTERM, service path, 1s behind the endpoints',
    ])
  })

  test('of a load has nothing of a cluster', async () => {
    const scenario = await loadScenario(
      null,
      { target: 'http://127.0.0.1:8080/x?token=CANARY', requests: '100000', vus: '50' },
      { command: 'load', lab: false },
    )
    expect(describeScenario(scenario, { command: 'load', replicas: null, lab: false })).toEqual([
      'Load       50 vUsers, each as fast as it is answered, a kept-alive connection each, timeout 10s',
      '           to http://127.0.0.1:8080/x?…',
      'Requests   GET /x; no request is sent twice',
      'Length     until 100,000 requests are sent',
      'Passes if  failures: count==0',
    ])
  })

  test('says that few terminations prove little, and that an unknown number cannot be told', async () => {
    const scenario = await loadScenario(
      null,
      { target: 'http://w/', deployment: 'a/b' },
      { command: 'run', lab: false },
    )
    const detects = (replicas: number | null) =>
      describeScenario(scenario, { command: 'run', replicas, lab: false, detects: powerLines }).find((line) =>
        line.startsWith('Detects'),
      )
    expect(detects(2)).toContain('= 2 pod terminations: too few')
    expect(detects(null)).toContain('the cluster was not asked')
  })

  test('counts planned requests of both models', async () => {
    const plan = async (flags: object, durationMs: number | null) =>
      plannedRequests(
        (
          await loadScenario(
            null,
            { target: 'http://w/', deployment: 'a/b', ...flags },
            { command: 'run', lab: false },
          )
        ).load,
        durationMs,
      )
    expect(await plan({ vus: '300', pace: '1s' }, 300_000)).toBe(90_000)
    expect(await plan({ rate: '100' }, 60_000)).toBe(6000)
    expect(await plan({ rate: '100', requests: '50' }, 60_000)).toBe(50)
    expect(await plan({ vus: '3', pace: '0' }, 60_000)).toBeNull()
  })
})

describe('the schema', () => {
  const fields = (schema: JsonSchema, path: string): [string, JsonSchema][] =>
    Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
      const here = `${path}${key}`
      const inner = field.items?.properties === undefined ? field : field.items
      return [[here, field] as [string, JsonSchema], ...fields(inner, `${here}.`)]
    })

  test('describes every key, and has no keyword that editors do not know', () => {
    const all = fields(scenarioJsonSchema(), '')
    expect(all.length).toBeGreaterThan(70)
    for (const [path, field] of all) {
      expect(field.description, path).toMatch(/^\S.*\.$/)
      expect(
        Object.keys(field).filter((key) => ['kind', 'fallback', 'otherwise'].includes(key)),
        path,
      ).toEqual([])
    }
    expect(scenarioJsonSchema()).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      additionalProperties: false,
      required: ['apiVersion'],
    })
  })

  test('knows the keys of each map', () => {
    expect(keysAt(['rollout'])).toEqual([
      'restarts',
      'choreography',
      'scaleTo',
      'autoscaler',
      'image',
      'undo',
      'baseline',
      'settle',
      'recovery',
      'timeout',
    ])
    expect(keysAt(['requests', 3, 'expect'])).toEqual(['status', 'bodyContains', 'bodySha256'])
    expect(keysAt(['requests', 0, 'headers'])).toEqual([])
    expect(allKeys()).toContainEqual(['lab', 'app', 'onSigterm'])
  })

  test('the reference page has a row for every key', () => {
    const page = scenarioReference()
    for (const path of allKeys()) expect(page, path.join('.')).toContain(`| \`${path.at(-1)}\` |`)
    expect(page).toContain('| `timeout` | duration | `10s` | Deadline of a whole request with its connect. |')
    expect(page).not.toContain('undefined')
  })
})
