// node test/bench/attribution-grid.ts DIR [PATTERN [SEED]]: runs the grid of test/support/attribution-grid.ts on the lab with
// its ground truth (those runs whose name has PATTERN in it), keeps bundles and truths in DIR, and prints per path what
// the correlator of this tree names. Runs that DIR holds already are judged anew, not run again. Needs dist/.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { correlate } from '../../src/correlator/correlate.ts'
import { readBundle } from '../../src/eventlog/bundle-reader.ts'
import { type Attribution, attribute, merged, readTruth, scoresText } from '../support/attribution.ts'
import { GRID, type GridRun } from '../support/attribution-grid.ts'

const [dir, pattern = '', seed = '1'] = process.argv.slice(2)
if (dir === undefined) throw new Error('usage: node test/bench/attribution-grid.ts DIR [PATTERN [SEED]]')

const bundleIn = (folder: string): string | undefined =>
  existsSync(folder)
    ? readdirSync(folder).find((entry) => existsSync(join(folder, entry, 'findings.jsonl')))
    : undefined

/** Runs it, unless its bundle is there; `null` = it came to no bundle. */
const bundleOf = async ({ name, set }: GridRun): Promise<string | null> => {
  const folder = join(dir, name.replaceAll(' ', '_'))
  if (bundleIn(folder) === undefined) {
    mkdirSync(folder, { recursive: true })
    const settings = Object.entries({ ...set, 'lab.seed': seed }).flatMap(([key, value]) => [
      '--set',
      `${key}=${value}`,
    ])
    const files = ['--truth', join(folder, 'truth.jsonl'), '--out', folder]
    const args = ['run', 'test/bench/attribution-grid.yaml', '--lab', ...files, ...settings]
    const child = spawn(process.execPath, ['dist/cli.mjs', ...args, '-o', 'json', '-q'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    await new Promise((resolve) => child.on('exit', resolve))
  }
  const found = bundleIn(folder)
  return found === undefined ? null : join(folder, found)
}

const byPath = new Map<string, Attribution[]>()
for (const run of GRID.filter(({ name }) => name.includes(pattern))) {
  const bundle = await bundleOf(run)
  if (bundle === null) {
    console.log(`${run.name}: no bundle`)
    continue
  }
  const input = await readBundle(bundle)
  const result = attribute(
    input.info,
    correlate(input).findings,
    readTruth(join(bundle, '..', 'truth.jsonl')),
  )
  const [path = ''] = run.name.split(' ')
  byPath.set(path, [...(byPath.get(path) ?? []), result])
  const { failures, right, hedged, wrong, unnamed, unknown } = result
  console.log(
    `${run.name}: ${failures} failures, ${right} right, ${hedged} ambiguous with the truth, ${wrong} wrong, ${unnamed} unnamed, ${unknown} not in the truth file`,
  )
  for (const { finding, truth } of result.wrongOnes)
    console.log(
      `    wrong: request ${finding.requestId} ${finding.status ?? finding.kind} at ${finding.startedAtMs.toFixed(0)} for ${(finding.endedAtMs - finding.startedAtMs).toFixed(0)} ms, pod ${finding.pod}: named ${finding.cause}, truth ${truth.cause}: ${truth.mechanism} (${truth.pod})`,
    )
}
for (const [path, results] of byPath) console.log(`\n${path}\n${scoresText(merged(results))}`)
