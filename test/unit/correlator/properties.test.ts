import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correlate } from '../../../src/correlator/correlate.ts'
import type { CorrelatorInput } from '../../../src/correlator/input.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import { runMs } from '../../../src/kernel/units.ts'
import type { EventDraft, RunEvent } from '../../../src/model/events.ts'
import { FAILURE_KINDS, OUTCOMES } from '../../../src/model/outcome.ts'
import { COLUMN_NAMES, type RequestColumns } from '../../../src/model/request-columns.ts'
import { readStory, storyNames } from '../../support/story.ts'

const shuffled = <Item>(items: readonly Item[], seed: number): Item[] => {
  const random = seededRandom(seed)
  const copy = [...items]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const a = copy[i]
    const b = copy[j]
    if (a !== undefined && b !== undefined) [copy[i], copy[j]] = [b, a]
  }
  return copy
}

const withRows = (columns: RequestColumns, order: readonly number[]): RequestColumns => {
  const copy: Record<string, unknown> = { length: order.length, strings: columns.strings }
  for (const name of COLUMN_NAMES) {
    const from = columns[name]
    const to = from.slice()
    order.forEach((row, i) => {
      to[i] = from[row] ?? 0
    })
    copy[name] = to
  }
  return copy as unknown as RequestColumns
}

const withFacts = (
  input: CorrelatorInput,
  drafts: readonly { atMs: number; draft: EventDraft }[],
): CorrelatorInput => {
  const last = Math.max(...input.events.map(({ seq }) => seq))
  const added = drafts.map(
    ({ atMs, draft }, i): RunEvent => ({ seq: last + 1 + i, atMs: runMs(atMs), ...draft }),
  )
  return { ...input, events: [...input.events, ...added] }
}

/** The row failed after all, with its fact and its place in the books. */
const withFailure = (
  input: CorrelatorInput,
  row: number,
  kind: (typeof FAILURE_KINDS)[number],
): CorrelatorInput => {
  const outcome = input.columns.outcome.slice()
  const kinds = input.columns.kind.slice()
  outcome[row] = OUTCOMES.indexOf('failed')
  kinds[row] = FAILURE_KINDS.indexOf(kind) + 1
  const events = input.events.map(
    (event): RunEvent =>
      event.type === 'run.ended' && event.counts !== null
        ? { ...event, counts: { ...event.counts, ok: event.counts.ok - 1, failed: event.counts.failed + 1 } }
        : event,
  )
  return { ...input, events, columns: { ...input.columns, outcome, kind: kinds } }
}

const harm = fc.oneof(
  fc.record({
    what: fc.constant('stall' as const),
    atMs: fc.integer({ min: 0, max: 24_000 }),
    ms: fc.integer({ min: 100, max: 3000 }),
  }),
  fc.record({
    what: fc.constant('gap' as const),
    atMs: fc.integer({ min: 0, max: 24_000 }),
    ms: fc.integer({ min: 1, max: 3000 }),
  }),
  fc.record({
    what: fc.constant('control' as const),
    atMs: fc.integer({ min: 0, max: 24_000 }),
    ms: fc.integer({ min: 1, max: 3000 }),
  }),
  fc.record({
    what: fc.constant('drop' as const),
    atMs: fc.integer({ min: 0, max: 24_000 }),
    ms: fc.constant(1000),
  }),
  fc.record({
    what: fc.constant('failure' as const),
    atMs: fc.integer({ min: 0, max: 80 }),
    ms: fc.constant(0),
  }),
)

const harmed = (
  input: CorrelatorInput,
  { what, atMs, ms }: { what: string; atMs: number; ms: number },
): CorrelatorInput => {
  const from = runMs(atMs)
  const to = runMs(atMs + ms)
  switch (what) {
    case 'stall':
      return withFacts(input, [
        { atMs: to, draft: { type: 'loop.stalled', thread: 'engine-0', startedAtMs: from, durationMs: ms } },
      ])
    case 'gap':
      return withFacts(input, [
        {
          atMs: to,
          draft: { type: 'watch.gap', resource: 'pods', lostAtMs: from, resumedAtMs: to, why: 'test' },
        },
      ])
    case 'control':
      return withFacts(input, [
        {
          atMs: to,
          draft: {
            type: 'control.failed',
            control: 'url',
            startedAtMs: from,
            endedAtMs: to,
            kind: 'timeout',
          },
        },
      ])
    case 'drop':
      return withFacts(input, [
        {
          atMs: to,
          draft: { type: 'engine.saturated', startedAtMs: from, detail: 'test', late: 0, dropped: 3 },
        },
      ])
    default:
      return withFailure(input, atMs, 'reset')
  }
}

/** How far from PASS. */
const RANK = { passed: 0, inconclusive: 1, failed: 2 } as const

