import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../src/kernel/clock.ts'
import { type ErrorCode, HarnessError, hasCode } from '../../../src/kernel/errors.ts'
import { silentLogger } from '../../../src/kernel/logger.ts'
import { type Random, seededRandom } from '../../../src/kernel/random.ts'
import { connectKube, type KubeConnection } from '../../../src/kube/client.ts'
import type { DeploymentTarget, LeaseStore } from '../../../src/kube/ports.ts'
import { kubeconfigFor } from '../../../src/lab/server/kubeconfig.ts'
import { LEASE_HOLD_MS, leaseNameOf } from '../../../src/model/lease.ts'
import { type HeldLease, holdLease } from '../../../src/orchestrator/lease.ts'
import { type LabApi, startLabApi } from '../../support/lab-api.ts'
import { webDeployment } from '../../support/lab-objects.ts'

/** Time of a contender runs this much faster than ours, so that a dead holder's 30 s pass in 1.2 s. */
const SPEED = 25

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
let kube: KubeConnection | null = null
let folder: string
let kubeconfig: string
let target: DeploymentTarget
let serial = 0

/** Makes a Deployment, and a connection that may write to it alone. */
const aim = async (
  name: string,
): Promise<{ readonly target: DeploymentTarget; readonly kube: KubeConnection }> => {
  const path = '/apis/apps/v1/namespaces/shop/deployments'
  const made = await lab.call('POST', path, webDeployment({ replicas: 0 }, name))
  const target = { namespace: 'shop', name, uid: made.body.metadata.uid }
  const kube = await connectKube({ clock: systemClock, kubeconfig, context: null, env: {}, writes: target })
  return { target, kube }
}

beforeAll(async () => {
  lab = await startLabApi()
  folder = mkdtempSync(join(tmpdir(), 'rollproof-lease-'))
  kubeconfig = join(folder, 'config')
  writeFileSync(kubeconfig, kubeconfigFor(lab.url, 'shop'))
})
beforeEach(async () => {
  await kube?.close()
  ;({ target, kube } = await aim(`web-${++serial}`))
})
afterAll(async () => {
  await kube?.close()
  await lab.stop()
  rmSync(folder, { recursive: true, force: true })
})

const leases = (): LeaseStore => {
  if (kube === null) throw new Error('not connected')
  return kube.leases
}

interface Contender {
  readonly holder: string
  readonly clock: Clock
  readonly leases: LeaseStore
}
const contender = (
  random: Random,
  holder: string,
  lossRatio: () => number = () => 0,
  store = leases(),
): Contender => ({
  holder,
  clock: machineClock(random.fork(holder)),
  leases: lossy(store, random.fork(`${holder}/net`), lossRatio),
})
const hold = (who: Contender, signal = new AbortController().signal, of = target): Promise<HeldLease> =>
  holdLease({ ...who, target: of, log: silentLogger, signal })
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

describe('races of 2 to 10 runs with skewed clocks', () => {
  /** 100 by hand, with ROLLPROOF_RACES. */
  const RACES = Number(process.env.ROLLPROOF_RACES ?? 40)
  const AT_ONCE = 34
  const tally = { doubleHolds: 0, races: 0, withoutWinner: 0, won: 0, refused: 0, lost: 0 }
  const isExpected = (error: unknown, codes: readonly ErrorCode[]): boolean =>
    codes.some((code) => hasCode(error, code))

  interface Race {
    readonly of: DeploymentTarget
    /** Who holds the lease, each with its own clock and since when, by that clock, it was last confirmed. */
    readonly holding: Map<string, { readonly clock: Clock; sinceMs: number }>
    /** A winner's network dies as soon as it has won, and the others come back for the lease. */
    readonly isCut: boolean
    winners: number
  }

  /** One try to take the lease; then three guarded writes, or a network that is cut; then it is given back. */
  const attempt = async (
    who: Contender,
    cut: (off: boolean) => void,
    race: Race,
    random: Random,
  ): Promise<void> => {
    const { holding } = race
    // A stalled process learns late that its time is over, but does nothing in it: what counts is its own clock.
    const isHeldByAnother = (): boolean =>
      [...holding].some(
        ([name, { clock, sinceMs }]) => name !== who.holder && clock.nowMs() - sinceMs < LEASE_HOLD_MS,
      )
    let lease: HeldLease
    let sentMs = who.clock.nowMs()
    try {
      lease = await hold(who, undefined, race.of)
    } catch (error) {
      if (!isExpected(error, ['LEASE_HELD', 'KUBE_UNREACHABLE', 'KUBE_CONFLICT'])) throw error
      tally.refused++
      return
    }
    tally.won++
    race.winners++
    holding.set(who.holder, { clock: who.clock, sinceMs: sentMs })
    if (isHeldByAnother()) tally.doubleHolds++
    const lost = new Promise<void>((resolve) => {
      lease.lost.addEventListener('abort', () => {
        tally.lost++
        holding.delete(who.holder)
        resolve()
      })
    })
    if (race.isCut) {
      cut(true)
      await lost
      cut(false)
      return
    }
    for (let write = 0; write < 3; write++) {
      try {
        sentMs = who.clock.nowMs()
        await lease.confirm()
        const own = holding.get(who.holder)
        if (own === undefined || isHeldByAnother()) tally.doubleHolds++
        else own.sinceMs = sentMs
        await who.clock.sleepMs(random.next() * 12_000)
      } catch (error) {
        if (!isExpected(error, ['LEASE_LOST', 'KUBE_UNREACHABLE'])) throw error
      }
    }
    holding.delete(who.holder)
    await lease.release().catch(() => {})
  }

  /** Every second race begins with the lease of a dead run; every third loses 30 % of all calls; in every fourth winners are cut off. */
  const runRace = async (index: number): Promise<void> => {
    const random = seededRandom(index)
    const raced = await aim(`race-${index}`)
    const race: Race = { of: raced.target, holding: new Map(), isCut: index % 4 === 1, winners: 0 }
    const lossRatio = index % 3 === 0 ? 0.3 : 0
    if (index % 2 === 0) {
      await raced.kube.leases.write({
        namespace: 'shop',
        name: leaseNameOf(raced.target.name),
        resourceVersion: null,
        holder: 'run-dead',
        durationSeconds: 30,
        acquireTime: null,
        renewTime: '2026-11-21T00:00:00.000000Z',
        transitions: 0,
        owner: raced.target,
      })
    }
    await Promise.all(
      Array.from({ length: 2 + random.below(9) }, async (_, at) => {
        let isOff = false
        const cut = (off: boolean): void => {
          isOff = off
        }
        const name = `run-${index}-${at}`
        const who = contender(random, name, () => (isOff ? 1 : lossRatio), raced.kube.leases)
        await systemClock.sleepMs(random.fork(`start-${at}`).next() * 30)
        for (let tries = race.isCut ? 4 : 1; tries > 0; tries--) {
          await attempt({ ...who, holder: `${name}-${tries}` }, cut, race, random.fork(`work-${at}`))
        }
      }),
    )
    await raced.kube.close()
    tally.races++
    if (race.winners === 0 && lossRatio === 0) tally.withoutWinner++
  }

  test('end with never more than one holder', async () => {
    let next = 1
    const lane = async (): Promise<void> => {
      while (next <= RACES) await runRace(next++)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
    expect(tally).toMatchObject({ doubleHolds: 0, races: RACES, withoutWinner: 0 })
    expect(tally.refused).toBeGreaterThan(0)
    expect(tally.lost).toBeGreaterThan(0)
  }, 300_000)
})
