/*
 * node test/bench/measure.ts [OUT]: `rollproof measure` against the truth, on the lab. The news of an ending pod takes 0.5 to
 * 5.5 s there (test/bench/curve.yaml). The preStop that comes out must drop nothing in 59 terminations, be at most twice what
 * the news takes at worst, and half of it must drop something. Needs dist/ (npm run build). About ten minutes.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Measurement } from '../../src/model/measurement.ts'

const SCENARIO = fileURLToPath(new URL('curve.yaml', import.meta.url))
/** lab.service: propagation 3 s ± 2.5 s. */
const TRUE_PROPAGATION_S = 5.5

const out = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'rollproof-measure-'))

const measure = async (seed: number, ...more: readonly string[]): Promise<Measurement> => {
  const lab = ['lab.preStop=none', 'lab.preStopSeconds=0', `seed=${seed}`, `lab.seed=${seed}`]
  const args = ['measure', SCENARIO, '--lab', '--pre-stop', '12s', '--out', out, '-o', 'json', '-q', ...more]
  const child = spawn(
    process.execPath,
    [process.env.ROLLPROOF_CLI ?? 'dist/cli.mjs', ...args, ...lab.flatMap((text) => ['--set', text])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  await new Promise((resolve) => child.on('close', resolve))
  return JSON.parse(text)
}

const show = ({ preStopSeconds, drain, arithmetic, verification }: Measurement): void => {
  console.log(
    `recommended: preStop ${preStopSeconds} s; ${drain.n} terminations measured, longest ${drain.maxMs} ms`,
  )
  for (const sentence of arithmetic) console.log(`  ${sentence}`)
  if (verification !== null)
    console.log(
      `  with preStop ${verification.preStopSeconds} s: ${verification.because}; bound ${verification.bound}, other failures ${verification.otherFailures}`,
    )
}

const full = await measure(21, '--restarts', '4', '--verify')
show(full)
const recommended = full.preStopSeconds ?? 0
const half = await measure(
  22,
  ...['--restarts', '1', '--verify-pre-stop', `${Math.floor(recommended / 2)}s`, '--verify-restarts', '4'],
)
show(half)
const checks: readonly (readonly [string, boolean])[] = [
  ['0 failures in at least 59 terminations', full.verification?.holds === true],
  ['half of it fails', half.verification?.holds === false],
  [`at most twice the true propagation of ${TRUE_PROPAGATION_S} s`, recommended <= 2 * TRUE_PROPAGATION_S],
]
for (const [what, holds] of checks) console.log(`${holds ? 'yes' : 'NO '}  ${what}`)
process.exitCode = checks.every(([, holds]) => holds) ? 0 : 1
