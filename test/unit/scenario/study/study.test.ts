import { describe, expect, test } from 'vitest'
import type { StudyPlan } from '../../../../src/model/study.ts'
import type { VariantPatch } from '../../../../src/model/variant.ts'
import { parseScenario } from '../../../../src/scenario/parse-scenario.ts'
import { problemText } from '../../../../src/scenario/problem.ts'
import { chooseVariants } from '../../../../src/scenario/study/choose-variants.ts'
import { patchedPaths, rollsPods } from '../../../../src/scenario/study/patch-paths.ts'
import { restMsOf } from '../../../../src/scenario/study/study-cost.ts'

const MINIMAL = { apiVersion: 'rollproof/v1', target: { url: 'http://web.shop/' }, deployment: 'shop/web' }
const read = (raw: object) => parseScenario({ ...MINIMAL, ...raw }, { command: 'run', lab: false })

const studyOf = (raw: object): StudyPlan => {
  const result = read(raw)
  if (!result.ok) throw new Error(result.problems.map(problemText).join('\n'))
  if (result.scenario.study === undefined) throw new Error('no study')
  return result.scenario.study
}

const problemsOf = (raw: object): string[] => {
  const result = read(raw)
  return result.ok ? [] : result.problems.map(problemText)
}

const patchesOf = (study: StudyPlan, name: string): readonly VariantPatch[] =>
  study.variants.find((variant) => variant.name === name)?.patches ?? []

const template = (container: object) => ({
  spec: { template: { spec: { containers: [{ name: 'web', ...container }] } } },
})
const PRE_STOP = template({ lifecycle: { preStop: { sleep: { seconds: 5 } } } })
const PROBE = template({ readinessProbe: { httpGet: { path: '/readyz', port: 8080 } } })
const ABRUPT = template({ env: [{ name: 'ON_SIGTERM', value: 'abrupt' }] })

describe('an ablation', () => {
  const study = studyOf({
    seed: 9,
    ablation: { settings: { preStop: { on: PRE_STOP }, probe: { on: PROBE }, graceful: { off: ABRUPT } } },
  })

  test('makes all, none, all but each and only each', () => {
    expect(study.variants.map(({ name, design }) => [name, design])).toEqual([
      ['all', 'all'],
      ['none', 'none'],
      ['all but preStop', 'all-but-one'],
      ['all but probe', 'all-but-one'],
      ['all but graceful', 'all-but-one'],
      ['only preStop', 'only-one'],
      ['only probe', 'only-one'],
      ['only graceful', 'only-one'],
    ])
    expect(study).toMatchObject({ control: 'all', blocks: 3, seed: 9, repeat: true })
    expect(study.variants[2]?.factors).toEqual({ preStop: 'off', probe: 'on', graceful: 'on' })
  })

  test('applies the on patch of what is wanted and the off patch of what is not', () => {
    expect(patchesOf(study, 'all')).toEqual([
      {
        object: { kind: 'Deployment', name: 'web' },
        type: 'strategic',
        body: template({
          lifecycle: { preStop: { sleep: { seconds: 5 } } },
          readinessProbe: { httpGet: { path: '/readyz', port: 8080 } },
        }),
      },
    ])
    expect(patchesOf(study, 'none')).toMatchObject([{ body: ABRUPT }])
    expect(patchesOf(study, 'only graceful')).toEqual([])
    expect(patchesOf(study, 'all but probe')).toMatchObject([{ body: PRE_STOP }])
  })

  test('leaves out what would be the same variant twice', () => {
    const names = (settings: object): string[] =>
      studyOf({ ablation: { settings } }).variants.map(({ name }) => name)
    expect(names({ a: { on: PRE_STOP } })).toEqual(['all', 'none'])
    expect(names({ a: { on: PRE_STOP }, b: { on: PROBE } })).toEqual([
      'all',
      'none',
      'all but a',
      'all but b',
    ])
  })

  test('with one design has no variants of the other', () => {
    const settings = { a: { on: PRE_STOP }, b: { on: PROBE }, c: { off: ABRUPT } }
    const { variants } = studyOf({ ablation: { settings, designs: ['all-but-one'] } })
    expect(variants.map(({ name }) => name)).toEqual(['all', 'none', 'all but a', 'all but b', 'all but c'])
  })
})

describe('a grid', () => {
  test('makes one variant of each combination, named by its levels', () => {
    const study = studyOf({
      grid: {
        preStop: { 0: null, 5: PRE_STOP },
        surge: {
          '1/0': { spec: { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } },
          '0/1': { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } } },
        },
      },
    })
    expect(study.variants.map(({ name }) => name)).toEqual([
      'preStop=0, surge=1/0',
      'preStop=0, surge=0/1',
      'preStop=5, surge=1/0',
      'preStop=5, surge=0/1',
    ])
    expect(study.variants[3]?.factors).toEqual({ preStop: '5', surge: '0/1' })
    expect(study.variants.map(rollsPods)).toEqual([false, false, true, true])
    expect(study.control).toBe('preStop=0, surge=1/0')
  })
})

