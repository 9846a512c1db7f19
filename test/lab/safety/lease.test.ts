import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../src/kernel/clock.ts'
import { HarnessError, hasCode } from '../../../src/kernel/errors.ts'
import { silentLogger } from '../../../src/kernel/logger.ts'
import { type Random, seededRandom } from '../../../src/kernel/random.ts'
import { connectKube, type KubeConnection } from '../../../src/kube/client.ts'
import type { DeploymentTarget, LeaseStore } from '../../../src/kube/ports.ts'
import { kubeconfigFor } from '../../../src/lab/server/kubeconfig.ts'
import { leaseNameOf } from '../../../src/model/lease.ts'
import { type HeldLease, holdLease } from '../../../src/orchestrator/lease.ts'
import { type LabApi, startLabApi } from '../../support/lab-api.ts'
import { webDeployment } from '../../support/lab-objects.ts'

/** Time of a contender runs this much faster than ours, so that a dead holder's 30 s pass in 0.5 s. */
const SPEED = 60

/** A clock of a machine of its own: another origin, a rate that is off by some per cent, and a wrong time of day. */
const machineClock = (random: Random): Clock => {
  const rate = SPEED * (0.95 + random.next() * 0.1)
  const origin = random.next() * 1e9
  const skewMs = (random.next() - 0.5) * 2 * 3_600_000
  const startMs = systemClock.nowMs()
  const nowMs = (): number => origin + (systemClock.nowMs() - startMs) * rate
  return {
    nowMs,
    epochMs: () => Math.round(Date.UTC(2026, 10, 21) + nowMs() - origin + skewMs),
    sleepMs: (durationMs, signal) => systemClock.sleepMs(durationMs / rate, signal),
    after: (delayMs, callback) => systemClock.after(delayMs / rate, callback),
    every: (intervalMs, callback) => systemClock.every(intervalMs / rate, callback),
  }
}

/** A network that loses requests, or the answers to them. */
const lossy = (leases: LeaseStore, random: Random, ratio: () => number): LeaseStore => {
  const lose = <T>(call: () => Promise<T>): Promise<T> => {
    const lost = new HarnessError('KUBE_UNREACHABLE', 'lost on the way')
    if (random.next() >= ratio()) return call()
    if (random.next() < 0.5) return Promise.reject(lost)
    return call().then(() => {
      throw lost
    })
  }
  return {
    read: (...parameters) => lose(() => leases.read(...parameters)),
    write: (...parameters) => lose(() => leases.write(...parameters)),
  }
}

let lab: LabApi
let kube: KubeConnection | undefined
let folder: string
let kubeconfig: string
let target: DeploymentTarget
let serial = 0

/** From here on the tests are about this Deployment; a connection writes to one only. */
const aim = async (name: string): Promise<void> => {
  await kube?.close()
  const path = '/apis/apps/v1/namespaces/shop/deployments'
  const made = await lab.call('POST', path, webDeployment({ replicas: 0 }, name))
  target = { namespace: 'shop', name, uid: made.body.metadata.uid }
  kube = await connectKube({ clock: systemClock, kubeconfig, context: null, env: {}, writes: target })
}

beforeAll(async () => {
  lab = await startLabApi()
  folder = mkdtempSync(join(tmpdir(), 'rollproof-lease-'))
  kubeconfig = join(folder, 'config')
  writeFileSync(kubeconfig, kubeconfigFor(lab.url, 'shop'))
})
beforeEach(() => aim(`web-${++serial}`))
afterAll(async () => {
  await kube?.close()
  await lab.stop()
  rmSync(folder, { recursive: true, force: true })
})

const leases = (): LeaseStore => {
  if (kube === undefined) throw new Error('not connected')
  return kube.leases
}

interface Contender {
  readonly holder: string
  readonly clock: Clock
  readonly leases: LeaseStore
}
const contender = (random: Random, holder: string, lossRatio: () => number = () => 0): Contender => ({
  holder,
  clock: machineClock(random.fork(holder)),
  leases: lossy(leases(), random.fork(`${holder}/net`), lossRatio),
})
const hold = (who: Contender, signal = new AbortController().signal): Promise<HeldLease> =>
  holdLease({ ...who, target, log: silentLogger, signal })
const stored = () => leases().read('shop', leaseNameOf(target.name))

