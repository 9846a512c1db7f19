// Resident memory of a whole `rollproof load`, phase by phase: `node test/bench/memory/load.ts [requests …]`, from 1,000,000
// and 3,000,000 requests of 50 vUsers to a server on loopback. Needs `npm run build` and Linux (/proc).
// PROGRAM=other/dist/cli.mjs measures another build.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const PROGRAM = process.env.PROGRAM ?? fileURLToPath(new URL('../../../dist/cli.mjs', import.meta.url))
const SERVER = fileURLToPath(new URL('../engine/bench-server.ts', import.meta.url))
const EVERY_MS = 20

const PHASES = ['start and self-test', 'load', 'reading and correlating', 'rendering'] as const
type Phase = (typeof PHASES)[number]

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(text.trim())
    })
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it said anything`)))
  })

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** What the bundle shows of how far the run is. */
const phaseOf = (out: string): Phase => {
  const [folder] = readdirSync(out)
  if (folder === undefined || !isThere(join(out, folder, 'events.jsonl'))) return 'start and self-test'
  if (isThere(join(out, folder, 'findings.jsonl'))) return 'rendering'
  const ended = readFileSync(join(out, folder, 'events.jsonl'), 'utf8').includes('"type":"run.ended"')
  return ended ? 'reading and correlating' : 'load'
}

/** Resident and most resident memory of a process, KiB; `null` when it has ended. */
const residentKib = (pid: number): { readonly now: number; readonly most: number } | null => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const of = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
    const [now, most] = [of('VmRSS'), of('VmHWM')]
    return Number.isFinite(now) && Number.isFinite(most) ? { now, most } : null
  } catch {
    return null
  }
}

const measure = async (url: string, requests: number): Promise<void> => {
  const out = mkdtempSync(join(tmpdir(), 'rollproof-memory-'))
  try {
    const args = ['load', '--target', url, '--vus', '50', '--requests', String(requests), '--duration', '1h']
    const child = spawn(process.execPath, [PROGRAM, ...args, '--out', out, '-o', 'json', '--quiet'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    const peaks = new Map<Phase, number>()
    let most = 0
    let phase: Phase = 'start and self-test'
    for (let i = 0; child.exitCode === null && child.signalCode === null; i++) {
      if (i % 10 === 0) phase = phaseOf(out)
      const resident = child.pid === undefined ? null : residentKib(child.pid)
      if (resident !== null) {
        peaks.set(phase, Math.max(peaks.get(phase) ?? 0, resident.now))
        most = Math.max(most, resident.most)
      }
      await sleep(EVERY_MS)
    }
    await ended
    const { requests: counted, verdict } = JSON.parse(text)
    if (counted.started !== requests) throw new Error(`${counted.started} of ${requests} were started`)
    const mib = (kib: number): string => (kib / 1024).toFixed(0)
    const phases = PHASES.filter((name) => peaks.has(name)).map(
      (name) => `${name} ${mib(peaks.get(name) ?? 0)}`,
    )
    console.log(
      `${requests} requests (${counted.ok} ok, ${verdict}): most ${mib(most)} MiB; ${phases.join(', ')}`,
    )
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

const server = spawn(process.execPath, [SERVER], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
try {
  const url = `http://127.0.0.1:${await firstLine(server)}/`
  const sizes = process.argv.slice(2).map(Number)
  for (const requests of sizes.length > 0 ? sizes : [1_000_000, 3_000_000]) await measure(url, requests)
} finally {
  server.disconnect()
}
