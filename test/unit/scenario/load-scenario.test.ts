import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HarnessError } from '../../../src/kernel/errors.ts'
import type { FlagValues } from '../../../src/scenario/from-flags.ts'
import { checkScenarioFile, loadScenario } from '../../../src/scenario/load-scenario.ts'

let folder = ''
let file = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollproof-scenario-'))
  file = join(folder, 'spring.yaml')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Line by line, what is said of a file with this content; the path of the file is written `spring.yaml`. */
const said = async (content: string | Uint8Array, flags: FlagValues = {}): Promise<string[]> => {
  await writeFile(file, content)
  const { problems } = await checkScenarioFile(file, flags, { command: 'run', lab: false })
  return problems.map(({ where, text }) => `${where.replace(file, 'spring.yaml')}: ${text}`)
}

const HEAD = 'apiVersion: rollproof/v1\ntarget: {url: http://web.shop/}\ndeployment: shop/web\n'

test('every problem of a file is told at once, each with its line and column', async () => {
  const text = `apiVersion: rollproof/v1
name: spring 300
target:
  url: "http//web.shop/"
  podheader: X-Pod
deployment: shop/web
load: {vus: many, pace: '5', duration: 5 minutes}
requests:
  - name: home
    method: GTE
    expect: {status: 999}
thresholds:
  failures: ['count=0']
  'http_req_duration{phase:rolout}': ['p(99)<300']
  http_req_duration: p(99)<300ms
rollout:
  restrats: 5
`
  expect(await said(text)).toEqual([
    'spring.yaml:2:7: name: expected a name of letters, digits, dots, dashes and underscores, got "spring 300"',
    'spring.yaml:4:8: target.url: expected an http: or https: URL such as http://web.shop/, got "http//web.shop/"',
    'spring.yaml:5:3: target.podheader: unknown key; did you mean podHeader?',
    'spring.yaml:7:13: load.vus: expected a whole number from 1 to 20000, got "many"',
    'spring.yaml:7:25: load.pace: expected a duration with its unit, got "5"; write 5s, 5ms, or 5 without quotes for seconds',
    'spring.yaml:7:40: load.duration: expected a duration such as 500ms, 20s or 5m, got "5 minutes"',
    'spring.yaml:10:13: requests[0].method: expected GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, got "GTE"; did you mean GET?',
    'spring.yaml:11:22: requests[0].expect.status: expected a whole number from 100 to 599, got 999',
    'spring.yaml:13:20: thresholds.failures[0]: expected one of === == != <= >= < >, got "=0"',
    'spring.yaml:14:28: thresholds.http_req_duration{phase:rolout}: tag phase: values of phase are preflight, self-test, baseline, rollout, settle, recovery, steady, end, got "rolout"; did you mean rollout?',
    'spring.yaml:15:28: thresholds.http_req_duration: expected a number after <, got "300ms"; the unit is ms and is not written',
    'spring.yaml:17:3: rollout.restrats: unknown key; did you mean restarts?',
  ])
})

test('the error of a bad file is SCENARIO_INVALID with one line a problem and no more than anybody reads', async () => {
  await writeFile(file, `${HEAD}load:\n${Array.from({ length: 80 }, (_, i) => `  key${i}: 1`).join('\n')}\n`)
  const error = await loadScenario(file, {}, { command: 'run', lab: false }).catch(
    (failure: unknown) => failure,
  )
  expect(error).toMatchObject({ code: 'SCENARIO_INVALID', hint: expect.stringContaining('docs/scenario.md') })
  const lines = String((error as HarnessError).message).split('\n')
  expect(lines[0]).toBe(`${file}: 80 problems`)
  expect(lines[1]).toBe(
    `${file}:5:3: load.key0: unknown key; known keys: vus, rate, maxVus, pace, think, rampUp, duration, requests, connections, timeout, idleTimeout`,
  )
  expect(lines.at(-1)).toBe('and 30 more')
  expect(lines).toHaveLength(52)
})

