/*
 * node test/bench/curve.ts [OUT]: the curve of failures over preStop against the truth. One run on the lab with a preStop
 * that covers all, whose curve predicts what runs at preStop 0, 1, 2, 5 and 10 will fail; then these runs, and both side
 * by side. Needs dist/ (npm run build). About a quarter of an hour.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunReport } from '../../src/model/finding.ts'
import { compared, comparedText, type MeasuredPoint } from '../support/curve.ts'

const SCENARIO = fileURLToPath(new URL('curve.yaml', import.meta.url))
const LONG = 15
const MEASURED = [0, 1, 2, 5, 10]

const out = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'rollproof-curve-'))

/** One run of the scenario at this preStop; its report. The seed makes each run one of its own. */
const run = async (preStop: number, seed: number): Promise<RunReport> => {
  const dir = join(out, `prestop-${preStop}`)
  mkdirSync(dir, { recursive: true })
  const args = ['run', SCENARIO, '--lab', '--out', dir, '-o', 'json', '-q', '--set', `seed=${seed}`]
  const hook =
    preStop === 0 ? ['lab.preStop=none', 'lab.preStopSeconds=0'] : [`lab.preStopSeconds=${preStop}`]
  const child = spawn(
    process.execPath,
    ['dist/cli.mjs', ...args, ...hook.flatMap((text) => ['--set', text]), '--set', `lab.seed=${seed}`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  await new Promise((resolve) => child.on('close', resolve))
  return JSON.parse(text)
}

const predicted = await run(LONG, 100)
const curve = predicted.drain?.curve
if (curve === null || curve === undefined) throw new Error('the run gave no curve')
console.log(
  `one run at preStop ${LONG} s: ${predicted.requests.started} requests, ${predicted.requests.failed} failed, ` +
    `${curve.terminations} terminations, support ${curve.support} s`,
)
const measured: MeasuredPoint[] = []
for (const [i, preStopSeconds] of MEASURED.entries()) {
  const report = await run(preStopSeconds, 101 + i)
  measured.push({
    preStopSeconds,
    failed: report.requests.failed,
    terminations: report.bounds.terminations,
    byCause: report.failures.byCause,
  })
}
console.log(comparedText(compared(curve, measured)))
const inside = compared(curve, measured).filter((point) => point.inside).length
console.log(`${inside} of ${measured.length} measured points lie inside the 95 % interval`)
