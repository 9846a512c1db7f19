import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Parking, startParking } from '../../../../src/lab/paths/parking.ts'
import { startRole } from '../../../../src/lab/role-process.ts'

const PORT = 18_471
let parking: Parking

beforeAll(async () => {
  parking = await startParking(() => startRole('lab-parking', { stdio: ['pipe', 'pipe', 'inherit'] }), PORT)
})
afterAll(() => parking.close())

const tryConnect = (host: string, waitMs: number): Promise<string> =>
  new Promise((done) => {
    const socket = connect({ host, port: PORT })
    socket.setTimeout(waitMs, () => {
      socket.destroy()
      done('nothing')
    })
    socket.once('connect', () => {
      socket.destroy()
      done('connected')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message))
  })

test('connects to a parked address are neither answered nor refused, beside others that are refused', async () => {
  expect(await tryConnect('127.9.2.1', 10_000)).toBe('ECONNREFUSED')
  await parking.park('127.9.2.1')
  await parking.park('127.9.2.2')
  const tried = await Promise.all(
    ['127.9.2.1', '127.9.2.1', '127.9.2.2', '127.9.2.3'].map((host) => tryConnect(host, 1300)),
  )
  expect(tried).toEqual(['nothing', 'nothing', 'nothing', 'ECONNREFUSED'])
  parking.free('127.9.2.1')
  await expect.poll(() => tryConnect('127.9.2.1', 10_000)).toBe('ECONNREFUSED')
  expect(await tryConnect('127.9.2.2', 200)).toBe('nothing')
})
