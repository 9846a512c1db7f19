import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ParseOptions, parseScenario } from '../../../src/scenario/parse-scenario.ts'
import { problemText } from '../../../src/scenario/problem.ts'

const RUN: ParseOptions = { command: 'run', lab: false }
const MINIMAL = { apiVersion: 'rollproof/v1', target: { url: 'http://web.shop/' }, deployment: 'shop/web' }

const scenarioOf = (raw: object, options = RUN) => {
  const result = parseScenario({ ...MINIMAL, ...raw }, options)
  if (!result.ok) throw new Error(result.problems.map(problemText).join('\n'))
  return result.scenario
}

const problemsOf = (raw: unknown, options = RUN): string[] => {
  const result = parseScenario(raw, options)
  return result.ok ? [] : result.problems.map(problemText)
}

const problemsWith = (raw: object, options = RUN): string[] => problemsOf({ ...MINIMAL, ...raw }, options)

describe('defaults', () => {
  test('a run is what the contract says', () => {
    expect(scenarioOf({})).toMatchObject({
      name: 'web',
      deployment: { namespace: 'shop', name: 'web' },
      target: {
        podHeader: 'X-Pod',
        control: null,
        resolver: null,
        requestIdHeader: 'X-Request-Id',
        insecure: false,
      },
      load: {
        model: 'closed',
        vus: 50,
        paceMs: 1000,
        durationMs: null,
        requests: null,
        timeoutMs: 10_000,
        connections: { kind: 'keep-alive' },
      },
      requests: [{ method: 'GET', path: '/', expect: { status: [] } }],
      rollout: { restarts: 1, baselineMs: 10_000, settleMs: 5000, recoveryMs: 5000 },
      probes: { freshPerSec: 10, reusedPerSec: 5, controlPerSec: 2, twinPerSec: 20 },
      limits: { scheduleLagMs: 20, stallMs: 100, lateArrivals: 0 },
      thresholds: [{ text: 'failures: count==0', aggregation: 'count', operator: '==', value: 0 }],
      acceptUnproven: [],
      lab: null,
    })
  })

  test('a load has no pause, no probes, no Deployment, and ends after 30 s', () => {
    const load: ParseOptions = { command: 'load', lab: false }
    expect(scenarioOf({ probes: { fresh: 99 } }, load)).toMatchObject({
      deployment: null,
      load: { vus: 10, paceMs: 0, durationMs: 30_000 },
      probes: { freshPerSec: 0, reusedPerSec: 0, controlPerSec: 0, twinPerSec: 0 },
    })
    expect(scenarioOf({ load: { requests: 100_000 } }, load).load).toMatchObject({
      durationMs: null,
      requests: 100_000,
    })
    expect(scenarioOf({ load: { requests: 5, duration: '2s' } }, load).load).toMatchObject({
      durationMs: 2000,
      requests: 5,
    })
  })

  test.each([
    [300, undefined, 3000],
    [1, undefined, 100],
    [5000, '10s', 10_000],
    [50, '4s', 200],
  ])('%d requests/s with a timeout of %s may have %d users', (rate, timeout, maxVus) => {
    const load = timeout === undefined ? { rate } : { rate, timeout }
    expect(scenarioOf({ load }).load).toMatchObject({ model: 'open', maxVus })
  })

  test('with --lab the target, the Deployment and milder limits are there without being named', () => {
    expect(scenarioOf({ target: {}, deployment: undefined }, { command: 'run', lab: true })).toMatchObject({
      target: { url: 'http://web.shop:8080/' },
      deployment: { namespace: 'shop', name: 'web' },
      limits: { scheduleLagMs: 250, stallMs: 500 },
      lab: { replicas: 4, path: 'service', app: { onSigterm: 'graceful' } },
    })
  })

  test('failures are not allowed unless the scenario says so of all failures', () => {
    const texts = (thresholds: object) => scenarioOf({ thresholds }).thresholds.map(({ text }) => text)
    expect(texts({ http_req_duration: 'max<9' })).toEqual(['failures: count==0', 'http_req_duration: max<9'])
    expect(texts({ 'failures{phase:rollout}': ['count<3'] })).toEqual([
      'failures: count==0',
      'failures{phase:rollout}: count<3',
    ])
    expect(texts({ failures: ['rate<0.01', 'count<9'] })).toEqual([
      'failures: rate<0.01',
      'failures: count<9',
    ])
  })

  test('a Deployment without a namespace gets the one that the caller names', () => {
    expect(scenarioOf({ deployment: 'web' }, { ...RUN, namespace: 'team' }).deployment).toEqual({
      namespace: 'team',
      name: 'web',
    })
    expect(scenarioOf({ deployment: 'web' }).deployment).toEqual({ namespace: 'default', name: 'web' })
  })

  test('without a preStop hook there are no seconds of it', () => {
    const lab: ParseOptions = { command: 'run', lab: true }
    expect(scenarioOf({ lab: { preStop: 'none' } }, lab).lab).toMatchObject({
      preStop: 'none',
      preStopSeconds: 0,
    })
    expect(scenarioOf({ lab: { preStop: 'exec', preStopSeconds: 7 } }, lab).lab).toMatchObject({
      preStop: 'exec',
      preStopSeconds: 7,
    })
  })
})

