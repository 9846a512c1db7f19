/*
 * npm run test:cluster: the suites test/conformance (on the lab and on a real cluster) and test/cluster.
 *
 *   ROLLPROOF_KUBE=FOLDER npm run test:cluster       FOLDER has `up`, `in CMD…` and `down`; the cluster is started when
 *                                                    it is not up, and stopped only if it was started here
 *   ROLLPROOF_KUBE=FOLDER ROLLPROOF_API_KILLS=60 npm run test:cluster
 *                                                    kills the API server as often as that after the suites (api-kills.ts)
 *   npm run test:cluster -- --kubeconfig FILE [--image IMAGE] [FILTER…]
 *                                                    an existing local cluster; IMAGE has a shell [busybox:1.36]
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { systemClock as clock } from '../../src/kernel/clock.ts'
import { messageOf } from '../../src/kernel/errors.ts'
import { connectKube } from '../../src/kube/client.ts'
import { KNOWN_DIFFERENCES } from '../conformance/known-differences.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
const CLUSTER_CONFIG = 'test/cluster/vitest.config.ts'

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

const refuse = (text: string): never => {
  process.stderr.write(`${text}\n`)
  process.exit(3)
}

const run = (
  command: readonly string[],
  { env = {}, quiet = false }: { env?: Readonly<Record<string, string>>; quiet?: boolean } = {},
): Promise<number> =>
  new Promise((done) => {
    const [program = '', ...args] = command
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: quiet ? 'ignore' : 'inherit',
    })
    child.once('error', () => done(127))
    child.once('exit', (code) => done(code ?? 1))
  })

interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** Runs vitest, and counts its results by the first two folders of each file. */
const suite = async (
  prefix: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly ok: boolean; readonly counts: ReadonlyMap<string, Counts> }> => {
  const folder = mkdtempSync(join(tmpdir(), 'rollproof-cluster-test-'))
  const outputFile = join(folder, 'results.json')
  const report = ['--reporter=default', '--reporter=json', `--outputFile=${outputFile}`]
  const code = await run([...prefix, process.execPath, VITEST, 'run', ...args, ...report], { env })
  const counts = new Map<string, Counts>()
  const results = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : { testResults: [] }
  for (const { name, assertionResults } of results.testResults) {
    const place = dirname(relative(ROOT, name)).split('/').slice(0, 2).join('/')
    const sum = counts.get(place) ?? { passed: 0, failed: 0, skipped: 0 }
    for (const { status } of assertionResults as readonly { readonly status: string }[])
      sum[status === 'passed' || status === 'failed' ? status : 'skipped'] += 1
    counts.set(place, sum)
  }
  rmSync(folder, { recursive: true, force: true })
  return { ok: code === 0, counts }
}

/** Whether the Deployment that the tests of this folder restart is there. */
const hasDemo = async (kubeconfig: string): Promise<boolean> => {
  const kube = await connectKube({ clock, kubeconfig, context: null, env: process.env }).catch((error) =>
    refuse(`${kubeconfig}: ${messageOf(error)}`),
  )
  const found = await kube.reader.readDeployment('demo', 'demo').catch(() => null)
  await kube.close()
  return found !== null
}

const { values, positionals } = parseArgs({
  options: { kubeconfig: { type: 'string' }, image: { type: 'string' } },
  allowPositionals: true,
})
const folder = process.env.ROLLPROOF_KUBE ?? ''
if (folder === '' && values.kubeconfig === undefined)
  refuse(
    'test:cluster needs a cluster: set ROLLPROOF_KUBE to a folder with up, in and down, or give --kubeconfig FILE',
  )

// Ctrl-C reaches the running suite; what was started here is stopped all the same.
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    interrupted = true
  })

let prefix: readonly string[] = []
let started = false
const env: Record<string, string> = {}
const paths = ['test/conformance', 'test/cluster']
if (values.kubeconfig !== undefined) {
  env.KUBECONFIG = resolve(values.kubeconfig)
  if (!(await hasDemo(env.KUBECONFIG))) {
    paths.pop()
    say('test/cluster is left out: the cluster has no Deployment demo in namespace demo')
  }
} else {
  const tool = (name: string): string => join(folder, name)
  for (const name of ['up', 'in', 'down']) if (!existsSync(tool(name))) refuse(`there is no ${tool(name)}`)
  prefix = [tool('in')]
  env.ROLLPROOF_CONFORMANCE_IMAGE = 'rollproof.local/busybox:1'
  if ((await run([...prefix, 'true'], { quiet: true })) !== 0) {
    started = true
    if ((await run([tool('up')])) !== 0) refuse('the cluster could not be started')
  }
  const kubectl = [...prefix, 'kubectl', '-n', 'demo']
  if ((await run([...kubectl, 'get', 'deployment', 'demo'], { quiet: true })) !== 0)
    await run([...kubectl, 'apply', '-f', tool('manifests/all.yaml')])
  await run([...kubectl, 'rollout', 'status', 'deployment/demo', '--timeout=120s'])
}
if (values.image !== undefined) env.ROLLPROOF_CONFORMANCE_IMAGE = values.image

const lines: string[] = []
let ok = true
const note = (where: string, result: Awaited<ReturnType<typeof suite>>): void => {
  ok &&= result.ok
  for (const [place, { passed, failed, skipped }] of result.counts)
    lines.push(`${place} on the ${where}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
  if (result.counts.size === 0) lines.push(`on the ${where}: no results`)
}
try {
  const wanted = positionals.length > 0 ? positionals : paths
  if (wanted.some((path) => path.startsWith('test/conformance')))
    note('lab', await suite([], ['test/conformance'], { ROLLPROOF_CONFORMANCE: 'lab' }))
  if (!interrupted) note('cluster', await suite(prefix, ['--config', CLUSTER_CONFIG, ...wanted], env))
  if (!interrupted && prefix.length > 0 && process.env.ROLLPROOF_API_KILLS !== undefined) {
    const code = await run([process.execPath, join(ROOT, 'test', 'cluster', 'api-kills.ts')])
    lines.push(`kills of the API server: ${code === 0 ? 'nothing wrong' : `exit code ${code}`}`)
    ok &&= code === 0
  }
} finally {
  if (started) await run([join(folder, 'down')])
}
say(`\n${lines.join('\n')}`)
say(`\n${Object.keys(KNOWN_DIFFERENCES).length} known differences, each asserted on its side (docs/lab.md):`)
for (const [id, { what, cluster, lab }] of Object.entries(KNOWN_DIFFERENCES))
  say(`  ${id}: ${what}: cluster ${JSON.stringify(cluster)}, lab ${JSON.stringify(lab)}`)
process.exitCode = interrupted ? 130 : ok ? 0 : 1
