import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasCode } from '../../../../src/kernel/errors.ts'
import { JOURNAL_ANNOTATION, type JournalRecord, journalText } from '../../../../src/model/journal.ts'
import { RESTARTED_AT } from '../../../../src/model/rollout.ts'
import type { Variant } from '../../../../src/model/variant.ts'
import { applyVariant } from '../../../../src/orchestrator/journal/apply-variant.ts'
import type { LocalKnowledge } from '../../../../src/orchestrator/journal/look.ts'
import type { RestoreReport } from '../../../../src/orchestrator/journal/outcome.ts'
import { restoreVariant } from '../../../../src/orchestrator/journal/restore-variant.ts'
import { specHash } from '../../../../src/orchestrator/journal/spec-hash.ts'
import { type ApiObject, containerOf } from '../../../support/api-object.ts'
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts'
import { Crash, contextOf, createSmallStore, FATES, type Fate, type SmallStore } from './small-store.ts'

const WEB = { kind: 'Deployment', namespace: 'shop', name: 'web' } as const
const SERVICE = { kind: 'Service', namespace: 'shop', name: 'web' } as const

const webObject = (): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', uid: 'd1', generation: 3, annotations: { team: 'a' } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 30,
        containers: [
          { name: 'log', image: 'log:1' },
          { name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }] },
        ],
      },
    },
  },
})
const serviceObject = (): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', uid: 's1' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
})

