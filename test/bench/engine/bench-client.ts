import autocannon from 'autocannon'
import { createEngine } from '../../../src/engine/engine.ts'
import { monotonicUs } from '../../../src/kernel/clock.ts'
import { closedLoad, engineConfig, WORKER_URL } from '../../support/engine-runs.ts'

/**
 * One run of one tool in a process of its own: `bench-client.ts <engine|autocannon> <url> <connections> <requests>`.
 * Prints one line of JSON. CPU is of the whole process from the first request to the last, start-up left out.
 */
export interface BenchResult {
  readonly tool: string
  readonly requests: number
  readonly perSec: number
  readonly cpuUsPerRequest: number
  readonly rssMb: number
}

const [tool = 'engine', url = '', connections = '50', requests = '100000'] = process.argv.slice(2)
const amount = Number(requests)

const runOnce = async (wanted: number): Promise<number> => {
  if (tool === 'autocannon') {
    const result = await autocannon({ url, connections: Number(connections), amount: wanted })
    return result['2xx']
  }
  const load = closedLoad({ vus: Number(connections), requests: wanted })
  const engine = createEngine(
    engineConfig(url, { load }),
    { onFact: () => {}, onColumns: () => {} },
    WORKER_URL,
  )
  await engine.start()
  return (await engine.done).ok
}

await runOnce(Math.min(20_000, amount))
const cpu = process.cpuUsage()
const startedUs = monotonicUs()
const ok = await runOnce(amount)
const seconds = (monotonicUs() - startedUs) / 1e6
const { user, system } = process.cpuUsage(cpu)
if (ok !== amount) throw new Error(`${tool}: ${ok} of ${amount} were ok`)
const result: BenchResult = {
  tool,
  requests: ok,
  perSec: ok / seconds,
  cpuUsPerRequest: (user + system) / ok,
  rssMb: process.memoryUsage().rss / 1048576,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)
