import { readFileSync } from 'node:fs'
import type { FailureVerdict } from '../../src/model/finding.ts'
import type { RunInfo } from '../../src/model/run-info.ts'

/** A line of the lab's truth file. */
export interface TruthLine {
  readonly requestId: string | null
  readonly clientPort: number | null
  readonly remoteAddress: string
  readonly atMonotonicUs: number
  readonly mechanism: string
  readonly pod: string | null
  readonly cause: string
  readonly root?: string
}

export interface Attribution {
  /** `truth` × `named`: how many failures. `none` where the other side says nothing. */
  readonly table: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly failures: number
  /** Named as the truth says: cause, or its root. */
  readonly right: number
  /** Ambiguous, with the true cause among the candidates. */
  readonly hedged: number
  /** Named as something else. */
  readonly wrong: number
  /** Unexplained, or ambiguous without the true cause, where the lab knows it. */
  readonly unnamed: number
  /** Failures that the lab knows nothing of. */
  readonly unknown: number
  readonly wrongOnes: readonly { readonly finding: FailureVerdict; readonly truth: TruthLine }[]
}

export const readTruth = (path: string): TruthLine[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TruthLine)

const NEAR_US = 5_000
const PORT_REUSE_US = 30_000_000

/**
 * Joins failures with the lab's truth: by request id, else by client port, else by remote address and the nearest
 * connect start within 5 ms (a refused connect never sent its id).
 */
export const attribute = (
  info: RunInfo,
  findings: readonly FailureVerdict[],
  truth: readonly TruthLine[],
): Attribution => {
  const origin = info.startedAt.monotonicUs
  const byId = new Map<string, TruthLine>()
  const byPort = new Map<number, TruthLine[]>()
  const byAddress = new Map<string, TruthLine[]>()
  for (const line of truth) {
    if (line.requestId !== null) byId.set(line.requestId, line)
    if (line.clientPort !== null) byPort.set(line.clientPort, [...(byPort.get(line.clientPort) ?? []), line])
    if (line.requestId === null && line.clientPort === null) {
      byAddress.set(line.remoteAddress, [...(byAddress.get(line.remoteAddress) ?? []), line])
    }
  }
  const nearest = (
    lines: readonly TruthLine[] | undefined,
    atUs: number,
    withinUs: number,
  ): TruthLine | undefined =>
    (lines ?? [])
      .filter((line) => Math.abs(line.atMonotonicUs - atUs) <= withinUs)
      .toSorted((a, b) => Math.abs(a.atMonotonicUs - atUs) - Math.abs(b.atMonotonicUs - atUs))[0]

  const find = (finding: FailureVerdict): TruthLine | undefined => {
    const startUs = origin + finding.startedAtMs * 1000
    const endUs = origin + finding.endedAtMs * 1000
    // A connection that never came about has its port from nobody: an older one may have had it before.
    const neverConnected = finding.kind.startsWith('connect-')
    return (
      byId.get(`${info.runId}-${finding.requestId}`) ??
      (finding.localPort === null || neverConnected
        ? undefined
        : nearest(byPort.get(finding.localPort), endUs, PORT_REUSE_US)) ??
      (finding.remoteAddress === null
        ? undefined
        : nearest(byAddress.get(finding.remoteAddress), startUs, NEAR_US))
    )
  }

  const table = new Map<string, Map<string, number>>()
  const wrongOnes: { finding: FailureVerdict; truth: TruthLine }[] = []
  const tally = { right: 0, hedged: 0, wrong: 0, unnamed: 0, unknown: 0 }
  for (const finding of findings) {
    const line = find(finding)
    const row = table.get(line?.cause ?? 'none') ?? new Map<string, number>()
    const named = finding.cause === 'ambiguous' ? `ambiguous ${finding.candidates.join('/')}` : finding.cause
    row.set(named, (row.get(named) ?? 0) + 1)
    table.set(line?.cause ?? 'none', row)
    if (line === undefined) tally.unknown += 1
    else {
      const causes = [line.cause, ...(line.root === undefined ? [] : [line.root])]
      if (causes.includes(finding.cause)) tally.right += 1
      else if (finding.cause === 'ambiguous' && finding.candidates.some((id) => causes.includes(id)))
        tally.hedged += 1
      else if (finding.cause === 'unexplained' || finding.cause === 'ambiguous') tally.unnamed += 1
      else {
        tally.wrong += 1
        wrongOnes.push({ finding, truth: line })
      }
    }
  }
  return { table, failures: findings.length, ...tally, wrongOnes }
}

/** The table as text, the truth down, the names across. */
export const attributionText = ({
  table,
  failures,
  right,
  hedged,
  wrong,
  unnamed,
  unknown,
}: Attribution): string => {
  const lines = [...table]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([cause, named]) => {
      const cells = [...named].toSorted(([, a], [, b]) => b - a).map(([name, n]) => `${name} × ${n}`)
      return `  truth ${cause.padEnd(5)} named ${cells.join(', ')}`
    })
  return [
    ...lines,
    `  ${failures} failures: ${right} right, ${hedged} ambiguous with the truth among the candidates, ${wrong} wrong, ${unnamed} unnamed, ${unknown} not in the truth file`,
  ].join('\n')
}

/** Several runs as one. */
export const merged = (parts: readonly Attribution[]): Attribution => {
  const table = new Map<string, Map<string, number>>()
  for (const part of parts)
    for (const [truth, named] of part.table) {
      const row = table.get(truth) ?? new Map<string, number>()
      for (const [name, count] of named) row.set(name, (row.get(name) ?? 0) + count)
      table.set(truth, row)
    }
  const sum = (count: (part: Attribution) => number): number =>
    parts.reduce((total, part) => total + count(part), 0)
  return {
    table,
    failures: sum(({ failures }) => failures),
    right: sum(({ right }) => right),
    hedged: sum(({ hedged }) => hedged),
    wrong: sum(({ wrong }) => wrong),
    unnamed: sum(({ unnamed }) => unnamed),
    unknown: sum(({ unknown }) => unknown),
    wrongOnes: parts.flatMap(({ wrongOnes }) => wrongOnes),
  }
}

const share = (part: number, whole: number): string =>
  whole === 0 ? '-' : `${((100 * part) / whole).toFixed(0)} %`

/**
 * The table, and per cause: precision = of those named so, how many the lab's truth says so; recall = of those that the truth
 * says, how many were named so; ambiguous = how many of them are ambiguous with the truth among the candidates.
 * What the truth file does not know is left out.
 */
export const scoresText = (result: Attribution): string => {
  const rows = [...result.table].filter(([truth]) => truth !== 'none')
  const causes = new Set(rows.flatMap(([truth, named]) => [truth, ...named.keys()]))
  const cell = (truth: string, name: string): number => result.table.get(truth)?.get(name) ?? 0
  const lines = [...causes]
    .filter((cause) => /^[A-F]\d+$/.test(cause))
    .toSorted()
    .map((cause) => {
      const named = rows.reduce((total, [, names]) => total + (names.get(cause) ?? 0), 0)
      const names = [...(result.table.get(cause) ?? [])]
      const all = names.reduce((total, [, count]) => total + count, 0)
      const hedged = names
        .filter(([name]) => name.startsWith('ambiguous ') && name.slice(10).split('/').includes(cause))
        .reduce((total, [, count]) => total + count, 0)
      return `  ${cause.padEnd(4)} precision ${share(cell(cause, cause), named)} of ${named}, recall ${share(cell(cause, cause), all)} of ${all}, ambiguous with it ${share(hedged, all)}`
    })
  return [attributionText(result), ...lines].join('\n')
}
