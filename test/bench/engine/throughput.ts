import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BenchResult } from './bench-client.ts'

/**
 * Requests per second and CPU per request of the engine beside autocannon: the same server, alternating runs, medians.
 * `node test/bench/engine/throughput.ts [rounds] [connections] [requests]`. The engine records every request (24
 * columns, times, port, pod); autocannon keeps a histogram. On shared cores compare the ratios, not the digits.
 */
const [rounds = '5', connections = '50', requests = '150000'] = process.argv.slice(2)

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(text)
    })
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it said anything`)))
  })

const start = (file: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const server = start('bench-server.ts', [])
try {
  const url = `http://127.0.0.1:${(await firstLine(server)).trim()}/`
  const results: BenchResult[] = []
  for (let round = 0; round < Number(rounds); round++) {
    const order = round % 2 === 0 ? ['engine', 'autocannon'] : ['autocannon', 'engine']
    for (const tool of order) {
      results.push(JSON.parse(await firstLine(start('bench-client.ts', [tool, url, connections, requests]))))
    }
  }
  const of = (tool: string, key: 'perSec' | 'cpuUsPerRequest' | 'rssMb'): number =>
    median(results.filter((result) => result.tool === tool).map((result) => result[key]))
  for (const tool of ['engine', 'autocannon']) {
    process.stdout.write(
      `${tool.padEnd(11)} ${of(tool, 'perSec').toFixed(0).padStart(7)} requests/s  ${of(tool, 'cpuUsPerRequest').toFixed(1).padStart(5)} CPU µs/request  ${of(tool, 'rssMb').toFixed(0).padStart(4)} MB\n`,
    )
  }
  const ratio = (key: 'perSec' | 'cpuUsPerRequest'): string =>
    (of('engine', key) / of('autocannon', key)).toFixed(2)
  process.stdout.write(
    `engine / autocannon: requests/s × ${ratio('perSec')}, CPU per request × ${ratio('cpuUsPerRequest')} (medians of ${rounds} alternating runs, ${connections} connections, ${requests} requests)\n`,
  )
} finally {
  server.disconnect()
}
