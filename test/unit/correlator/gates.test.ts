import { describe, expect, test } from 'vitest'
import { correlate } from '../../../src/correlator/correlate.ts'
import type { CorrelatorInput } from '../../../src/correlator/input.ts'
import { epochMs, runMs } from '../../../src/kernel/units.ts'
import type { EventDraft, EventOf, RunEvent } from '../../../src/model/events.ts'
import type { Reason, RunReport } from '../../../src/model/finding.ts'
import type { Scenario } from '../../../src/model/scenario.ts'
import { readStory } from '../../support/story.ts'

const clean = readStory('clean-run')

const plus = (input: CorrelatorInput, atMs: number, draft: EventDraft): CorrelatorInput => ({
  ...input,
  events: [...input.events, { seq: 10_000 + input.events.length, atMs: runMs(atMs), ...draft }],
})
const without = (input: CorrelatorInput, drop: (event: RunEvent) => boolean): CorrelatorInput => ({
  ...input,
  events: input.events.filter((event) => !drop(event)),
})
const changed = (input: CorrelatorInput, change: (event: RunEvent) => RunEvent): CorrelatorInput => ({
  ...input,
  events: input.events.map(change),
})
const scenario = (input: CorrelatorInput, more: Partial<Scenario>): CorrelatorInput => ({
  ...input,
  info: { ...input.info, scenario: { ...input.info.scenario, ...more } },
})
const ended =
  (change: Partial<EventOf<'run.ended'>>) =>
  (event: RunEvent): RunEvent =>
    event.type === 'run.ended' ? { ...event, ...change } : event

const judged = (input: CorrelatorInput, id: string): { reason: Reason | undefined; report: RunReport } => {
  const { report } = correlate(input)
  return { reason: report.reasons.find((reason) => reason.id === id), report }
}
const holds = (input: CorrelatorInput, id: string): boolean | null | undefined =>
  judged(input, id).reason?.holds

