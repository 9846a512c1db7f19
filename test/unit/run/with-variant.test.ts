import { expect, test } from 'vitest'
import { HarnessError } from '../../../src/kernel/errors.ts'
import { JOURNAL_ANNOTATION } from '../../../src/model/journal.ts'
import type { Variant } from '../../../src/model/variant.ts'
import { specHash } from '../../../src/orchestrator/journal/spec-hash.ts'
import { rememberRestarts, withVariant } from '../../../src/run/with-variant.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { contextOf, createSmallStore } from '../orchestrator/journal/small-store.ts'

const WEB = { kind: 'Deployment', namespace: 'shop', name: 'web' } as const
const SERVICE = { kind: 'Service', namespace: 'shop', name: 'web' } as const
const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', uid: 'd1', generation: 1 },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { terminationGracePeriodSeconds: 30, containers: [{ name: 'web', image: 'web:1' }] },
    },
  },
}
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', uid: 's1' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
}
const VARIANT: Variant = {
  name: 'grace',
  patches: [
    {
      object: { kind: 'Deployment', name: 'web' },
      type: 'strategic',
      body: { spec: { template: { spec: { terminationGracePeriodSeconds: 40 } } } },
    },
    {
      object: { kind: 'Service', name: 'web' },
      type: 'strategic',
      body: { spec: { publishNotReadyAddresses: true } },
    },
  ],
}

const bench = () => {
  const store = createSmallStore([web, service])
  const clock = createManualClock()
  const stop = new AbortController()
  const writes: string[] = []
  const context = {
    ...contextOf({ store, clock }),
    objects: {
      ...store.objects,
      patch: (...[object, operations, options]: Parameters<typeof store.objects.patch>) => {
        if (options?.dryRun !== true) writes.push(object.kind)
        return store.objects.patch(object, operations, options)
      },
    },
    journal: rememberRestarts(store.journal),
    signal: stop.signal,
  }
  const isOriginal = (): boolean =>
    [WEB, SERVICE].every((name, at) => {
      const now = store.get(name)
      return (
        specHash(now) === specHash([web, service][at]) &&
        now.metadata.annotations?.[JOURNAL_ANNOTATION] === undefined
      )
    })
  const interrupt = (): void => stop.abort(new HarnessError('INTERRUPTED', 'SIGINT'))
  return { store, clock, context, writes, interrupt, isOriginal }
}

test('after an interrupt the variant is put back as soon as nothing more is written, not when the books are closed', async () => {
  const { clock, context, interrupt, isOriginal } = bench()
  let wasOriginal = false
  const closeBooks = async (): Promise<string> => {
    while (!isOriginal()) await clock.sleepMs(100)
    wasOriginal = true
    return 'closed'
  }
  const used = await clock.runUntil(
    withVariant(VARIANT, context, (written) => {
      interrupt()
      written()
      return closeBooks()
    }),
  )
  expect([used, wasOriginal]).toEqual(['closed', true])
})

test('an interrupt after that puts it back at once, too', async () => {
  const { clock, context, interrupt, isOriginal } = bench()
  const used = withVariant(VARIANT, context, async (written) => {
    written()
    await clock.sleepMs(1_000)
    const stood = !isOriginal()
    interrupt()
    while (!isOriginal()) await clock.sleepMs(100)
    return stood
  })
  expect(await clock.runUntil(used)).toBe(true)
})

test('without an interrupt it stands until all is done', async () => {
  const { clock, context, isOriginal } = bench()
  const used = withVariant(VARIANT, context, async (written) => {
    written()
    await clock.sleepMs(5_000)
    return isOriginal()
  })
  expect(await clock.runUntil(used)).toBe(false)
  expect(isOriginal()).toBe(true)
})

test('an interrupt before the first write writes nothing', async () => {
  const { clock, context, writes, interrupt } = bench()
  interrupt()
  const never = () => Promise.reject(new Error('used'))
  await expect(clock.runUntil(withVariant(VARIANT, context, never))).rejects.toMatchObject({
    code: 'INTERRUPTED',
  })
  expect(writes).toEqual([])
})

test('an interrupt between two objects applies no further one, and puts the first back', async () => {
  const { store, clock, context, writes, interrupt, isOriginal } = bench()
  store.beforeWrite = (count) => {
    if (count === 1) interrupt()
  }
  const never = () => Promise.reject(new Error('used'))
  await expect(clock.runUntil(withVariant(VARIANT, context, never))).rejects.toMatchObject({
    code: 'INTERRUPTED',
  })
  expect(writes).toEqual(['Deployment', 'Deployment'])
  expect(isOriginal()).toBe(true)
})
