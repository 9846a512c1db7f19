import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import type { Comparison } from '../../src/model/comparison.ts'
import type { RunReport } from '../../src/model/finding.ts'
import { runCli } from '../support/cli.ts'

const scenarios = fileURLToPath(new URL('../../scenarios', import.meta.url))
const out = mkdtempSync(join(tmpdir(), 'rollproof-scenarios-'))
afterAll(() => rmSync(out, { recursive: true, force: true }))

/** Short enough for a test: one restart, fewer users, the same lab. */
const SHORT = [
  ...['--restarts', '1', '--vus', '80', '--duration', '1s'],
  ...['--set', 'rollout.baseline=2s', '--set', 'rollout.settle=2s', '--set', 'rollout.recovery=1s'],
]

interface Expected {
  /** Causes of which at least one must be named; empty = nothing may fail. */
  readonly causes: readonly string[]
  readonly flags?: readonly string[]
}

/**
 * The load balancer's times once more a fraction: it learns within 0.8 s, and checks four times a second. A busy machine must not make
 * healthy targets unhealthy.
 */
const QUICK_ALB = [
  ...['--set', 'lab.alb.timeScale=0.05', '--set', 'lab.replicas=2', '--set', 'lab.app.startup=300ms'],
  ...['--set', 'lab.alb.propagation=10s', '--set', 'lab.alb.jitter=5s', '--set', 'lab.alb.registration=4s'],
  ...['--set', 'lab.alb.healthCheckIntervalSeconds=5', '--set', 'lab.alb.unhealthyThreshold=10'],
]
const QUICK_PRESTOP = ['--set', 'lab.preStopSeconds=3', '--set', 'lab.gracePeriodSeconds=5']

const EXPECTED: Readonly<Record<string, Expected>> = {
  'quickstart.yaml': { causes: ['A1', 'C1', 'A16'] },
  'spring-300.yaml': { causes: ['A1', 'C1', 'A16'] },
  'spring-300-fixed.yaml': { causes: [] },
  'alb.yaml': { causes: ['A1'], flags: ['--set', 'lab.replicas=2', '--set', 'lab.app.startup=300ms'] },
  'surge.yaml': { causes: [], flags: [...QUICK_ALB, ...QUICK_PRESTOP] },
  'surge-1-0.yaml': { causes: [], flags: [...QUICK_ALB, ...QUICK_PRESTOP] },
  'checklist.yaml': { causes: [], flags: [...QUICK_ALB, ...QUICK_PRESTOP] },
  'checklist-bare.yaml': { causes: ['C4', 'A1', 'A16'], flags: ['--set', 'lab.alb.timeScale=0.05'] },
  'post-heavy.yaml': { causes: ['D4', 'A16'] },
  'slow-requests.yaml': { causes: ['A4'], flags: ['--duration', '12s'] },
}

/** Scenarios that compare variants. Five labs at once may hold a user, or the news of an ending pod, up for longer than half a second. */
const STUDIES: Readonly<Record<string, readonly string[]>> = {
  'which-settings.yaml': ['--set', 'lab.app.drain=2s'],
  'alb-settings.yaml': [
    ...['--set', 'lab.replicas=2'],
    ...['--set', 'lab.alb.propagation=10s', '--set', 'lab.alb.jitter=5s'],
  ],
}

test('every shipped scenario is tested here', () => {
  expect([...Object.keys(EXPECTED), ...Object.keys(STUDIES)].sort()).toEqual(readdirSync(scenarios).sort())
})

/** What a machine that is too busy breaks, and nothing else: the load as planned and in time, no stalls, a control that holds. */
const MACHINE_GATES: readonly string[] = ['H2', 'H3', 'H4', 'H5']

/** Failures that a stall of the load generator or a failing control may have made are no proof: where all are, nothing is concluded. */
const disturbedBy = ({ verdict, reasons }: RunReport): object | null =>
  verdict === 'inconclusive' && reasons.some(({ id, holds }) => MACHINE_GATES.includes(id) && holds === false)
    ? { code: 4 }
    : null

test.concurrent.each(Object.entries(EXPECTED))(
  '%s does on the lab what it says',
  async (file, { causes, flags = [] }) => {
    const args = ['run', join(scenarios, file), '--lab', ...SHORT, ...flags, '-o', 'json', '-q', '--out', out]
    const { code, stdout, stderr } = await runCli(args)
    const report = JSON.parse(stdout === '' ? `{"stderr": ${JSON.stringify(stderr)}}` : stdout) as RunReport
    const told = { failures: report.failures, verdict: report.verdict }
    if (causes.length === 0) {
      // A shared machine may make it inconclusive; what it must never do is drop something, or say that it did.
      expect({ ...told, failed: report.requests.failed }).toMatchObject({ failed: 0 })
      expect([0, 4]).toContain(code)
    } else {
      expect({ ...told, code }).toMatchObject(disturbedBy(report) ?? { verdict: 'failed', code: 1 })
      expect(report.requests.failed).toBeGreaterThan(0)
      const named = report.verdict === 'failed' ? causes : [...causes, 'harness']
      expect(
        named.some((cause) => (report.failures.byCause[cause] ?? 0) > 0),
        JSON.stringify(told),
      ).toBe(true)
    }
    expect(report.requests.started).toBe(report.requests.ok + report.requests.failed + report.requests.cut)
    expect(report.rollouts).toHaveLength(1)
  },
)

/** Two of the variants, once each. */
const TASTE = [
  ...['--variant', 'all', '--variant', 'none', '--blocks', '1', '--restarts', '1'],
  ...['--set', 'rollout.baseline=1s', '--set', 'rollout.settle=1s', '--set', 'rollout.recovery=1s'],
]

test.concurrent.each(Object.entries(STUDIES))('%s compares on the lab what it says', async (file, flags) => {
  const { stdout, stderr } = await runCli([
    'run',
    join(scenarios, file),
    '--lab',
    ...TASTE,
    ...flags,
    '-o',
    'json',
    '-q',
    '--out',
    out,
  ])
  const { variants } = JSON.parse(
    stdout === '' ? `{"stderr": ${JSON.stringify(stderr)}}` : stdout,
  ) as Comparison
  const hits = Object.fromEntries(variants.map(({ variant, dropping }) => [variant, dropping?.hit]))
  expect(hits).toEqual({ all: 0, none: expect.any(Number) })
  expect(hits.none).toBeGreaterThan(0)
})