test('every gate holds in a clean run, and the run is passed with exit code 0', () => {
  const { report } = correlate(clean)
  expect(report.reasons.map(({ id, holds }) => [id, holds])).toEqual([
    ['failures: count==0', true],
    ...['H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'H8', 'H9', 'H10'].map((id) => [id, true]),
  ])
  expect([report.verdict, report.exitCode]).toEqual(['passed', 0])
})

describe('H1 books', () => {
  test('a run without an end is never passed', () => {
    const { reason, report } = judged(
      without(clean, ({ type }) => type === 'run.ended'),
      'H1',
    )
    expect(reason?.holds).toBe(false)
    expect(report.verdict).toBe('inconclusive')
  })
  test('books that do not balance do not hold, and say where', () => {
    const counts = { planned: 95, started: 94, ok: 94, failed: 0, cut: 0, dropped: 0, late: 0 }
    const { reason } = judged(changed(clean, ended({ counts })), 'H1')
    expect(reason?.holds).toBe(false)
    expect(reason?.value).toContain('planned ≠ started + dropped')
  })
  test('rows that are missing, a torn fact and a damaged part do not hold', () => {
    expect(holds({ ...clean, torn: { tornBytes: 12 } }, 'H1')).toBe(false)
    expect(holds({ ...clean, problems: ['requests/part-00002 is missing'] }, 'H1')).toBe(false)
    expect(holds(changed(clean, ended({ rows: 1_000_000 })), 'H1')).toBe(false)
  })
  test('an engine that could not say is not shown', () => {
    expect(holds(changed(clean, ended({ counts: null })), 'H1')).toBeNull()
  })
})

describe('H2 and H3 load', () => {
  const lateBy = (ms: number, fromMs: number, toMs: number): CorrelatorInput => {
    const intendedUs = clean.columns.intendedUs.slice()
    clean.columns.startUs.forEach((startUs, i) => {
      if (startUs / 1000 >= fromMs && startUs / 1000 < toMs) intendedUs[i] = startUs - ms * 1000
    })
    return { ...clean, columns: { ...clean.columns, intendedUs } }
  }
  test('late arrivals in a rollout window do not hold, before it they do', () => {
    expect(holds(lateBy(30, 13_000, 14_000), 'H2')).toBe(false)
    expect(holds(lateBy(30, 13_000, 14_000), 'H3')).toBe(false)
    expect(holds(lateBy(30, 1000, 2000), 'H2')).toBe(true)
    expect(
      holds(
        scenario(lateBy(30, 13_000, 14_000), {
          limits: { scheduleLagMs: 50, stallMs: 100, lateArrivals: 0 },
        }),
        'H3',
      ),
    ).toBe(true)
  })
  test('drops that no fact dates count as inside', () => {
    const counts = { planned: 95, started: 95, ok: 95, failed: 0, cut: 0, dropped: 3, late: 0 }
    expect(holds(changed(clean, ended({ counts })), 'H2')).toBe(false)
  })
  test('late arrivals while valid failures are open are the outage, not ours', () => {
    const story = readStory('a1-void-after-the-pod-is-gone')
    const intendedUs = story.columns.intendedUs.slice()
    story.columns.startUs.forEach((startUs, i) => {
      if (startUs / 1000 > 14_000 && startUs / 1000 < 16_000) intendedUs[i] = startUs - 90_000
    })
    expect(holds({ ...story, columns: { ...story.columns, intendedUs } }, 'H2')).toBe(true)
  })
})

describe('H4 stalls', () => {
  const stall = (thread: string, startedAtMs: number, durationMs: number): CorrelatorInput =>
    plus(clean, startedAtMs + durationMs, {
      type: 'loop.stalled',
      thread,
      startedAtMs: runMs(startedAtMs),
      durationMs,
    })
  test('a short stall that hides no termination holds, and widens the resolution', () => {
    const { reason, report } = judged(stall('engine-0', 16_000, 110), 'H4')
    expect(reason?.holds).toBe(true)
    const before = correlate(clean).report.reasons.find(({ id }) => id === 'H10')?.value
    expect(report.reasons.find(({ id }) => id === 'H10')?.value).not.toBe(before)
  })
  test('1 % of the window, or a termination inside the stall, does not hold', () => {
    expect(holds(stall('engine-0', 16_000, 300), 'H4')).toBe(false)
    expect(holds(stall('engine-0', 12_100, 110), 'H4')).toBe(false)
  })
  test('a stall of the thread that only watches does not matter here', () => {
    expect(holds(stall('main', 12_100, 500), 'H4')).toBe(true)
  })
})

describe('H5, H6', () => {
  test('a failing control turns a failed run into inconclusive, never into passed', () => {
    const story = readStory('a1-refused-while-still-routed')
    const input = plus(story, 24_000, {
      type: 'control.failed',
      control: 'loopback',
      startedAtMs: runMs(10_000),
      endedAtMs: runMs(24_000),
      kind: 'timeout',
    })
    expect(correlate(story).report.verdict).toBe('failed')
    expect(correlate(input).report.verdict).toBe('inconclusive')
    expect(holds(input, 'H5')).toBe(false)
  })
  test('a self-test that found less, or was not run, is no proof', () => {
    const tested =
      (found: number) =>
      (event: RunEvent): RunEvent =>
        event.type === 'engine.self-tested' ? { ...event, found, missed: ['truncated'] } : event
    expect(holds(changed(clean, tested(23)), 'H6')).toBe(false)
    expect(
      holds(
        without(clean, ({ type }) => type === 'engine.self-tested'),
        'H6',
      ),
    ).toBeNull()
  })
})

describe('H7 coverage', () => {
  const anonymous = (freshOnly: boolean): CorrelatorInput => {
    const requestsOnConnection = clean.columns.requestsOnConnection.map((used) => (freshOnly ? 0 : used + 1))
    return {
      ...clean,
      columns: { ...clean.columns, pod: clean.columns.pod.map(() => 0), requestsOnConnection },
    }
  }
  test('a pod that got nothing shortly before its end does not hold', () => {
    const { strings, pod } = clean.columns
    const other = strings.indexOf('old-b')
    const input = {
      ...clean,
      columns: { ...clean.columns, pod: pod.map((code) => (strings[code] === 'old-a' ? other : code)) },
    }
    const { reason, report } = judged(input, 'H7')
    expect(reason?.holds).toBe(false)
    expect(reason?.value).toContain('old-a before its termination')
    expect(report.verdict).toBe('inconclusive')
  })
  test('without identity, enough new connections show it by chance', () => {
    expect(judged(anonymous(true), 'H7').reason).toMatchObject({ holds: true })
  })
  test('only kept-alive traffic without identity cannot show it, and can be accepted', () => {
    const { reason, report } = judged(anonymous(false), 'H7')
    expect(reason?.holds).toBeNull()
    expect(report.verdict).toBe('inconclusive')
    const accepted = correlate(scenario(anonymous(false), { acceptUnproven: ['H7'] })).report
    expect(accepted.verdict).toBe('passed')
    expect(accepted.limitations).toContain('Accepted without proof: H7.')
    expect(accepted.sentences[1]).toContain('accepted without proof: H7')
  })
  test('what is shown to be false cannot be accepted', () => {
    const input = plus(clean, 13_000, {
      type: 'watch.gap',
      resource: 'pods',
      lostAtMs: runMs(12_000),
      resumedAtMs: runMs(13_000),
      why: 'test',
    })
    expect(correlate(scenario(input, { acceptUnproven: ['H9'] })).report.verdict).toBe('inconclusive')
  })
})

describe('H8 it rolled', () => {
  test.each([
    ['a rollout that did not complete', 'rollout.completed'],
    ['a rollout that was not accepted', 'rollout.acknowledged'],
    ['old pods that were not seen gone', 'pod.deleted'],
    ['no word that the old pods are gone', 'rollout.old-pods-gone'],
  ])('%s does not hold', (_, type) => {
    const input = without(clean, (event) => event.type === type)
    expect(holds(input, 'H8')).toBe(false)
    expect(correlate(input).report.verdict).toBe('inconclusive')
  })
  test('fewer restarts than planned, a stuck one, somebody else and a lost lease do not hold', () => {
    expect(holds(scenario(clean, { rollout: { ...clean.info.scenario.rollout, restarts: 2 } }), 'H8')).toBe(
      false,
    )
    expect(
      holds(plus(clean, 15_000, { type: 'rollout.stuck', index: 1, reason: 'ImagePullBackOff' }), 'H8'),
    ).toBe(false)
    expect(holds(plus(clean, 15_000, { type: 'lease.lost', name: 'web', detail: 'taken' }), 'H8')).toBe(false)
    expect(
      holds(
        plus(clean, 15_000, {
          type: 'workload.changed',
          kind: 'Deployment',
          name: 'web',
          uid: 'uid-web',
          generation: 3,
          foreign: true,
          detail: 'image',
        }),
        'H8',
      ),
    ).toBe(false)
  })
  test('a load that ends before the last old pod has settled does not hold', () => {
    expect(judged(readStory('f8-port-forward'), 'H8').reason?.value).toContain('F7')
  })
})

describe('H9 sight', () => {
  test('a gap in a rollout window does not hold, one of Events or before it does', () => {
    const gap = (resource: string, lostAtMs: number): CorrelatorInput =>
      plus(clean, lostAtMs + 500, {
        type: 'watch.gap',
        resource,
        lostAtMs: runMs(lostAtMs),
        resumedAtMs: runMs(lostAtMs + 500),
        why: 'test',
      })
    expect(holds(gap('endpointslices', 13_000), 'H9')).toBe(false)
    expect(holds(gap('events', 13_000), 'H9')).toBe(true)
    expect(holds(gap('pods', 3000), 'H9')).toBe(true)
  })
  test('a last audit that disagrees does not hold, one that is missing is not shown', () => {
    const disagree = changed(clean, (event) =>
      event.type === 'watch.audited' && event.resource === 'pods' ? { ...event, agrees: false } : event,
    )
    expect(holds(disagree, 'H9')).toBe(false)
    const missing = without(clean, (event) => event.type === 'watch.audited' && event.resource === 'pods')
    expect(holds(missing, 'H9')).toBeNull()
  })
})

describe('verdict and exit codes', () => {
  const story = readStory('a1-refused-while-still-routed')

  test('valid failures fail the run whatever other gates say', () => {
    const torn = { ...story, torn: { tornBytes: 3 } }
    expect(correlate(torn).report).toMatchObject({ verdict: 'failed', exitCode: 1 })
    expect(correlate(without(story, ({ type }) => type === 'run.ended')).report.verdict).toBe('failed')
  })
  test('failures of our own machine do not fail the target, and do not pass either', () => {
    expect(correlate(readStory('f1-out-of-ports')).report).toMatchObject({
      verdict: 'inconclusive',
      exitCode: 4,
    })
  })
  test('an interrupted run has the exit code of its signal and is never passed', () => {
    const by = (detail: string) => correlate(changed(clean, ended({ reason: 'interrupted', detail }))).report
    expect(by('SIGINT')).toMatchObject({ verdict: 'inconclusive', exitCode: 130 })
    expect(by('SIGTERM')).toMatchObject({ verdict: 'inconclusive', exitCode: 143 })
    expect(correlate(changed(clean, ended({ reason: 'aborted', detail: 'x' }))).report.exitCode).toBe(4)
  })
  test('load needs no cluster: only H1 to H4, H6 and H10 apply', () => {
    const { report } = correlate(readStory('load-without-a-cluster'))
    expect(report.reasons.map(({ id }) => id)).toEqual([
      'failures: count==0',
      'H1',
      'H2',
      'H3',
      'H4',
      'H6',
      'H10',
    ])
    expect(report.drain).toBeNull()
  })
  test('a clock that is hours off moves nothing but the claims', () => {
    const skewed = changed(clean, (event) =>
      'cluster' in event && event.cluster !== null
        ? {
            ...event,
            cluster: {
              earliestAtMs: epochMs(event.cluster.earliestAtMs + 3_600_000),
              latestAtMs: epochMs(event.cluster.latestAtMs + 3_600_000),
            },
          }
        : event.type === 'clock.offset'
          ? { ...event, offsetMs: 3_600_000 }
          : event,
    )
    expect(correlate(skewed).report.pods).toEqual(correlate(clean).report.pods)
  })
})