describe('units', () => {
  test.each([
    ['500ms', 500],
    ['20s', 20_000],
    ['5m', 300_000],
    ['1m30s', 90_000],
    ['1.5s', 1500],
    [3, 3000],
    [0.25, 250],
    [' 2s ', 2000],
  ])('%s is %d ms', (text, ms) => {
    expect(scenarioOf({ load: { timeout: text } }).load.timeoutMs).toBe(ms)
  })

  test.each(['keep-alive', 'fresh', 'pool'])('connections %s', (kind) => {
    expect(scenarioOf({ load: { connections: kind } }).load.connections).toEqual({ kind })
  })

  test('mixed connections say the share of new ones', () => {
    expect(scenarioOf({ load: { connections: 'mixed:0.2' } }).load.connections).toEqual({
      kind: 'mixed',
      freshRatio: 0.2,
    })
  })
})

describe('problems', () => {
  test.each([
    [
      { load: { duration: '5' } },
      'load.duration: expected a duration with its unit, got "5"; write 5s, 5ms, or 5 without quotes for seconds',
    ],
    [
      { load: { duration: '5 minutes' } },
      'load.duration: expected a duration such as 500ms, 20s or 5m, got "5 minutes"',
    ],
    [{ load: { duration: -3 } }, 'load.duration: expected a duration such as 500ms, 20s or 5m, got -3'],
    [
      { load: { duration: Number.NaN } },
      'load.duration: expected a duration such as 500ms, 20s or 5m, got NaN',
    ],
    [
      { load: { duration: '1e999s' } },
      'load.duration: expected a duration such as 500ms, 20s or 5m, got "1e999s"',
    ],
    [{ load: { timeout: '2h' } }, 'load.timeout: expected a duration from 1ms to 1h, got "2h"'],
    [{ load: { timeout: true } }, 'load.timeout: expected a duration such as 500ms, 20s or 5m, got true'],
    [{ load: { vus: 0 } }, 'load.vus: expected a whole number from 1 to 20000, got 0'],
    [{ load: { vus: '300' } }, 'load.vus: expected a whole number from 1 to 20000, got "300"'],
    [{ load: { vus: 1.5 } }, 'load.vus: expected a whole number from 1 to 20000, got 1.5'],
    [
      { load: { rate: 5, vus: 3 } },
      'load.rate: rate and vus exclude each other; rate is the open model, vus the closed one',
    ],
    [
      { load: { rate: 5, pace: '1s' } },
      'load.pace: pace belongs to the closed model (vus); rate sets the schedule',
    ],
    [
      { load: { maxVus: 5 } },
      'load.maxVus: maxVus belongs to the open model (rate); use vus for the number of users',
    ],
    [
      { load: { connections: 'mixed:2' } },
      'load.connections: expected keep-alive, fresh, mixed:SHARE (such as mixed:0.2) or pool, got "mixed:2"',
    ],
    [{ load: [] }, 'load: expected a map, got a list'],
    [
      { target: { url: 'file:///etc/passwd' } },
      'target.url: expected an http: or https: URL such as http://web.shop/, got "file:///etc/passwd"',
    ],
    [
      { target: { url: 'http://web/', insecure: 'no' } },
      'target.insecure: expected true or false, got "no"; YAML 1.2 reads yes, no, on and off as text',
    ],
    [
      { target: { url: 'http://web/', resolver: 'dns' } },
      'target.resolver: expected a DNS server as IP:PORT, such as 10.96.0.10:53, got "dns"',
    ],
    [{ target: {} }, 'target.url: is missing; the load needs a URL; give target.url or --target'],
    [
      { target: { url: 'http://web/?a=1' }, requests: [{}] },
      'target.url: expected a URL without query or fragment; the query belongs to requests[].path',
    ],
    [
      { deployment: undefined },
      'deployment: is missing; a run needs a Deployment to restart; give deployment: NAMESPACE/NAME or --deployment',
    ],
    [
      { deployment: 'deployment/web' },
      'deployment: expected NAMESPACE/NAME, got "deployment/web", which is kubectl\'s TYPE/NAME',
    ],
    [
      { deployment: 'Shop/Web' },
      'deployment: expected a Deployment as NAMESPACE/NAME, such as shop/web, got "Shop/Web"',
    ],
    [
      { name: '../../etc' },
      'name: expected a name of letters, digits, dots, dashes and underscores, got "../../etc"',
    ],
    [{ requests: [] }, 'requests: expected at least one request'],
    [
      { requests: [{ method: 'get' }] },
      'requests[0].method: expected GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, got "get"; did you mean GET?',
    ],
    [
      { requests: [{ path: 'cart' }] },
      'requests[0].path: expected a path from / without spaces and #, got "cart"',
    ],
    [
      { requests: [{ expect: { status: 20 } }] },
      'requests[0].expect.status: expected a whole number from 100 to 599, got 20',
    ],
    [
      { requests: [{ name: 'a' }, { name: 'a' }] },
      'requests[1].name: has the name of requests[0]; reports tell requests apart by name',
    ],
    [
      { requests: [{ headers: { 'Content-Length': '3' } }] },
      'requests[0].headers.Content-Length: this header belongs to the engine and cannot be set',
    ],
    [
      { requests: [{ headers: { 'X-A': 5 } }] },
      'requests[0].headers.X-A: expected text; put quotes around it',
    ],
    [
      { requests: [{ headers: { 'X A': 'v' } }] },
      'requests[0].headers.X A: expected a header name: letters, digits and dashes',
    ],
    [{ thresholds: { failures: [] } }, 'thresholds.failures: expected at least one expression'],
    [
      { acceptUnproven: ['H77'] },
      'acceptUnproven[0]: expected H1, H2, H3, H4, H5, H6, H7, H8, H9 or H10, got "H77"; did you mean H7?',
    ],
    [{ variants: { preStop: 5 } }, 'variants: expected a list of variants, got a map'],
    [
      { lab: { maxSurge: 0, maxUnavailable: '0%' } },
      'lab.maxUnavailable: maxSurge and maxUnavailable cannot both be 0: no pod could be replaced',
    ],
    [
      { lab: { preStop: 'none', preStopSeconds: 5 } },
      'lab.preStopSeconds: needs a hook; preStop is none; use sleep, exec or http',
    ],
    [
      { lab: { maxSurge: 'many' } },
      'lab.maxSurge: expected a number of pods, or a share such as 25%, got "many"',
    ],
    [{ lab: { inject: ['Z1'] } }, 'lab.inject[0]: expected a cause such as A1 or C1:0.5, got "Z1"'],
    [{ vus: 5 }, 'vus: unknown key; did you mean load.vus?'],
    [{ laod: {} }, 'laod: unknown key; did you mean load?'],
    [{ load: { users: 3 } }, 'load.users: unknown key; did you mean vus?'],
    [{ rollout: { preStop: 'sleep' } }, 'rollout.preStop: unknown key; did you mean lab.preStop?'],
    [
      { rollout: { scaleTo: 2 } },
      'rollout.scaleTo: belongs to choreography scale-down; add choreography: scale-down',
    ],
    [
      { rollout: { choreography: 'node-drain', autoscaler: 'web' } },
      'rollout.autoscaler: belongs to choreography scale-down; add choreography: scale-down',
    ],
    [
      { lab: { autoscaler: { minReplicas: 5, maxReplicas: 4 } } },
      'lab.autoscaler.minReplicas: is more than maxReplicas',
    ],
    [
      { rollout: { choreography: 'scale-down' }, variants: [{ name: 'a' }, { name: 'b' }] },
      'rollout.choreography: scale-down and variants exclude each other: both keep their journal on the Deployment',
    ],
    [
      { rollout: { choreography: 'rollback' }, variants: [{ name: 'a' }, { name: 'b' }] },
      'rollout.choreography: rollback and variants exclude each other: both keep their journal on the Deployment',
    ],
    [
      { rollout: { choreography: 'image-change' } },
      'rollout.image: is missing; choreography image-change needs the other image of the main container; give rollout.image',
    ],
    [
      { rollout: { image: 'web:2' } },
      'rollout.image: belongs to choreography image-change or rollback; add choreography: image-change',
    ],
    [
      { rollout: { choreography: 'image-change', image: 'web 2' } },
      'rollout.image: expected an image such as registry.example/web:2, got "web 2"',
    ],
    [
      { rollout: { choreography: 'restart', undo: 'completed' } },
      'rollout.undo: belongs to choreography rollback; add choreography: rollback',
    ],
    [
      { rollout: { zzzzzzzz: 1 } },
      'rollout.zzzzzzzz: unknown key; known keys: restarts, choreography, scaleTo, autoscaler, image, undo, baseline, settle, recovery, timeout',
    ],
  ])('%j', (raw, text) => {
    expect(problemsWith(raw)).toEqual([text])
  })

  test.each([[null], [5], ['text'], [[]], [undefined]])('%j is no scenario', (raw) => {
    expect(problemsOf(raw)).toHaveLength(1)
    expect(problemsOf(raw)[0]).toMatch(/^expected a map with apiVersion, target, load …, got /)
  })

  test('all are told at once, from every part of the scenario', () => {
    const paths = problemsWith({
      load: { vus: 0, pace: 'x' },
      requests: [{ weight: 0 }],
      thresholds: { failures: 'x' },
      limts: {},
    })
    expect(paths.map((text) => text.split(':')[0]).sort()).toEqual([
      'limts',
      'load.pace',
      'load.vus',
      'requests[0].weight',
      'thresholds.failures',
    ])
  })

  test('values that may be secrets are never printed', () => {
    const texts = problemsWith({
      target: { url: 'http://user:CANARY@web/', control: 'ftp://user:CANARY@web/' },
      requests: [{ headers: { Authorization: 'CANARY\u0007', Cookie: ['CANARY'] } }],
    })
    expect(texts).toHaveLength(4)
    expect(texts.join()).not.toContain('CANARY')
  })

  test('what is printed has no control characters', () => {
    const texts = problemsWith({ name: '\u001b[31mred\u202e', '\u0007key\u009b': 1 })
    expect(texts).toHaveLength(2)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(texts.join()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
  })
})

describe('hostile values', () => {
  test('keys that reach a prototype are refused, and change nothing', () => {
    const raw: unknown = JSON.parse(
      '{"apiVersion":"rollproof/v1","__proto__":{"polluted":1},"load":{"__proto__":{"vus":3}}}',
    )
    expect(problemsOf(raw).sort()).toEqual([
      '__proto__: is not a key that a scenario can have',
      'load.__proto__: is not a key that a scenario can have',
    ])
    expect(problemsWith({ constructor: 1, toString: 2 }).map((text) => text.split(';')[0])).toEqual([
      'constructor: unknown key',
      'toString: unknown key',
    ])
    expect(problemsWith({ requests: [{ headers: JSON.parse('{"constructor":"x"}') }] })).toEqual([])
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('endless nesting and cycles end', () => {
    const deep: Record<string, unknown> = {}
    let inner = deep
    for (let i = 0; i < 5000; i++) {
      const next: Record<string, unknown> = {}
      inner.load = next
      inner = next
    }
    expect(problemsOf(deep)).toEqual([expect.stringContaining('is nested more than 28 levels deep')])
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(problemsWith({ requests: cycle })).toEqual(['requests[0]: expected a map, got a list'])
  })

  test('any value is a scenario or a list of problems, and is not changed', () => {
    const key = fc.constantFrom(
      'apiVersion',
      'target',
      'load',
      'vus',
      'requests',
      'headers',
      'thresholds',
      'lab',
      'app',
      'url',
      '__proto__',
      'constructor',
      'x',
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.anything(),
        fc.dictionary(key, tie('tree')),
        fc.array(tie('tree'), { maxLength: 3 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (raw) => {
        const before = JSON.stringify(raw, (_, value) => (typeof value === 'bigint' ? String(value) : value))
        const result = parseScenario(raw, RUN)
        expect(result.ok || result.problems.length > 0).toBe(true)
        expect(JSON.stringify(raw, (_, value) => (typeof value === 'bigint' ? String(value) : value))).toBe(
          before,
        )
      }),
      { numRuns: 300 },
    )
  })

  test('a frozen scenario can be read', () => {
    const freeze = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return
      Object.freeze(value)
      Object.values(value).forEach(freeze)
    }
    const raw = {
      ...MINIMAL,
      load: { vus: 3, duration: '2s' },
      requests: [{ headers: { A: 'b' } }],
      lab: { app: {} },
    }
    freeze(raw)
    expect(parseScenario(raw, RUN).ok).toBe(true)
  })
})
