// npm run bench:attribution -- [scenario …]: runs scenarios on the lab with its ground truth, and prints per cause
// whether the correlator named what the lab knows. Needs dist/ (npm run build).
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readBundle } from '../../src/eventlog/bundle-reader.ts'
import type { FailureVerdict } from '../../src/model/finding.ts'
import { attribute, attributionText, readTruth } from '../support/attribution.ts'

const ALL = [
  ['scenarios/quickstart.yaml'],
  ['scenarios/spring-300.yaml', '--duration', '60s', '--restarts', '2'],
  ['scenarios/spring-300.yaml', '--duration', '60s', '--restarts', '2', '--connections', 'fresh'],
  ['scenarios/spring-300.yaml', '--duration', '60s', '--restarts', '2', '--set', 'lab.path=ingress'],
  [
    'scenarios/spring-300.yaml',
    '--duration',
    '60s',
    '--restarts',
    '2',
    '--set',
    'lab.path=ingress',
    '--set',
    'lab.ingress.retry=false',
  ],
  ['scenarios/post-heavy.yaml', '--restarts', '2'],
  ['scenarios/slow-requests.yaml', '--restarts', '2'],
]

const given = process.argv.slice(2)
const runs = given.length > 0 ? [given] : ALL
const sum = { failures: 0, right: 0, hedged: 0, wrong: 0, unnamed: 0, unknown: 0 }

for (const args of runs) {
  const out = mkdtempSync(join(tmpdir(), 'rollproof-attribution-'))
  const truthFile = join(out, 'truth.jsonl')
  const child = spawn(
    process.execPath,
    ['dist/cli.mjs', 'run', ...args, '--lab', '--truth', truthFile, '--out', out, '-o', 'json', '-q'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const code = await new Promise((resolve) => child.on('exit', resolve))
  const name = readdirSync(out).find((entry) => entry !== 'truth.jsonl')
  console.log(`${args.join(' ')} → exit ${code}`)
  if (name === undefined) continue
  const { info } = await readBundle(join(out, name))
  const findings = readFileSync(join(out, name, 'findings.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FailureVerdict)
  const result = attribute(info, findings, readTruth(truthFile))
  console.log(attributionText(result))
  for (const { finding, truth } of result.wrongOnes.slice(0, 5)) {
    console.log(
      `    wrong: request ${finding.requestId} ${finding.kind} named ${finding.cause}, truth ${truth.cause}: ${truth.mechanism}`,
    )
  }
  for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += result[key]
}
console.log(
  `all: ${sum.failures} failures, ${sum.right} right, ${sum.hedged} ambiguous with the truth among the candidates, ${sum.wrong} wrong, ${sum.unnamed} unnamed, ${sum.unknown} not in the truth file`,
)