describe('a lease', () => {
  const random = seededRandom(7)

  test('is taken, renewed while it is held, and given back', async () => {
    const lease = await hold(contender(random, 'run-a'))
    const first = await stored()
    expect(first).toMatchObject({ holder: 'run-a', durationSeconds: 30, transitions: 0 })
    expect(first?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    await lab.until(
      () =>
        Number(lab.store.get('leases.coordination.k8s.io', 'shop', lease.name)?.metadata.resourceVersion) >
        Number(first?.resourceVersion),
    )
    await lease.release()
    expect((await stored())?.holder).toBeNull()
    expect(lease.lost.aborted).toBe(false)
    const next = await hold(contender(random, 'run-b'))
    expect(await stored()).toMatchObject({ holder: 'run-b', transitions: 1 })
    await next.release()
  })

  test('that its holder renews is refused, naming the holder', async () => {
    const lease = await hold(contender(random, 'run-a'))
    await expect(hold(contender(random, 'run-b'))).rejects.toThrow(
      expect.objectContaining({
        code: 'LEASE_HELD',
        message: expect.stringContaining('run run-a is working on'),
      }),
    )
    await lease.confirm()
    await lease.release()
  })

  test.each(['2020-01-01T00:00:00.000000Z', '2099-01-01T00:00:00.000000Z'])(
    'of a dead holder is taken over after its whole duration, whatever %s says',
    async (renewTime) => {
      await leases().write({
        namespace: 'shop',
        name: leaseNameOf(target.name),
        resourceVersion: null,
        holder: 'run-dead',
        durationSeconds: 30,
        acquireTime: renewTime,
        renewTime,
        transitions: 4,
        owner: target,
      })
      const who = contender(random, 'run-b')
      const startMs = who.clock.nowMs()
      const lease = await hold(who)
      expect(who.clock.nowMs() - startMs).toBeGreaterThanOrEqual(30_000)
      expect(await stored()).toMatchObject({ holder: 'run-b', transitions: 5 })
      await lease.release()
    },
  )

  test('that another took is lost, and nothing can be confirmed under it', async () => {
    const lease = await hold(contender(random, 'run-a'))
    const now = await stored()
    if (now === null) throw new Error('no lease')
    await leases().write({ ...now, holder: 'run-x', owner: target })
    await expect(lease.confirm()).rejects.toThrow(expect.objectContaining({ code: 'LEASE_LOST' }))
    expect(lease.lost.reason).toMatchObject({ message: expect.stringContaining('run run-x took it over') })
    await lease.release()
    expect((await stored())?.holder).toBe('run-x')
  })

  test('that somebody deleted is lost by itself', async () => {
    const lease = await hold(contender(random, 'run-a'))
    await lab.call('DELETE', `/apis/coordination.k8s.io/v1/namespaces/shop/leases/${lease.name}`)
    await new Promise((resolve) => lease.lost.addEventListener('abort', resolve, { once: true }))
    expect(lease.lost.reason).toMatchObject({ message: expect.stringContaining('somebody deleted it') })
  })

  test('that cannot be renewed is lost before anybody else may take it', async () => {
    let ratio = 0
    const who = contender(random, 'run-a', () => ratio)
    const lease = await hold(who)
    const startMs = who.clock.nowMs()
    ratio = 1
    await new Promise((resolve) => lease.lost.addEventListener('abort', resolve, { once: true }))
    expect(who.clock.nowMs() - startMs).toBeLessThan(30_000)
    expect(lease.lost.reason).toMatchObject({
      message: expect.stringContaining('could not be renewed for 20 s'),
    })
  })

  test('is not waited for after an interrupt', async () => {
    const dead = await hold({ ...contender(random, 'run-a'), clock: systemClock })
    const stop = new AbortController()
    const waiting = hold({ ...contender(random, 'run-b'), clock: systemClock }, stop.signal)
    stop.abort(new HarnessError('INTERRUPTED', 'SIGINT'))
    await expect(waiting).rejects.toThrow(expect.objectContaining({ code: 'INTERRUPTED' }))
    await dead.release()
  })
})

describe('100 races of 2 to 10 runs with skewed clocks', () => {
  /** Who believes to hold the lease now. */
  const holding = new Set<string>()
  let doubleHolds = 0
  let won = 0
  let refused = 0
  let lost = 0

  /** Takes the lease, does three guarded writes, gives it back or dies with it. */
  const contend = async (who: Contender, random: Random): Promise<void> => {
    let lease: HeldLease
    try {
      lease = await hold(who)
    } catch (error) {
      if (
        !hasCode(error, 'LEASE_HELD') &&
        !hasCode(error, 'KUBE_UNREACHABLE') &&
        !hasCode(error, 'KUBE_CONFLICT')
      )
        throw error
      refused++
      return
    }
    won++
    holding.add(who.holder)
    if (holding.size > 1) doubleHolds++
    lease.lost.addEventListener('abort', () => {
      lost++
      holding.delete(who.holder)
    })
    for (let write = 0; write < 3; write++) {
      try {
        await lease.confirm()
        if (!holding.has(who.holder) || holding.size > 1) doubleHolds++
        await who.clock.sleepMs(random.next() * 12_000)
      } catch (error) {
        if (!hasCode(error, 'LEASE_LOST') && !hasCode(error, 'KUBE_UNREACHABLE')) throw error
      }
    }
    holding.delete(who.holder)
    await lease.release().catch(() => {})
  }

  const race = async (index: number): Promise<void> => {
    const random = seededRandom(index)
    await aim(`race-${index}`)
    holding.clear()
    const lossRatio = index % 3 === 0 ? 0.3 : 0
    if (index % 2 === 0) {
      await leases().write({
        namespace: 'shop',
        name: leaseNameOf(target.name),
        resourceVersion: null,
        holder: 'run-dead',
        durationSeconds: 30,
        acquireTime: null,
        renewTime: '2026-11-21T00:00:00.000000Z',
        transitions: 0,
        owner: target,
      })
    }
    const count = 2 + random.below(9)
    const wonBefore = won
    await Promise.all(
      Array.from({ length: count }, async (_, at) => {
        const who = contender(random, `run-${index}-${at}`, () => lossRatio)
        await systemClock.sleepMs(random.fork(`start-${at}`).next() * 30)
        await contend(who, random.fork(`work-${at}`))
      }),
    )
    if (lossRatio === 0) expect(won).toBeGreaterThan(wonBefore)
  }

  test('end with never more than one holder', async () => {
    for (let index = 1; index <= 100; index++) await race(index)
    expect({ doubleHolds }).toEqual({ doubleHolds: 0 })
    expect(won).toBeGreaterThanOrEqual(67)
    expect(refused + lost).toBeGreaterThan(0)
  }, 120_000)
})