describe('named variants', () => {
  test('without a patch are the Deployment as it is, and the control', () => {
    const study = studyOf({ variants: [{ name: 'five', patch: PRE_STOP }, { name: 'as found' }] })
    expect(study.variants.map(({ name, patches }) => [name, patches.length])).toEqual([
      ['five', 1],
      ['as found', 0],
    ])
    expect(study.control).toBe('as found')
  })

  test('can start from another one, whose values they may change', () => {
    const study = studyOf({
      ablation: { settings: { preStop: { on: PRE_STOP }, probe: { on: PROBE } }, designs: ['all-but-one'] },
      variants: [
        {
          name: 'all, ten',
          like: 'all',
          patch: template({ lifecycle: { preStop: { sleep: { seconds: 10 } } } }),
        },
      ],
    })
    const [patch] = patchesOf(study, 'all, ten')
    expect(patch?.body).toEqual(
      template({
        lifecycle: { preStop: { sleep: { seconds: 10 } } },
        readinessProbe: { httpGet: { path: '/readyz', port: 8080 } },
      }),
    )
  })

  test('can change a Service, an Ingress and a PodDisruptionBudget; JSON patches of one object are put together', () => {
    const json = (value: number) => ({
      object: 'pdb/web',
      json: [{ op: 'replace', path: '/spec/maxUnavailable', value }],
    })
    const study = studyOf({
      variants: [
        { name: 'a' },
        {
          name: 'b',
          patches: [
            { object: 'service/web', strategic: { spec: { publishNotReadyAddresses: true } } },
            { object: 'ingress/web', strategic: { metadata: { annotations: { x: 'y' } } } },
            json(1),
            json(2),
          ],
        },
      ],
    })
    const patches = patchesOf(study, 'b')
    expect(patches.map(({ object, type }) => [object.kind, object.name, type])).toEqual([
      ['Service', 'web', 'strategic'],
      ['Ingress', 'web', 'strategic'],
      ['PodDisruptionBudget', 'web', 'json'],
    ])
    expect(patches[2]?.body).toHaveLength(2)
    expect(patches.flatMap(patchedPaths)).toEqual([
      'spec.publishNotReadyAddresses',
      'metadata.annotations.x',
      '/spec/maxUnavailable',
      '/spec/maxUnavailable',
    ])
  })

  test('can be chosen by name, in the order of the scenario', () => {
    const study = studyOf({
      variants: [{ name: 'a' }, { name: 'b', patch: PRE_STOP }, { name: 'c', patch: PROBE }],
    })
    expect(chooseVariants(study, ['c', 'b'])).toMatchObject({
      variants: [{ name: 'b' }, { name: 'c' }],
      control: 'b',
    })
    expect(() => chooseVariants(study, ['d'])).toThrow('--variant: no variant is called "d"')
  })
})