const VARIANT: Variant = {
  name: 'prestop',
  patches: [
    {
      object: { kind: 'Deployment', name: 'web' },
      type: 'strategic',
      body: {
        spec: {
          strategy: { rollingUpdate: { maxSurge: 2 } },
          template: {
            metadata: { annotations: { drain: 'on' } },
            spec: {
              terminationGracePeriodSeconds: 40,
              containers: [{ name: 'web', lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
            },
          },
        },
      },
    },
    {
      object: { kind: 'Service', name: 'web' },
      type: 'json',
      body: [{ op: 'add', path: '/spec/publishNotReadyAddresses', value: true }],
    },
  ],
}

interface Bench {
  readonly store: SmallStore
  readonly clock: ManualClock
  readonly hashes: readonly string[]
}
const bench = (): Bench => {
  const objects = [webObject(), serviceObject()]
  return { store: createSmallStore(objects), clock: createManualClock(), hashes: objects.map(specHash) }
}
const apply = (at: Bench, variant = VARIANT) => at.clock.runUntil(applyVariant(variant, contextOf(at)))
const restore = (at: Bench, local: LocalKnowledge | null = null): Promise<RestoreReport> =>
  at.clock.runUntil(restoreVariant({ ...contextOf(at), local }))

/** What the journal on disk tells. */
const localOf = ({ store }: Bench): LocalKnowledge => {
  let records: readonly JournalRecord[] = []
  for (const line of store.lines) {
    if (line.type === 'applying') records = line.records
    if (line.type === 'restored') records = []
  }
  return {
    records,
    restarts: store.lines.flatMap((line) => (line.type === 'restarting' ? [line.restartedAt] : [])),
  }
}
const journalOn = ({ store }: Bench, object: typeof WEB | typeof SERVICE): string | undefined =>
  store.find(object)?.metadata.annotations?.[JOURNAL_ANNOTATION]
/** What is not as it was; none = all is. */
const left = (at: Bench): readonly string[] =>
  [WEB, SERVICE].flatMap((object, index) => [
    ...(specHash(at.store.find(object)) === at.hashes[index] ? [] : [`${object.kind} changed`]),
    ...(journalOn(at, object) === undefined ? [] : [`${object.kind} bears a journal`]),
  ])
const change = (
  { store }: Bench,
  edit: (web: ApiObject) => void,
  object: typeof WEB | typeof SERVICE = WEB,
): void => {
  const found = structuredClone(store.get(object))
  edit(found)
  store.put(found)
}
const annotate = ({ metadata }: ApiObject, journal: string): void => {
  metadata.annotations = { ...metadata.annotations, [JOURNAL_ANNOTATION]: journal }
}
const setRestart = (at: Bench, value: string): void =>
  change(at, (web) => {
    web.spec.template.metadata.annotations = {
      ...web.spec.template.metadata.annotations,
      [RESTARTED_AT]: value,
    }
  })

describe('a variant', () => {
  test('is journaled by exactly the fields that it changes, with what was there', async () => {
    const at = bench()
    const { records, rolls } = await apply(at)
    expect(rolls).toBe(true)
    expect(records.map(({ object }) => object.kind)).toEqual(['Deployment', 'Service'])
    expect(records[0]?.changes).toEqual([
      { path: '/spec/strategy/rollingUpdate/maxSurge', before: { value: '25%' }, after: { value: 2 } },
      { path: '/spec/template/metadata/annotations/drain', before: null, after: { value: 'on' } },
      {
        path: '/spec/template/spec/containers/1/lifecycle',
        before: null,
        after: { value: { preStop: { sleep: { seconds: 5 } } } },
      },
      {
        path: '/spec/template/spec/terminationGracePeriodSeconds',
        before: { value: 30 },
        after: { value: 40 },
      },
    ])
    expect(records[0]?.anchors).toEqual([{ path: '/spec/template/spec/containers/1/name', value: 'web' }])
    expect(records[0]?.others).toEqual([{ ...SERVICE, uid: 's1' }])
    expect(journalOn(at, WEB)).toBe(journalText(records[0] as JournalRecord))
  })

  test('is on disk before the first write, and its objects are written in the order of the records', async () => {
    const at = bench()
    const seen: string[] = []
    at.store.beforeWrite = (write) => {
      seen.push(`${write}: ${at.store.lines.map(({ type }) => type).join()}`)
    }
    await apply(at)
    expect(seen).toEqual(['1: applying', '2: applying'])
    expect(at.store.lines.map(({ type }) => type)).toEqual(['applying', 'applied'])
  })

  test.each<[string, Variant['patches'][number], string]>([
    [
      'replicas',
      { object: { kind: 'Deployment', name: 'web' }, type: 'strategic', body: { spec: { replicas: 5 } } },
      '/spec/replicas: the number of replicas is never changed',
    ],
    [
      'labels of the pods',
      {
        object: { kind: 'Deployment', name: 'web' },
        type: 'json',
        body: [{ op: 'add', path: '/spec/template/metadata/labels/track', value: 'canary' }],
      },
      '/spec/template/metadata/labels/track: labels are never changed',
    ],
    [
      'the selector of a Service',
      {
        object: { kind: 'Service', name: 'web' },
        type: 'strategic',
        body: { spec: { selector: { app: 'api' } } },
      },
      '/spec/selector/app: selectors are never changed',
    ],
    [
      'an annotation of another program',
      {
        object: { kind: 'Deployment', name: 'web' },
        type: 'strategic',
        body: { metadata: { annotations: { 'argocd.argoproj.io/sync-wave': '1' } } },
      },
      'annotation argocd.argoproj.io/sync-wave belongs to another program',
    ],
    [
      'a name that is not there',
      { object: { kind: 'Ingress', name: 'web' }, type: 'strategic', body: { spec: {} } },
      'there is no Ingress web in namespace shop',
    ],
  ])('that changes %s is refused, and nothing was changed', async (_, patch, message) => {
    const at = bench()
    await expect(apply(at, { name: 'bad', patches: [patch] })).rejects.toThrow(message)
    expect(left(at)).toEqual([])
    expect(at.store.lines).toEqual([])
  })

  test('is refused on an object that bears a journal, with the command that takes it away', async () => {
    const at = bench()
    await apply(at)
    await expect(apply(at)).rejects.toThrow(
      expect.objectContaining({
        code: 'DEPLOYMENT_REFUSED',
        hint: expect.stringContaining('rollproof restore'),
      }),
    )
  })

  test('too large for an annotation is refused before anything was changed', async () => {
    const at = bench()
    const body = { spec: { template: { metadata: { annotations: { note: 'x'.repeat(40_000) } } } } }
    const patch = { object: { kind: 'Deployment', name: 'web' }, type: 'strategic', body } as const
    await expect(apply(at, { name: 'big', patches: [patch] })).rejects.toThrow('32768 is the most')
    expect(left(at)).toEqual([])
  })

  test('that a webhook changes on the way is taken back at once', async () => {
    const at = bench()
    const { patch } = at.store.objects
    const meddling = {
      ...at.store.objects,
      patch: async (...call: Parameters<typeof patch>) => {
        const [object, operations, options = {}] = call
        const isChange = operations.some(({ path, op }) => op === 'add' && path.endsWith('lifecycle'))
        const answer = await patch(...call)
        if (!isChange || options.dryRun === true) return answer
        change(at, (web) => {
          containerOf(web, 'web').lifecycle = { preStop: { sleep: { seconds: 1 } } }
        })
        return at.store.find(object)
      },
    }
    const work = applyVariant(VARIANT, { ...contextOf(at), objects: meddling })
    await expect(at.clock.runUntil(work)).rejects.toThrow(expect.objectContaining({ code: 'NOT_RESTORED' }))
    // Its own value is not ours to undo: it is told, and stays in the journal. All else is as it was.
    const web = at.store.get(WEB)
    expect(web.spec.strategy.rollingUpdate.maxSurge).toBe('25%')
    expect(web.spec.template.spec.terminationGracePeriodSeconds).toBe(30)
    expect(journalOn(at, SERVICE)).toBeUndefined()
  })

  test('that others overtake between reading and writing is not applied over theirs', async () => {
    const at = bench()
    let once = true
    at.store.beforeWrite = () => {
      if (!once) return
      once = false
      change(at, (web) => {
        web.spec.template.spec.terminationGracePeriodSeconds = 60
      })
    }
    await expect(apply(at)).rejects.toThrow('was changed by somebody else')
    expect(at.store.get(WEB).spec.template.spec.terminationGracePeriodSeconds).toBe(60)
    expect(journalOn(at, WEB)).toBeUndefined()
  })

  test('goes on when only a status was written in between', async () => {
    const at = bench()
    let times = 3
    at.store.beforeWrite = () => {
      if (times-- > 0)
        change(at, (web) => {
          web.status = { replicas: times }
        })
    }
    await apply(at)
    expect(journalOn(at, WEB)).toBeDefined()
  })
})

describe('a restore', () => {
  test('without any journal changes nothing and says so', async () => {
    const at = bench()
    const report = await restore(at)
    expect(report).toMatchObject({ isRestored: true, objects: [{ state: 'nothing' }], proof: null })
  })

  test('puts back what is ours, also the restart annotation, and proves it', async () => {
    const at = bench()
    await apply(at)
    setRestart(at, new Date(at.clock.epochMs() + 5).toISOString())
    const report = await restore(at)
    expect(report.isRestored).toBe(true)
    expect(report.proof).toMatchObject({ holds: true, isAvailable: true })
    expect(left(at)).toEqual([])
    expect((await restore(at)).objects).toMatchObject([{ state: 'nothing' }])
  })

  test.each<[string, string, LocalKnowledge['restarts'] | null, boolean]>([
    ['of our form, after the journal, no folder', '2026-11-21T12:00:05.123Z', null, true],
    ['of our form, before the journal', '2026-11-21T11:59:59.999Z', null, false],
    ["in kubectl's form", '2026-11-21T12:00:05Z', null, false],
    ['of our form, not in the folder', '2026-11-21T12:00:05.123Z', [], false],
    ['in the folder', '2026-11-21T12:00:05.123Z', ['2026-11-21T12:00:05.123Z'], true],
  ])('takes a restart %s for ours or not', async (_, value, restarts, isOurs) => {
    const at = bench()
    await apply(at)
    setRestart(at, value)
    const report = await restore(at, restarts === null ? null : { records: localOf(at).records, restarts })
    expect(report.isRestored).toBe(isOurs)
    const kept = at.store.get(WEB).spec.template.metadata.annotations?.[RESTARTED_AT]
    expect(kept).toBe(isOurs ? undefined : value)
  })

  test('leaves alone a field that others changed, says which and how, and keeps it in the journal', async () => {
    const at = bench()
    await apply(at)
    change(at, (web) => {
      web.spec.template.spec.terminationGracePeriodSeconds = 77
    })
    const report = await restore(at)
    expect(report.isRestored).toBe(false)
    const [outcome] = report.objects
    expect(outcome).toMatchObject({ state: 'conflict', isOpen: true })
    expect(outcome?.command).toContain(`kubectl -n shop patch deployment web --type=json -p '[`)
    const web = at.store.get(WEB)
    expect(web.spec.template.spec.terminationGracePeriodSeconds).toBe(77)
    expect(web.spec.strategy.rollingUpdate.maxSurge).toBe('25%')
    expect(JSON.parse(journalOn(at, WEB) ?? '').changes).toHaveLength(1)
    expect(journalOn(at, SERVICE)).toBeUndefined()
    // Once somebody has put it right by hand, the journal goes.
    change(at, (changed) => {
      changed.spec.template.spec.terminationGracePeriodSeconds = 30
    })
    expect((await restore(at)).isRestored).toBe(true)
    expect(left(at)).toEqual([])
  })

  test('the command by hand puts back what was in conflict and takes the journal away', async () => {
    const at = bench()
    await apply(at)
    change(at, (web) => {
      web.spec.template.spec.terminationGracePeriodSeconds = 77
    })
    const { objects } = await restore(at)
    const text = /-p '(.*)'$/.exec(objects[0]?.command ?? '')?.[1] ?? ''
    await at.store.objects.patch(WEB, JSON.parse(text))
    expect(left(at)).toEqual([])
  })

  test('a container that is no longer the same one is a conflict', async () => {
    const at = bench()
    await apply(at)
    change(at, (web) => {
      web.spec.template.spec.containers.reverse()
    })
    expect((await restore(at)).objects[0]).toMatchObject({ state: 'conflict' })
  })

  test('puts ours back beside changes of others, and does not call that proved', async () => {
    const at = bench()
    await apply(at)
    change(at, (web) => {
      containerOf(web, 'web').image = 'web:2'
    })
    const report = await restore(at)
    expect(report.objects[0]).toMatchObject({ state: 'foreign' })
    expect(report.isRestored).toBe(false)
    const { containers, terminationGracePeriodSeconds } = at.store.get(WEB).spec.template.spec
    expect(containers[1]).toEqual({ name: 'web', image: 'web:2', env: [{ name: 'A', value: '1' }] })
    expect(terminationGracePeriodSeconds).toBe(30)
  })

  test('replicas that an autoscaler set stay, and spoil no proof', async () => {
    const at = bench()
    await apply(at)
    change(at, (web) => {
      web.spec.replicas = 9
    })
    expect((await restore(at)).isRestored).toBe(true)
    expect(at.store.get(WEB).spec.replicas).toBe(9)
  })

  test('closes a deleted Deployment, and never makes it again', async () => {
    const at = bench()
    await apply(at)
    const local = localOf(at)
    at.store.remove(WEB)
    const report = await restore(at, local)
    expect(report).toMatchObject({ isRestored: true, objects: [{ state: 'deleted' }, { state: 'restored' }] })
    expect(at.store.find(WEB)).toBeNull()
  })

  test('does not touch a Deployment that was created again, and tells when it bears our journal', async () => {
    const at = bench()
    await apply(at)
    change(at, (web) => {
      web.metadata.uid = 'd2'
    })
    const before = at.store.get(WEB)
    const report = await restore(at, localOf(at))
    expect(report.objects[0]).toMatchObject({ state: 'recreated', isOpen: true })
    expect(at.store.get(WEB)).toEqual(before)
  })

  test('a journal that somebody took away while our values stand is reported, when the folder knows of it', async () => {
    const at = bench()
    await apply(at)
    change(at, (web) => {
      delete web.metadata.annotations?.[JOURNAL_ANNOTATION]
    })
    const report = await restore(at, localOf(at))
    expect(report.objects[0]).toMatchObject({ state: 'conflict' })
    expect(report.objects[0]?.command).toContain('/spec/strategy/rollingUpdate/maxSurge')
  })

  test.each([
    ['is not JSON', '{'],
    ['is of a newer version', '{"schemaVersion":2}'],
    ['is of nothing', '{}'],
  ])('a journal that %s is left alone without a folder, and replaced by it with one', async (_, text) => {
    for (const withFolder of [false, true]) {
      const at = bench()
      await apply(at)
      change(at, (web) => {
        annotate(web, text)
      })
      const report = await restore(at, withFolder ? localOf(at) : null)
      expect(report.objects[0]?.state).toBe(withFolder ? 'restored' : 'unreadable')
      expect(report.isRestored).toBe(withFolder)
    }
  })

  test('a journal that names what no variant may change is not obeyed', async () => {
    const at = bench()
    const { records } = await apply(at)
    const forged = {
      ...records[0],
      changes: [{ path: '/spec/paused', before: { value: true }, after: null }],
    }
    change(at, (web) => {
      annotate(web, JSON.stringify(forged))
    })
    expect((await restore(at)).objects[0]).toMatchObject({ state: 'unreadable' })
    expect(at.store.get(WEB).spec.paused).toBeUndefined()
  })

  test('an original that is refused is NOT_RESTORED, with the command', async () => {
    const at = bench()
    await apply(at)
    const { objects } = at.store
    const strict = {
      ...objects,
      patch: () => at.store.objects.patch(WEB, [{ op: 'test', path: '/metadata/uid', value: 'never' }]),
    }
    const report = await at.clock.runUntil(restoreVariant({ ...contextOf(at), objects: strict, local: null }))
    expect(report.objects[0]).toMatchObject({ state: 'refused', command: expect.stringContaining('kubectl') })
    expect(report.isRestored).toBe(false)
  })
})

describe('property: whatever happens at whichever step, a later restore reaches the original or reports', () => {
  /** A study: apply, three restarts, restore; what a process does, until it dies or gives up. */
  const study = async (at: Bench): Promise<'restored' | 'reported' | 'gave up' | 'died'> => {
    const { store, clock } = at
    const context = contextOf(at)
    let open: readonly JournalRecord[] = []
    const restarts: string[] = []
    try {
      try {
        open = (await applyVariant(VARIANT, context)).records
        for (let restart = 1; restart <= 3; restart++) {
          await clock.sleepMs(1)
          const value = new Date(clock.epochMs()).toISOString()
          restarts.push(value)
          await store.journal.append({ type: 'restarting', restartedAt: value })
          setRestart(at, value)
        }
      } catch (error) {
        if (error instanceof Crash) throw error
        if (hasCode(error, 'NOT_RESTORED')) return 'reported'
      }
      const report = await restoreVariant({ ...context, local: { records: open, restarts } })
      return report.isRestored ? 'restored' : 'reported'
    } catch (error) {
      return error instanceof Crash ? 'died' : 'gave up'
    }
  }

  const total = async (): Promise<number> => {
    const at = bench()
    expect(await at.clock.runUntil(study(at))).toBe('restored')
    return at.store.calls()
  }

  test('one fault at each call of a study × each kind of fault', async () => {
    const calls = await total()
    const bad: string[] = []
    let cases = 0
    for (let step = 1; step <= calls; step++) {
      for (const [index, fate] of FATES.entries()) {
        const at = bench()
        at.store.doom(step, fate)
        const end = await at.clock.runUntil(study(at))
        at.store.doom(0, 'ok')
        const report = await restore(at, (step + index) % 2 === 0 ? localOf(at) : null)
        cases += 1
        const rest = left(at)
        if (!report.isRestored || rest.length > 0) {
          const said = report.objects.map(({ state, detail }) => `${state}: ${detail}`).join()
          bad.push(`${fate} at ${step} (${end}): ${rest.join()} ${said}`)
        }
      }
    }
    expect(cases).toBe(calls * FATES.length)
    expect(cases).toBeGreaterThan(200)
    expect(bad).toEqual([])
  })

  test('with changes of others at any moment, and two faults', async () => {
    const calls = await total()
    const foreign: Readonly<Record<string, (at: Bench) => void>> = {
      none: () => {},
      grace: (at) =>
        change(at, (web) => {
          web.spec.template.spec.terminationGracePeriodSeconds = 77
        }),
      image: (at) =>
        change(at, (web) => {
          web.spec.template.spec.containers[0].image = 'log:2'
        }),
      replicas: (at) =>
        change(at, (web) => {
          web.spec.replicas = 7
        }),
      status: (at) =>
        change(at, (web) => {
          web.status = { replicas: 1 }
        }),
      restart: (at) => setRestart(at, '2026-11-21T12:00:00Z'),
      service: (at) =>
        change(
          at,
          (service) => {
            service.spec.publishNotReadyAddresses = false
          },
          SERVICE,
        ),
    }
    const step = fc.integer({ min: 1, max: calls })
    const fate = fc.constantFrom<Fate>('ok', ...FATES)
    await fc.assert(
      fc.asyncProperty(
        step,
        fate,
        step,
        fate,
        fc.constantFrom(...Object.keys(foreign)),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        async (first, firstFate, second, secondFate, who, write, withFolder) => {
          const at = bench()
          let planted = false
          at.store.beforeWrite = (count) => {
            if (count !== write || planted) return
            planted = true
            foreign[who]?.(at)
          }
          at.store.doom(first, firstFate)
          await at.clock.runUntil(study(at))
          at.store.doom(second, secondFate)
          const local = withFolder ? localOf(at) : null
          await restore(at, local).catch(() => {})
          at.store.doom(0, 'ok')
          const report = await restore(at, withFolder ? localOf(at) : null)
          const rest = left(at)
          // Reported as not restored, or nothing of ours is left: what others changed is theirs.
          if (!report.isRestored) return
          expect(rest.filter((what) => what.includes('journal'))).toEqual([])
          if (!planted || who === 'none' || who === 'replicas' || who === 'status') expect(rest).toEqual([])
          const web = at.store.get(WEB)
          expect(web.spec.strategy.rollingUpdate.maxSurge).toBe('25%')
          expect(web.spec.template.metadata.annotations?.drain).toBeUndefined()
          expect(containerOf(web, 'web').lifecycle).toBeUndefined()
          expect(web.spec.template.spec.terminationGracePeriodSeconds).not.toBe(40)
          expect(at.store.get(SERVICE).spec.publishNotReadyAddresses).not.toBe(true)
        },
      ),
      { numRuns: Number(process.env.ROLLPROOF_PROPERTY_RUNS ?? 100) },
    )
  })
})
