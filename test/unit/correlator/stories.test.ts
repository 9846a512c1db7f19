import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { FailureVerdict } from '../../../src/model/finding.ts'
import { type Expected, readStory, STORIES, storyEnd, storyNames, tell } from '../../support/story.ts'
import { STORY_PLANS } from '../../support/story-plans.ts'
import { storyFiles } from '../../support/story-write.ts'

const looked = (verdict: FailureVerdict | undefined, expected: Expected): unknown =>
  verdict === undefined
    ? null
    : {
        requestId: verdict.requestId,
        cause: verdict.cause,
        ...('mechanism' in expected ? { mechanism: verdict.mechanism } : {}),
        ...('candidates' in expected ? { candidates: verdict.candidates } : {}),
        ...('pod' in expected ? { pod: verdict.pod } : {}),
      }

test('the stories on disk are those that the plans write', () => {
  expect(storyNames()).toEqual([...STORY_PLANS.keys()].sort())
  for (const name of storyNames())
    for (const [file, text] of Object.entries(storyFiles(name)))
      expect(readFileSync(join(STORIES, name, file), 'utf8') === text, `${name}/${file}`).toBe(true)
})

test('there is a story for every cause and guard of the first set', () => {
  const told = new Set(storyNames().flatMap((name) => storyEnd(name).findings.map(({ cause }) => cause)))
  const wanted =
    'A1 A2 A3 A4 A5 A6 A7 A9 A10 A16 B1 B3 B8 C1 C2 C3 C4 C5 C8 D1 D2 D4 D6 E6 F1 F2 F3 F5 F7 F8 F9 F10 ambiguous unexplained'
  expect(wanted.split(' ').filter((cause) => !told.has(cause))).toEqual([])
})

describe('each story ends as it should', () => {
  test.each(storyNames().map((name) => [name, storyEnd(name).title] as const))('%s: %s', (name) => {
    const { findings } = tell(name)
    const end = storyEnd(name)
    const byId = new Map(findings.map((verdict) => [verdict.requestId, verdict]))
    expect(end.findings.map((expected) => looked(byId.get(expected.requestId), expected))).toEqual(
      end.findings,
    )
    expect(findings.length).toBe(end.findings.length)
  })
})

describe('what holds for every story', () => {
  test.each(storyNames())('%s: sums, evidence, candidates and named pods', (name) => {
    const input = readStory(name)
    const { report, findings } = tell(name)
    const sum = (counts: Readonly<Record<string, number>>): number =>
      Object.values(counts).reduce((total, count) => total + count, 0)
    expect(sum(report.failures.byKind)).toBe(report.requests.failed)
    expect(sum(report.failures.byCause)).toBe(report.requests.failed)
    expect(report.findings.reduce((total, { count }) => total + count, 0)).toBe(report.requests.failed)
    const seqs = new Set(input.events.map(({ seq }) => seq))
    const pods = new Set(report.pods.map((pod) => pod.name))
    for (const verdict of findings) {
      expect(verdict.evidence.every((seq) => seqs.has(seq))).toBe(true)
      expect(verdict.cause === 'ambiguous').toBe(verdict.candidates.length > 0)
      expect(verdict.candidates.length > 0).toBe(verdict.separator !== null)
      expect(verdict.pod === null || pods.has(verdict.pod)).toBe(true)
    }
    for (const sentence of report.sentences) expect(sentence).toMatch(/\.$/)
  })
})

test('a clean run is passed, and says what its zero still leaves open', () => {
  const { report } = tell('clean-run')
  expect(report.verdict).toBe('passed')
  expect(report.exitCode).toBe(0)
  expect(report.reasons.every(({ holds }) => holds === true)).toBe(true)
  expect(report.sentences[0]).toMatch(
    /^0 of \d+ requests failed over 1 rollout and 2 pod terminations; with 95 % confidence at most 100 % of pod terminations/,
  )
})

test('every ruled out cause comes with its reason', () => {
  const { findings } = tell('a1-refused-while-still-routed')
  const because = Object.fromEntries(findings[0]?.ruledOut.map((one) => [one.cause, one.because]) ?? [])
  expect(because).toMatchObject({
    C1: 'every new pod had answered before, so it was listening',
    A2: 'the pod that was ending has no preStop hook',
    C5: '3 to 3 endpoints were ready or serving',
  })
})
