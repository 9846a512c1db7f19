/*
 * The curve of failures over preStop, and the recommended preStop, against a real cluster.
 *
 *   FOLDER/in node test/cluster/drain.ts FOLDER curve|verify [OUT] [RESTARTS]
 *
 * FOLDER has `in`, `manifests/graceful.yaml` and a running cluster; the demo is put into a namespace of its own, `drain`.
 * `curve`: one run at preStop 10 predicts what runs at 0, 1, 2 and 5 fail. `verify`: `rollproof measure --verify`, then as many restarts with half
 * of what it recommends. Entries of connections to pods that are gone are deleted before each run: new connections that get
 * the same source port would follow them (cause B8). Needs dist/ (npm run build).
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock as clock } from '../../src/kernel/clock.ts'
import type { RunReport } from '../../src/model/finding.ts'
import type { Measurement } from '../../src/model/measurement.ts'
import { compared, comparedText, type MeasuredPoint } from '../support/curve.ts'

const NAMESPACE = 'drain'
const CLUSTER_IP = '10.96.50.97'
const NODES = [1, 2]
/** What still leads to pods that are gone has gone as well by then. */
const QUIET_MS = 10_000

const run = promisify(execFile)
const [folder = '', mode = 'curve', out = mkdtempSync(join(tmpdir(), 'rollproof-drain-')), restarts = '5'] =
  process.argv.slice(2)

/** The graceful demo with this preStop, s; 0 = none. */
const manifestOf = (preStop: number): string =>
  readFileSync(join(folder, 'manifests', 'graceful.yaml'), 'utf8')
    .replaceAll('namespace: demo', `namespace: ${NAMESPACE}`)
    .replace('metadata: {name: demo}\n---', `metadata: {name: ${NAMESPACE}}\n---`)
    .replace('clusterIP: 10.96.50.80', `clusterIP: ${CLUSTER_IP}`)
    .replace('nodePort: 30080', 'nodePort: 30097')
    .replace('host: demo.test', `host: ${NAMESPACE}.test`)
    .replace(
      '          resources:',
      preStop === 0
        ? '          resources:'
        : `          lifecycle: {preStop: {sleep: {seconds: ${preStop}}}}\n          resources:`,
    )

const kubectl = (...args: readonly string[]): Promise<{ stdout: string }> =>
  run('kubectl', ['-n', NAMESPACE, ...args])

const apply = async (preStop: number): Promise<void> => {
  const child = spawn('kubectl', ['apply', '-f', '-'], { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(manifestOf(preStop))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`kubectl apply ended with ${code}`)
  await settle()
}

/** The rollout is over, old pods are gone, and nothing leads to them any more. */
const settle = async (): Promise<void> => {
  await kubectl('rollout', 'status', 'deployment/demo', '--timeout=180s')
  for (;;) {
    const { stdout } = await kubectl('get', 'pods', '-o', 'jsonpath={.items[*].metadata.deletionTimestamp}')
    if (stdout.trim() === '') break
    await clock.sleepMs(500)
  }
  await clock.sleepMs(QUIET_MS)
  for (const node of NODES) {
    const forget = ['--node', `${node}`, 'conntrack', '-D', '-p', 'tcp', '-d', CLUSTER_IP]
    // Exit code 1: there was nothing to delete.
    await run(join(folder, 'in'), forget).catch(() => {})
  }
}

const rollproof = async <T>(...args: readonly string[]): Promise<T> => {
  const shared = [
    ...[
      '--target',
      `http://${CLUSTER_IP}/`,
      '--deployment',
      `${NAMESPACE}/demo`,
      '--yes',
      '-q',
      '-o',
      'json',
    ],
    ...['--rate', '80', '--connections', 'fresh', '--timeout', '5s', '--out', out],
    ...['--set', 'rollout.baseline=3s', '--set', 'rollout.settle=3s', '--set', 'rollout.recovery=2s'],
    ...[
      '--set',
      'limits.scheduleLag=250ms',
      '--set',
      'limits.stall=500ms',
      '--set',
      'limits.lateArrivals=30',
    ],
  ]
  const child = spawn(process.execPath, [process.env.ROLLPROOF_CLI ?? 'dist/cli.mjs', ...args, ...shared], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  await new Promise((resolve) => child.once('close', resolve))
  return JSON.parse(text)
}

const curve = async (): Promise<boolean> => {
  await apply(10)
  const predicted = await rollproof<RunReport>('run', '--restarts', restarts)
  const points = predicted.drain?.curve
  if (points === null || points === undefined) throw new Error('the run gave no curve')
  console.log(
    `one run at preStop 10 s: ${predicted.requests.started} requests, ${predicted.requests.failed} failed, ${points.terminations} terminations, support ${points.support} s`,
  )
  const measured: MeasuredPoint[] = []
  for (const preStopSeconds of [0, 1, 2, 5]) {
    await apply(preStopSeconds)
    const report = await rollproof<RunReport>('run', '--restarts', restarts)
    const { requests, bounds, failures } = report
    measured.push({
      preStopSeconds,
      failed: requests.failed,
      terminations: bounds.terminations,
      byCause: failures.byCause,
    })
  }
  const { requests, bounds, failures } = predicted
  measured.push({
    preStopSeconds: 10,
    failed: requests.failed,
    terminations: bounds.terminations,
    byCause: failures.byCause,
  })
  const all = compared(points, measured)
  console.log(comparedText(all))
  const inside = all.filter((point) => point.inside).length
  console.log(`${inside} of ${all.length} measured points lie inside the 95 % interval`)
  return inside >= 0.9 * all.length
}

const told = ({ preStopSeconds, drain, arithmetic, problems, verification }: Measurement): void => {
  console.log(`recommended: preStop ${preStopSeconds} s; ${drain.n} terminations, longest ${drain.maxMs} ms`)
  for (const sentence of [...arithmetic, ...problems]) console.log(`  ${sentence}`)
  if (verification !== null)
    console.log(
      `  with preStop ${verification.preStopSeconds} s: ${verification.because}; bound ${verification.bound}`,
    )
}

const verify = async (): Promise<boolean> => {
  await apply(0)
  const full = await rollproof<Measurement>(
    'measure',
    '--pre-stop',
    '10s',
    '--restarts',
    restarts,
    '--verify',
  )
  told(full)
  const recommended = full.preStopSeconds ?? 0
  await settle()
  // Half of it: of 1 s nothing is left, and that is no preStop at all.
  const half = Math.floor(recommended / 2)
  const without = half === 0 ? await rollproof<RunReport>('run', '--restarts', '4') : null
  if (without !== null)
    console.log(`without a preStop: ${without.requests.failed} of ${without.requests.started} failed`)
  const halved =
    half === 0
      ? null
      : await rollproof<Measurement>(
          ...['measure', '--pre-stop', '10s', '--restarts', '1'],
          ...['--verify-pre-stop', `${half}s`, '--verify-restarts', '15'],
        )
  if (halved !== null) told(halved)
  const fails = (without?.requests.failed ?? halved?.verification?.failed ?? 0) > 0
  console.log(`${full.verification?.holds === true ? 'yes' : 'NO '}  0 failures in at least 59 terminations`)
  console.log(`${fails ? 'yes' : 'NO '}  half of it fails`)
  return full.verification?.holds === true && fails
}

const ok = mode === 'verify' ? await verify() : await curve()
await run('kubectl', ['delete', 'namespace', NAMESPACE, '--wait=false'])
process.exitCode = ok ? 0 : 1
