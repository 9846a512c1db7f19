import { Resolver } from 'node:dns/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DnsServer, startDnsServer } from '../../../../src/lab/paths/dns-server.ts'

let server: DnsServer
const resolver = new Resolver({ timeout: 20_000, tries: 1 })
let next = 0

beforeAll(async () => {
  server = await startDnsServer('127.0.0.1', (name) =>
    name === 'web.shop' ? () => `127.20.0.${++next}` : null,
  )
  resolver.setServers([server.address])
})
afterAll(() => server.close())

test('a real resolver gets the address that is picked for it, with a time to live of 0, anew each time', async () => {
  expect(await resolver.resolve4('web.shop', { ttl: true })).toEqual([{ address: '127.20.0.1', ttl: 0 }])
  expect(await resolver.resolve4('web.shop')).toEqual(['127.20.0.2'])
})

test('a known name has no IPv6 address, and asking for it picks none', async () => {
  const before = next
  await expect(resolver.resolve6('web.shop')).rejects.toMatchObject({ code: 'ENODATA' })
  expect(next).toBe(before)
})

test('an unknown name does not exist', async () => {
  await expect(resolver.resolve4('other.shop')).rejects.toMatchObject({ code: 'ENOTFOUND' })
})
