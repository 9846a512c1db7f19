import { expect, test } from 'vitest'
import { WIRE_FAULTS } from '../../../src/engine/self-test/faults.ts'
import { runOracle } from '../../support/engine-oracle.ts'

const FULL = process.env.ROLLPROOF_FULL_FAULTS === '1'
const perFault = FULL ? 200 : 10
const good = FULL ? 100_000 : 5_000
const size = FULL ? 'full size' : 'shortened: set ROLLPROOF_FULL_FAULTS=1 for × 200 with 100,000 good answers'

test(`24 wire faults × ${perFault} among ${good} good answers: none missed, none invented, each of its kind (${size})`, async () => {
  const report = await runOracle({ perFault, good, vus: 50, seed: 7, slowMs: 2_500 })
  if (FULL) console.log(JSON.stringify(report, null, 1))
  expect(report.missed).toEqual([])
  expect(report.falseFailures).toEqual([])
  expect(report.repeated).toEqual([])
  expect(report.injected).toEqual(Object.fromEntries(WIRE_FAULTS.map(({ name }) => [name, perFault])))
  expect(report.good).toBeGreaterThanOrEqual(good - 2 * perFault)
  expect(report.started).toBe(good + WIRE_FAULTS.length * perFault)
}, 600_000)
