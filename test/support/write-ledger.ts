/*
 * `ROLLPROOF_RECORD_WRITES=1 npm test`: every request that the program sends to an API server in any test, in whatever
 * process, is recorded (record-writes.ts) and at the end held against the list of write-kinds.ts. One outside fails the run.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kindOfWrite } from './write-kinds.ts'

interface Line {
  readonly pid: number
  readonly origin: string
  readonly method: string
  readonly path: string
  readonly contentType: string
  readonly text: string
}

/** What was recorded, counted by kind; reads and processes beside it. */
export const countWrites = (
  ledger: string,
): { readonly kinds: ReadonlyMap<string, number>; readonly reads: number; readonly processes: number } => {
  const kinds = new Map<string, number>()
  const pids = new Set<number>()
  let reads = 0
  for (const line of ledger.split('\n').slice(0, -1)) {
    const { pid, method, path, contentType, text }: Line = JSON.parse(line)
    pids.add(pid)
    if (method === 'GET' && text === '') {
      reads += 1
      continue
    }
    const { pathname, searchParams } = new URL(path, 'http://api')
    const body: unknown = text === '' ? null : JSON.parse(text)
    const kind = kindOfWrite({ method, path: pathname, query: searchParams, contentType, body })
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  return { kinds, reads, processes: pids.size }
}

/** Vitest's global set-up; what it returns runs after the last test. */
export default (): (() => void) => {
  const folder = mkdtempSync(join(tmpdir(), 'rollproof-ledger-'))
  const file = join(folder, 'requests.jsonl')
  const preload = fileURLToPath(new URL('record-writes.ts', import.meta.url))
  process.env.ROLLPROOF_WRITE_LEDGER = file
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import=${preload}`.trim()
  return () => {
    const { kinds, reads, processes } = countWrites(existsSync(file) ? readFileSync(file, 'utf8') : '')
    rmSync(folder, { recursive: true, force: true })
    const outside = [...kinds].filter(([kind]) => kind.startsWith('OUTSIDE'))
    const sum = (entries: Iterable<readonly [string, number]>): number =>
      [...entries].reduce((total, [, count]) => total + count, 0)
    const listed = [...kinds].filter(([kind]) => !kind.startsWith('OUTSIDE')).sort()
    process.stdout.write(
      `\nwrites to API servers in this run: ${sum(kinds)} (and ${reads} reads) of ${processes} processes: ` +
        `${listed.map(([kind, count]) => `${count} × ${kind}`).join(', ')}; outside the list: ${sum(outside)}\n`,
    )
    if (outside.length > 0)
      throw new Error(
        `writes that no run may send:\n${outside.map(([kind, count]) => `${count} × ${kind}`).join('\n')}`,
      )
    if (sum(kinds) === 0) throw new Error('nothing was recorded: the recording does not work')
  }
}