describe('the verdict is monotone', () => {
  const clean = readStory('clean-run')

  test('nothing that is added to a run makes it passed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...storyNames()),
        fc.array(harm, { minLength: 1, maxLength: 3 }),
        (name, harms) => {
          const before = readStory(name)
          const was = correlate(before).report.verdict
          const is = correlate(harms.reduce(harmed, before)).report.verdict
          return was === 'passed' || is !== 'passed'
        },
      ),
      { numRuns: 60 },
    )
  })

  test('a failure, and a gap, stall, drop or failing control in the rollout takes a clean run from passed', () => {
    expect(correlate(clean).report.verdict).toBe('passed')
    for (const one of [
      { what: 'stall', atMs: 12_000, ms: 400 },
      { what: 'gap', atMs: 12_000, ms: 50 },
      { what: 'control', atMs: 12_000, ms: 50 },
      { what: 'drop', atMs: 12_000, ms: 1000 },
    ])
      expect(correlate(harmed(clean, one)).report.verdict).toBe('inconclusive')
    expect(correlate(harmed(clean, { what: 'failure', atMs: 40, ms: 0 })).report.verdict).toBe('failed')
  })

  test('any failure of a vUser in a clean run is never passed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 90 }), fc.constantFrom(...FAILURE_KINDS), (row, kind) => {
        const { verdict } = correlate(withFailure(clean, row, kind)).report
        return RANK[verdict] >= (kind === 'client' ? RANK.inconclusive : RANK.failed)
      }),
      { numRuns: 40 },
    )
  })

  test('a run cut after any of its facts is never passed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: clean.events.length - 1 }), (keep) => {
        const events = clean.events.toSorted((a, b) => a.seq - b.seq).slice(0, keep)
        return correlate({ ...clean, events }).report.verdict !== 'passed'
      }),
      { numRuns: 40 },
    )
  })

  test('a run whose rows are missing is never passed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: clean.columns.length - 1 }), (keep) => {
        const columns = withRows(
          clean.columns,
          Array.from({ length: keep }, (_, i) => i),
        )
        return correlate({ ...clean, columns }).report.verdict !== 'passed'
      }),
      { numRuns: 20 },
    )
  })
})

describe('the order of input plays no part', () => {
  test('shuffled facts and rows give the same bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...storyNames()), fc.integer(), (name, seed) => {
        const input = readStory(name)
        const order = shuffled(
          Array.from({ length: input.columns.length }, (_, i) => i),
          seed,
        )
        const other = {
          ...input,
          events: shuffled(input.events, seed),
          columns: withRows(input.columns, order),
        }
        return JSON.stringify(correlate(input)) === JSON.stringify(correlate(other))
      }),
      { numRuns: 60 },
    )
  })

  test('the same input gives the same bytes a hundred times', () => {
    const input = readStory('not-f9-far-above-the-baseline')
    const first = JSON.stringify(correlate(input))
    for (let i = 0; i < 100; i++) expect(JSON.stringify(correlate(input)) === first).toBe(true)
  })
})

describe('attribution', () => {
  const AFTERMATH_MS = 125_000

  test('a pod is named only when its life, or the aftermath of its end, overlaps the request', () => {
    for (const name of storyNames()) {
      const { report, findings } = correlate(readStory(name))
      for (const verdict of findings) {
        const pod = report.pods.find((one) => one.name === verdict.pod)
        if (pod === undefined) continue
        const untilMs = pod.goneAtMs === null ? Number.POSITIVE_INFINITY : pod.goneAtMs + AFTERMATH_MS
        expect(verdict.startedAtMs <= untilMs, `${name} ${verdict.requestId}`).toBe(true)
        expect(
          verdict.endedAtMs >= (pod.createdAtMs ?? Number.NEGATIVE_INFINITY),
          `${name} ${verdict.requestId}`,
        ).toBe(true)
      }
    }
  })

  test('facts that arrive up to 30 s late never shift the blame to another cause (ambiguous is allowed)', () => {
    const stories = storyNames().filter((name) => /^(a|b|c)\d/.test(name))
    fc.assert(
      fc.property(fc.constantFrom(...stories), fc.integer({ min: 0, max: 30_000 }), (name, lateMs) => {
        const input = readStory(name)
        const cluster = (type: string): boolean => type.startsWith('pod.') || type.startsWith('endpoint.')
        const events = input.events.map(
          (event): RunEvent =>
            cluster(event.type) && event.atMs > 5000 ? { ...event, atMs: runMs(event.atMs + lateMs) } : event,
        )
        const before = new Map(correlate(input).findings.map((one) => [one.requestId, one]))
        return correlate({ ...input, events }).findings.every((one) => {
          const was = before.get(one.requestId)
          if (one.cause === was?.cause || one.cause === 'ambiguous' || one.cause === 'unexplained')
            return true
          return /^F/.test(one.cause)
        })
      }),
      { numRuns: 300 },
    )
  })
})
