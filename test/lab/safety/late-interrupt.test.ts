import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBundle } from '../../../src/eventlog/bundle-reader.ts'
import { systemClock } from '../../../src/kernel/clock.ts'
import { HarnessError } from '../../../src/kernel/errors.ts'
import { type SmallCluster, smallRun, startSmallCluster } from '../../support/small-run.ts'

let cluster: SmallCluster
beforeAll(async () => {
  cluster = await startSmallCluster()
})
afterAll(() => cluster.stop())

test('a run that is interrupted while its last requests hang is cut at once, and is no completed run', async () => {
  let hangs = false
  let hanging = 0
  const server = createServer((_request, response) => {
    if (hangs) hanging++
    else response.writeHead(200, { 'x-pod': 'web-1' }).end('ok\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = new AbortController()
  const run = smallRun({
    kubeconfig: cluster.kubeconfig(),
    targetUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    folder: cluster.folder,
    signal: stop.signal,
    onFact: (fact) => {
      if (fact.type === 'phase.entered' && fact.phase === 'recovery') hangs = true
    },
  })
  await expect.poll(() => hanging, { interval: 20 }).toBeGreaterThan(0)
  // The recovery of 100 ms is over by then, and the run waits for its last answers; if not, it is cut in its course.
  await systemClock.sleepMs(1_000)
  stop.abort(new HarnessError('INTERRUPTED', 'SIGINT'))
  const { dir } = await run
  server.closeAllConnections()
  server.close()
  const { events } = await readBundle(dir)
  const ended = events.find((event) => event.type === 'run.ended')
  expect(ended).toMatchObject({ reason: 'interrupted' })
  expect(ended?.counts?.cut).toBeGreaterThan(0)
})