test('a missing key is told at the place where it belongs', async () => {
  expect(await said('target:\n  podHeader: X-Pod\n')).toEqual([
    'spring.yaml:1:1: apiVersion: is missing; the first line of a scenario is apiVersion: rollproof/v1',
    'spring.yaml:1:1: deployment: is missing; a run needs a Deployment to restart; give deployment: NAMESPACE/NAME or --deployment',
    'spring.yaml:2:3: target.url: is missing; the load needs a URL; give target.url or --target',
  ])
})

describe('YAML that means different things to different readers', () => {
  test.each([
    [
      'load: {vus: 010}',
      '4:13: "010" is octal in YAML 1.1 and decimal in 1.2; write 10, or put quotes around it',
    ],
    ['load: {vus: 0x10}', '4:13: expected a decimal number, got 0x10'],
    ['load: {duration: 1e999}', '4:18: 1e999 is not a number that can be used'],
    ['load: {duration: .nan}', '4:18: .nan is not a number that can be used'],
    ['load: {duration: -.inf}', '4:18: -.inf is not a number that can be used'],
    ['load: {duration: -5}', '4:18: load.duration: expected a duration such as 500ms, 20s or 5m, got -5'],
    ['load: {vus: 3, vus: 4}', '4:16: vus is there twice in one map'],
    ['a: &a {vus: 3}\nload: {<<: *a}', '5:8: merge keys (<<) are not part of YAML 1.2; write the keys out'],
    ['target:\n\turl: x', '5:1: expected spaces; YAML does not allow tabs as indentation'],
    ['---\na: 1', '4:1: expected one document; a second one starts here'],
    ['name: !!js/function x', '4:7: is not YAML: Unresolved tag: tag:yaml.org,2002:js/function'],
    [
      'load: {vus: 3',
      '5:1: is not YAML: Flow map in block collection must be sufficiently indented and end with a }',
    ],
    ['load: *none', '4:7: *none refers to an anchor that is not above it'],
  ])('%j', async (text, problem) => {
    expect(await said(`${HEAD}${text}\n`)).toContain(`spring.yaml:${problem}`)
  })

  test('%YAML 1.1 is refused', async () => {
    expect(await said(`%YAML 1.1\n---\n${HEAD}`)).toEqual([
      'spring.yaml:1:1: %YAML 1.1 is not supported; scenarios are YAML 1.2',
    ])
  })
})

describe('files that are no scenario', () => {
  test.each([
    ['UTF-16 text', Buffer.from('\ufeffapiVersion: x', 'utf16le'), 'it is UTF-16 text'],
    ['NUL bytes', Buffer.from('a: \0'), 'it is not text (it holds NUL bytes)'],
    ['bytes that are not UTF-8', Buffer.from([0x61, 0xff, 0xfe]), 'it is not UTF-8 text'],
    ['a large file', Buffer.alloc(100 * 2 ** 20, 'a: 1\n'), 'it is larger than 64 KiB'],
  ])('%s', async (_, content, what) => {
    await writeFile(file, content)
    const before = process.threadCpuUsage()
    await expect(loadScenario(file, {}, { command: 'run', lab: false })).rejects.toMatchObject({
      code: 'SCENARIO_UNREADABLE',
      message: `cannot read the scenario ${file}: ${what}`,
      hint: expect.any(String),
    })
    const { user, system } = process.threadCpuUsage(before)
    expect(user + system).toBeLessThan(1_000_000)
  })

  test('a missing file, with the name that was meant; a folder; an endless device', async () => {
    const refusal = (path: string) =>
      loadScenario(path, {}, { command: 'run', lab: false }).catch((error: unknown) => error)
    expect(await refusal('scenarios/sping-300.yaml')).toMatchObject({
      code: 'SCENARIO_UNREADABLE',
      message: expect.stringContaining('there is no such file'),
      hint: 'did you mean scenarios/spring-300.yaml?',
    })
    await mkdir(join(folder, 'sub'), { recursive: true })
    expect(await refusal(join(folder, 'sub'))).toMatchObject({
      code: 'SCENARIO_UNREADABLE',
      message: expect.stringContaining('it is a folder'),
    })
    expect(await refusal('/dev/zero')).toMatchObject({
      code: 'SCENARIO_UNREADABLE',
      message: expect.stringContaining('larger than'),
    })
  })

  test('a byte order mark is no problem', async () => {
    expect(await said(`\ufeff${HEAD}`)).toEqual([])
  })
})