test.each([
  [
    { variants: [{ name: 'a', patch: { spec: { replicas: 3 } } }, { name: 'b' }] },
    'variants[0].patch.spec.replicas: the number of replicas is never changed',
  ],
  [
    {
      variants: [
        { name: 'a', patch: { spec: { template: { metadata: { labels: { a: 'b' } } } } } },
        { name: 'b' },
      ],
    },
    'variants[0].patch.spec.template.metadata.labels: labels are never changed',
  ],
  [
    { variants: [{ name: 'a', patch: { metadata: { labels: { a: 'b' } } } }, { name: 'b' }] },
    'variants[0].patch.metadata.labels: labels are never changed',
  ],
  [
    { variants: [{ name: 'a', patch: { spec: { template: null } } }, { name: 'b' }] },
    'variants[0].patch.spec.template: a variant of a Deployment may change /spec/strategy, /spec/minReadySeconds, ',
  ],
  [
    { variants: [{ name: 'a', patch: { spec: { $patch: 'replace' } } }, { name: 'b' }] },
    'variants[0].patch.spec.$patch: a variant of a Deployment may change /spec/strategy, /spec/minReadySeconds, ',
  ],
  [
    { variants: [{ name: 'a', patches: [{ object: 'namespace/shop', strategic: {} }] }, { name: 'b' }] },
    'variants[0].patches[0].object: expected deployment, service/NAME, ingress/NAME or pdb/NAME, got "namespace/shop"; a namespace belongs to others too',
  ],
  [
    {
      variants: [
        { name: 'a', patches: [{ object: 'service/web', strategic: { spec: { selector: {} } } }] },
        { name: 'b' },
      ],
    },
    'variants[0].patches[0].strategic.spec.selector: selectors are never changed',
  ],
  [
    {
      variants: [
        { name: 'a', patches: [{ json: [{ op: 'replace', path: '/spec', value: {} }] }] },
        { name: 'b' },
      ],
    },
    'variants[0].patches[0].json[0].path: a variant of a Deployment may change /spec/strategy, /spec/minReadySeconds, ',
  ],
  [
    {
      variants: [
        { name: 'a', patches: [{ json: [{ op: 'move', path: '/spec/x', from: '/metadata/labels' }] }] },
        { name: 'b' },
      ],
    },
    'variants[0].patches[0].json[0].from: labels are never changed',
  ],
  [
    { variants: [{ name: 'a', patches: [{ json: [{ op: 'put', path: '/spec/x' }] }] }, { name: 'b' }] },
    'variants[0].patches[0].json[0].op: expected one of add, replace, test, remove, move, copy, got "put"',
  ],
  [
    { variants: [{ name: 'a', patches: [{ object: 'service/web' }] }, { name: 'b' }] },
    'variants[0].patches[0]: expected strategic or json; strategic is a map to be merged',
  ],
  [{ variants: [{ name: 'a', patch: 5 }, { name: 'b' }] }, 'variants[0].patch: expected a map to be merged'],
  [
    { variants: [{ name: 'a' }, { name: 'a' }] },
    'variants[1].name: there is another variant of the name "a"',
  ],
  [{ variants: [{ name: 'a' }] }, 'variants: one variant alone cannot be compared'],
  [{ variants: [{ name: 'a' }, { nam: 'b' }] }, 'variants[1].nam: unknown key; did you mean name?'],
  [
    { variants: [{ name: 'a' }, { name: 'b', like: 'aa' }] },
    'variants[1].like: no variant is called "aa"; did you mean a?',
  ],
  [{ study: { blocks: 4 } }, 'study: there is nothing to compare; add variants, ablation or grid'],
  [
    { study: { control: 'al' }, ablation: { settings: { a: { on: PRE_STOP } } } },
    'study.control: no variant is called "al"; did you mean all?',
  ],
  [{ ablation: { settings: { a: {} } } }, 'ablation.settings.a: expected on or off'],
  [{ ablation: { settings: { a: { onn: {} } } } }, 'ablation.settings.a.onn: unknown key; did you mean on?'],
  [{ ablation: { settings: {} } }, 'ablation.settings: expected at least one of settings'],
  [
    {
      ablation: {
        settings: {
          a: { on: PRE_STOP },
          b: { on: template({ lifecycle: { preStop: { sleep: { seconds: 6 } } } }) },
        },
      },
    },
    'ablation.settings.b.on.spec.template.spec.containers[0].lifecycle.preStop.sleep.seconds: ablation.settings.a.on gives spec.template.spec.containers[0].lifecycle.preStop.sleep.seconds another value; settings that are combined must not set the same field; make them one setting',
  ],
  [
    {
      ablation: {
        settings: {
          a: { on: PRE_STOP },
          b: { on: [{ json: [{ op: 'remove', path: '/spec/minReadySeconds' }] }] },
        },
      },
    },
    'ablation.settings.b.on[0].json: ablation.settings.a.on patches the same Deployment in the other way; write both as strategic, or both as json',
  ],
  [
    { grid: Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, { 1: null, 2: null, 3: null }])) },
    'grid: makes 81 variants; at most 64 can be compared',
  ],
])('%j is told as a problem', (raw, expected) => {
  expect(problemsOf(raw).join('\n')).toContain(expected)
})

test('the values of a patch that a variant may set are passed on as they are', () => {
  const deep = template({
    lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 5'] } } },
    livenessProbe: null,
  })
  expect(patchesOf(studyOf({ variants: [{ name: 'a' }, { name: 'b', patch: deep }] }), 'b')).toMatchObject([
    { type: 'strategic', body: deep },
  ])
})

describe('the rest between blocks', () => {
  test('is two minutes where addresses are translated, none on the lab, and as the file says', () => {
    const plan = studyOf({
      variants: [{ name: 'a' }, { name: 'b', patch: { spec: { minReadySeconds: 1 } } }],
    })
    expect([restMsOf(plan, false), restMsOf(plan, true)]).toEqual([120_000, 0])
    const said = studyOf({
      variants: [{ name: 'a' }, { name: 'b', patch: { spec: { minReadySeconds: 1 } } }],
      study: { rest: '5s' },
    })
    expect([restMsOf(said, false), restMsOf(said, true)]).toEqual([5_000, 5_000])
  })
})
