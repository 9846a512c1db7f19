import { expect, test } from 'vitest'
import type { RunReport } from '../../../src/model/finding.ts'
import { failuresByCause, reportView, zeroBound } from '../../../src/report/view.ts'
import { badRun, cleanRun, inconclusiveRun, loadRun } from '../../support/report-fixtures.ts'

const ids = (report: RunReport): string[] => reportView(report).tables.map(({ id }) => id)

test('a zero is never told without its upper bound', () => {
  const view = reportView(cleanRun())
  expect(view.because).toContain('0 of 81,579 requests failed (95 % sure: under 15 % of pod terminations')
  expect(view.figures[0]).toMatchObject({ value: '0', bad: false })
  expect(view.figures[0]?.note).toContain('seen: 20 terminations, 81,579 requests')
  expect(
    zeroBound({
      ...cleanRun(),
      bounds: { terminations: 0, perTermination: null, requests: 3, perRequest: null },
    }),
  ).toBe('too little was seen for an upper bound')
})

test('a failed run names the thresholds that broke, an inconclusive one what is not shown', () => {
  expect(reportView(badRun()).because).toContain('broken: failures: count==0 (was 222)')
  const because = reportView(inconclusiveRun()).because
  expect(because).toMatch(/^not shown: H4 .*, H7 .*, H9 /)
})

test('a gate that was accepted without proof is named in the verdict of a passed run', () => {
  const report = cleanRun()
  const accepted = {
    ...report,
    reasons: report.reasons.map((reason) => (reason.id === 'H7' ? { ...reason, holds: null } : reason)),
  }
  expect(reportView(accepted).because).toContain('accepted without proof: H7')
})

test('tables without rows are left out', () => {
  expect(ids(badRun())).toEqual([
    'thresholds',
    'rollouts',
    'causes',
    'judged-predictions',
    'kinds',
    'pods',
    'drain',
    'latency',
    'gates',
  ])
  expect(ids(loadRun())).toEqual(['thresholds', 'causes', 'kinds', 'latency', 'gates'])
})

test('the patch comes with a command only for names that a shell cannot misread', () => {
  const report = badRun()
  expect(reportView(report).patch?.command).toBe(
    'kubectl -n shop patch deployment web --patch-file patch.yaml',
  )
  for (const deployment of ['shop/web;reboot', 'shop/$(reboot)', '-o/x y', null]) {
    const subject = { target: 'http://x/', load: 'x', deployment }
    expect(reportView({ ...report, subject }).patch?.command).toBeNull()
  }
})

test('failures are grouped by cause, the largest group first, in order of time', () => {
  const groups = failuresByCause(badRun())
  expect(groups.map(({ cause, failures }) => [cause, failures.length])).toEqual([
    ['A1', 140],
    ['A16', 60],
    ['C1', 16],
    ['ambiguous', 5],
    ['unexplained', 1],
  ])
  const times = groups[0]?.failures.map(({ startedAtMs }) => startedAtMs) ?? []
  expect(times).toEqual(times.toSorted((a, b) => a - b))
})
