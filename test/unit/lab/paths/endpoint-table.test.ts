import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../src/kernel/random.ts'
import {
  createEndpointTable,
  type Endpoint,
  pickEndpoint,
  usable,
} from '../../../../src/lab/paths/endpoint-table.ts'
import { createManualClock } from '../../../support/manual-clock.ts'

const endpoint = (address: string, state: Partial<Endpoint> = {}): Endpoint => ({
  address,
  pod: `pod-${address}`,
  ready: true,
  serving: true,
  terminating: false,
  ...state,
})
const leaving = { ready: false, terminating: true }

describe('what kube-proxy sends to', () => {
  test('is the ready endpoints while there is one', () => {
    const list = [endpoint('a'), endpoint('b', leaving), endpoint('c', { ready: false, serving: false })]
    expect(usable(list).map(({ address }) => address)).toEqual(['a'])
  })

  test('is the serving and terminating ones when none is ready', () => {
    const list = [endpoint('b', leaving), endpoint('c', { ...leaving, serving: false })]
    expect(usable(list).map(({ address }) => address)).toEqual(['b'])
  })

  test('is nothing when none serves', () => {
    const list = [
      endpoint('c', { ...leaving, serving: false }),
      endpoint('d', { ready: false, serving: false }),
    ]
    expect(usable(list)).toEqual([])
    expect(pickEndpoint(list, seededRandom(1))).toBeNull()
  })

  test('is spread over all of them', () => {
    const list = ['a', 'b', 'c'].map((address) => endpoint(address))
    const random = seededRandom(7)
    const picked = Array.from({ length: 300 }, () => pickEndpoint(list, random)?.address)
    for (const { address } of list) expect(picked.filter((one) => one === address).length).toBeGreaterThan(60)
  })
})

describe('a path that lags', () => {
  const setUp = (propagationMs: number, jitterMs: number) => {
    const clock = createManualClock()
    const seen: { atMs: number; addresses: string }[] = []
    const table = createEndpointTable({
      name: 'node-1',
      clock,
      random: seededRandom(3),
      propagationMs,
      jitterMs,
      onChange: (list) =>
        seen.push({ atMs: clock.nowMs(), addresses: list.map(({ address }) => address).join() }),
    })
    return { clock, table, seen }
  }

  test('knows a change after its propagation', async () => {
    const { clock, table } = setUp(800, 0)
    table.follow([endpoint('a')])
    await clock.advance(799)
    expect(table.endpoints).toEqual([])
    await clock.advance(1)
    expect(table.endpoints.map(({ address }) => address)).toEqual(['a'])
  })

  test('holds an address until it has learned that it left, and from when it is about to learn that it came', async () => {
    const { clock, table } = setUp(800, 0)
    table.follow([endpoint('a')])
    expect(table.holds('a')).toBe(true)
    await clock.advance(1000)
    table.follow([endpoint('a', leaving), endpoint('b')])
    expect(table.holds('a')).toBe(true)
    await clock.advance(800)
    expect(table.holds('a')).toBe(false)
    expect(table.holds('b')).toBe(true)
  })

  test('never learns changes out of order, and never later than propagation and jitter say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(400), { minLength: 1, maxLength: 20 }), async (pauses) => {
        const { clock, table, seen } = setUp(500, 500)
        const told: number[] = []
        for (const [index, pauseMs] of pauses.entries()) {
          await clock.advance(pauseMs)
          told.push(clock.nowMs())
          table.follow([endpoint(String(index))])
        }
        await clock.advance(2000)
        expect(seen.map(({ addresses }) => Number(addresses))).toEqual(pauses.map((_, index) => index))
        for (const [index, { atMs }] of seen.entries())
          expect(atMs - (told[index] ?? 0)).toBeLessThanOrEqual(1000)
      }),
      { numRuns: 25 },
    )
  })
})
