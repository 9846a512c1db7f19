import { expect, test } from 'vitest'
import { createGraveyard } from '../../../../src/lab/paths/graveyard.ts'
import { createNames } from '../../../../src/lab/paths/names.ts'
import { createManualClock } from '../../../support/manual-clock.ts'

const setUp = (held: Set<string>) => {
  const clock = createManualClock()
  const calls: string[] = []
  const parking = {
    park: async (address: string) => {
      calls.push(`park ${address}`)
    },
    free: (address: string) => {
      calls.push(`free ${address}`)
    },
  }
  const tables = [{ holds: (address: string) => held.has(address) }]
  const graveyard = createGraveyard({ clock, parking, tables, onError: (error) => calls.push(String(error)) })
  return { clock, calls, graveyard }
}

test('the address of a pod that is gone is parked while a path still sends there, and given back well after', async () => {
  const held = new Set(['127.5.1.1'])
  const { clock, calls, graveyard } = setUp(held)
  graveyard.bury('127.5.1.1')
  await clock.advance(60_000)
  expect(calls).toEqual(['park 127.5.1.1'])
  held.clear()
  await clock.advance(29_000)
  expect(calls).toEqual(['park 127.5.1.1'])
  await clock.advance(4000)
  expect(calls).toEqual(['park 127.5.1.1', 'free 127.5.1.1'])
  graveyard.close()
})

test('an address that nobody sends to any more is not parked', () => {
  const { calls, graveyard } = setUp(new Set())
  graveyard.bury('127.5.1.2')
  expect(calls).toEqual([])
  graveyard.close()
})

test('the cluster names are the first node, and each node has a name of its own', () => {
  const names = createNames('web', 'shop', ['node-1', 'node-2'])
  for (const name of ['web.shop', 'web.shop.svc.cluster.local', 'web.shop.node-1'])
    expect(names(name)).toEqual({ kind: 'service', node: 'node-1' })
  for (const name of ['web.shop.node-2', 'web.shop.node-2.lab'])
    expect(names(name)).toEqual({ kind: 'service', node: 'node-2' })
  expect(names('control.shop')).toEqual({ kind: 'control' })
  expect(names('other.shop')).toBeNull()
})