describe('files made to be expensive', () => {
  const kib = 1024
  test.each([
    ['brackets', '['.repeat(64 * kib)],
    ['braces', '{a: '.repeat(16 * kib)],
    ['dashes', '- '.repeat(32 * kib)],
    ['nested maps', Array.from({ length: 350 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['many keys', Array.from({ length: 6000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['one key many times', 'a: 1\n'.repeat(12 * kib)],
    ['commas', `[${','.repeat(64 * kib - 5)}]`],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, i) => `${'bcdefghij'[i]}: &${'bcdefghij'[i]} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]`).join('\n')}`,
    ],
    ['an alias within itself', `${HEAD}requests: &a [*a]`],
    ['anchors', '&a '.repeat(20 * kib)],
    ['quotes', '"'.repeat(64 * kib)],
    ['question marks', '?\n'.repeat(30 * kib)],
  ])('%s end with a problem, at a bounded cost', async (_, text) => {
    const before = process.threadCpuUsage()
    expect((await said(text)).length).toBeGreaterThan(0)
    // Time on the processor, not on the clock: others use the machine, too.
    const { user, system } = process.threadCpuUsage(before)
    expect(user + system).toBeLessThan(3_000_000)
  })

  test('any bytes give a scenario, problems or SCENARIO_UNREADABLE', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ maxLength: 200 }).map((text) => Buffer.from(text)),
      fc
        .tuple(fc.nat(HEAD.length), fc.string({ maxLength: 20 }))
        .map(([at, text]) => Buffer.from(HEAD.slice(0, at) + text + HEAD.slice(at))),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        const lines = await said(content).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'SCENARIO_UNREADABLE' })
          return []
        })
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
      }),
      { numRuns: 200 },
    )
  })
})

describe('flags', () => {
  const load = (path: string | null, flags: FlagValues, lab = false) =>
    loadScenario(path, flags, { command: 'run', lab })

  test('are a scenario by themselves', async () => {
    const flags = {
      target: 'http://web.shop/',
      deployment: 'shop/web',
      vus: '300',
      duration: '5m',
      restarts: '5',
      'accept-unproven': 'H7,H9',
    }
    expect(await load(null, flags)).toMatchObject({
      name: 'web',
      target: { url: 'http://web.shop/' },
      deployment: { namespace: 'shop', name: 'web' },
      load: { model: 'closed', vus: 300, paceMs: 1000, durationMs: 300_000 },
      rollout: { restarts: 5 },
      acceptUnproven: ['H7', 'H9'],
    })
  })

  test('win over the file, --set last, and the file stays the rest', async () => {
    await writeFile(
      file,
      `${HEAD}load: {vus: 300, pace: 1s, timeout: 3s}\nrollout: {restarts: 5, settle: 9s}\nrequests: [{path: /a}, {path: /b}]\n`,
    )
    const scenario = await load(file, {
      restarts: '3',
      set: [
        'rollout.restarts=2',
        'lab.path=ingress',
        'requests[1].path=/c?x=1',
        'requests.0.weight=4',
        'thresholds.http_req_duration{phase:rollout}=p(99)<300',
        'target.requestIdHeader=null',
      ],
    })
    expect(scenario).toMatchObject({
      name: 'spring',
      load: { vus: 300, timeoutMs: 3000 },
      rollout: { restarts: 2, settleMs: 9000 },
      lab: { path: 'ingress' },
      requests: [{ path: '/a', weight: 4 }, { path: '/c?x=1' }],
      target: { requestIdHeader: null },
    })
    expect(scenario.thresholds.map(({ text }) => text)).toContain(
      'http_req_duration{phase:rollout}: p(99)<300',
    )
  })

  test('that choose the load model take the keys of the other one away', async () => {
    await writeFile(file, `${HEAD}load: {vus: 300, pace: 2s, timeout: 3s}\n`)
    expect((await load(file, { rate: '50' })).load).toMatchObject({
      model: 'open',
      ratePerSec: 50,
      timeoutMs: 3000,
    })
    await writeFile(file, `${HEAD}load: {rate: 50, maxVus: 7}\n`)
    expect((await load(file, { vus: '5' })).load).toMatchObject({ model: 'closed', vus: 5 })
  })

  test('a bare number is seconds, as the contract says of the command line', async () => {
    const flags = { target: 'http://w/', deployment: 'a/b', timeout: '5', pace: '0.5', 'ramp-up': '0' }
    expect((await load(null, flags)).load).toMatchObject({ timeoutMs: 5000, paceMs: 500, rampUpMs: 0 })
  })

  test('are named by their problems', async () => {
    const error = await load(null, {
      vus: 'many',
      rate: '-3',
      duration: '010',
      deployment: 'web/x',
      namespace: 'shop',
      'accept-unproven': 'H7,H99',
      set: [
        'rollout.restrats=2',
        'load.vus.x=3',
        'x',
        '=5',
        'a..b=3',
        'requests[0].weight=-1',
        'name=[',
        '__proto__.x=1',
      ],
    }).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'USAGE', hint: expect.stringContaining('--help') })
    expect(String((error as HarnessError).message).split('\n')).toEqual([
      'the flags: 7 problems',
      '--set __proto__.x: __proto__: is not a key that a scenario can have',
      '--set x: expected PATH=VALUE, such as rollout.restarts=2',
      '--set : expected a path of keys, such as load.vus or requests[0].path',
      '--set a..b: expected a path of keys, such as load.vus or requests[0].path',
      '--set name: its value is not YAML: Flow sequence must end with a ]',
      '--namespace: "shop" contradicts --deployment web/x; give one of them',
      '--set load.vus.x: load.vus is not a map or list that holds load.vus.x',
    ])
    const values = await load(null, {
      target: 'http://w/',
      deployment: 'a/b',
      vus: 'many',
      duration: '010',
      'accept-unproven': 'H7,H99',
      set: ['rollout.restrats=2', 'requests[0].weight=-1'],
    }).catch((failure: unknown) => failure)
    expect(String((values as HarnessError).message).split('\n')).toEqual([
      'the flags: 5 problems',
      '--vus: expected a whole number from 1 to 20000, got "many"',
      '--duration: expected a duration such as 500ms, 20s or 5m, got "010"',
      '--set requests[0].weight: expected a number above 0, at most 1000000, got -1',
      '--set rollout.restrats: unknown key; did you mean restarts?',
      '--accept-unproven: expected H1, H2, H3, H4, H5, H6, H7, H8, H9 or H10, got "H99"; did you mean H9?',
    ])
  })

  test('and problems of the file come together', async () => {
    expect(await said(`${HEAD}load: {vus: 0}\n`, { duration: 'long', restarts: '0' })).toEqual([
      'spring.yaml:4:13: load.vus: expected a whole number from 1 to 20000, got 0',
      '--duration: expected a duration such as 500ms, 20s or 5m, got "long"',
      '--restarts: expected a whole number from 1 to 1000, got 0',
    ])
  })
})

test('what a variant may not do is told with its line and column', async () => {
  const text = `${HEAD}study: {control: base}
variants:
  - name: base
  - name: five
    patch:
      spec:
        replicas: 3
  - name: six
    patches:
      - object: deployment/other
        strategic: {spec: {minReadySeconds: 1}}
ablation:
  settings:
    preStop: {onn: {}}
`
  expect(await said(text)).toEqual([
    'spring.yaml:10:9: variants[1].patch.spec.replicas: the number of replicas is never changed',
    'spring.yaml:13:17: variants[2].patches[0].object: expected deployment, service/NAME, ingress/NAME or pdb/NAME, got "deployment/other"; deployment alone is the one of the scenario; no other is changed',
    'spring.yaml:17:15: ablation.settings.preStop.onn: unknown key; did you mean on?',
  ])
})
