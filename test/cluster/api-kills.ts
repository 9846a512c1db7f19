/*
 * The API server of a real cluster, killed and started again in mid-rollout, many times: no verdict may be wrong.
 *
 *   ROLLPROOF_KUBE=FOLDER node test/cluster/api-kills.ts [--kills 60] [--seed 1] [--cli dist/cli.mjs] [--out DIR] [--keep]
 *
 * FOLDER has `up`, `in CMD…`, `restart kube-apiserver SECONDS` and `manifests/`; the cluster must be up, and nobody else
 * may need its API server meanwhile. `ROLLPROOF_API_KILLS=60 npm run test:cluster` runs this after the other suites.
 *
 * Each round runs `rollproof run` twice at the same time, on an application that drops nothing (`all`) and on one that
 * drops for certain (`bare`), two pods and one restart each. The moments of its kills (five at most) come from the seed
 * (api-kills/plan.ts). A kill counts once, when at least one of the two runs was watching; the next of a round comes only
 * after the timed run sees again. A witness (api-kills/witness.ts) asks both applications all the while: it knows what was
 * really dropped. What is held against each run: api-kills/judge.ts.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { systemClock as clock } from '../../src/kernel/clock.ts'
import type { RunEvent } from '../../src/model/events.ts'
import {
  applyApp,
  generationOf,
  killApiServer,
  learnControllers,
  PLACES,
  roundRandom,
  settle,
} from './api-kills/cluster.ts'
import { type Judged, judgeRun, type Outage } from './api-kills/judge.ts'
import { APPS, type App, type Kill, planRound, RECOVERY_MS, SETTLE_MS } from './api-kills/plan.ts'
import { factsOf, placeAt, type RunFacts, readFacts } from './api-kills/run-facts.ts'
import { startWitness } from './api-kills/witness.ts'

const LOOK_EVERY_MS = 50
/** Kills in a round. */
const MOST = 5
const INSIDE = 'ROLLPROOF_API_KILLS_INSIDE'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: process.env.ROLLPROOF_API_KILLS ?? '60' },
    seed: { type: 'string', default: '1' },
    cli: { type: 'string', default: fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url)) },
    out: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const folder = process.env.ROLLPROOF_KUBE ?? ''
if (folder === '') {
  process.stderr.write('api-kills needs ROLLPROOF_KUBE, a folder with up, in, restart and manifests\n')
  process.exit(3)
}
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

interface Started {
  readonly folder: string
  readonly ended: Promise<number | null>
  isOver(): boolean
}

const urlOf = (app: App): string => `http://${PLACES[app].clusterIp}/`

const startRun = (app: App, out: string, baselineMs: number): Started => {
  mkdirSync(out, { recursive: true })
  const { namespace } = PLACES[app]
  const sets = [
    `rollout.baseline=${baselineMs}ms`,
    `rollout.settle=${SETTLE_MS}ms`,
    `rollout.recovery=${RECOVERY_MS}ms`,
    'limits.scheduleLag=100ms',
    'limits.lateArrivals=20',
  ]
  const load = ['--target', urlOf(app), '--vus', '20', '--pace', '500ms', '--timeout', '5s']
  const target = ['--deployment', `${namespace}/demo`, '--restarts', '1', '--yes']
  const args = [
    'run',
    ...load,
    ...target,
    ...sets.flatMap((set) => ['--set', set]),
    '--out',
    join(out, 'bundle'),
  ]
  const log = openSync(join(out, 'log'), 'w')
  const child = spawn(process.execPath, [values.cli, ...args], { stdio: ['ignore', log, log] })
  let over = false
  const ended = new Promise<number | null>((done) => {
    child.once('close', (code) => {
      over = true
      done(code)
    })
  })
  return { folder: join(out, 'bundle'), ended, isOver: () => over }
}

const opens = (kill: Kill): ((fact: RunEvent) => boolean) => {
  switch (kill.moment) {
    case 'rolling':
      return ({ type }) => type === 'rollout.acknowledged'
    case 'old-pods':
      return ({ type }) => type === 'rollout.completed'
    case 'patch':
      return (fact) => fact.type === 'phase.entered' && fact.phase === 'baseline'
    default:
      return (fact) => fact.type === 'phase.entered' && fact.phase === kill.moment
  }
}

/** Waits until `find` has an answer; `null` when the run is over before. */
const follow = async <T>(run: Started, find: (facts: RunFacts) => T | null): Promise<T | null> => {
  for (;;) {
    const over = run.isOver()
    const facts = readFacts(run.folder)
    const found = facts === null ? null : find(facts)
    if (found !== null || over) return found
    await clock.sleepMs(LOOK_EVERY_MS)
  }
}

/** Waits for the moment of a kill in Unix ms; `null` = the run did not come there. */
const dueAt = (run: Started, kill: Kill, baselineMs: number): Promise<number | null> =>
  follow(run, (seen) => {
    const fact = seen.facts.find(opens(kill))
    const offsetMs = kill.moment === 'patch' ? baselineMs : 0
    return fact === undefined ? null : seen.startedAtMs + fact.atMs + offsetMs + kill.delayMs
  })

/** Until the watch of pods is open again, or the run has ended. */
const seesAgain = (run: Started, outage: Outage): Promise<true | null> =>
  follow(run, (seen) =>
    factsOf(seen, 'watch.opened').some(
      ({ resource, atMs }) => resource === 'pods' && seen.startedAtMs + atMs > outage.downAtMs,
    )
      ? true
      : null,
  )

interface Row {
  readonly round: number
  readonly app: App
  readonly moment: string
  readonly downMs: number
  readonly outageMs: number
  readonly at: Readonly<
    Record<
      App,
      {
        readonly sinceStartMs: number
        readonly place: string | null
        readonly gaps: Judged['hits'][number]['gaps']
      }
    >
  >
  readonly verdicts: Readonly<Record<App, string>>
}

const rows: Row[] = []
const wrongs: string[] = []
const verdicts: Record<string, number> = {}

const main = async (): Promise<void> => {
  const wanted = Number(values.kills)
  const seed = Number(values.seed)
  const out = resolve(values.out ?? mkdtempSync(join(tmpdir(), 'rollproof-api-kills-')))
  mkdirSync(out, { recursive: true })
  const server = await apiServer()
  learnControllers()
  for (const app of APPS) await applyApp(folder, app)
  say(`${wanted} kills of ${server}, seed ${seed}, bundles in ${out}`)
  for (let index = 0; rows.length < wanted; index++) {
    const plan = planRound(index, Math.min(MOST, wanted - rows.length), roundRandom(seed, index))
    await settle(folder)
    const before = { all: await generationOf('all'), bare: await generationOf('bare') }
    const place = join(out, `round-${String(index + 1).padStart(2, '0')}`)
    const runs = {
      all: startRun('all', join(place, 'all'), plan.baselineMs.all),
      bare: startRun('bare', join(place, 'bare'), plan.baselineMs.bare),
    }
    const timed = runs[plan.app]
    const witnesses = { all: startWitness(urlOf('all')), bare: startWitness(urlOf('bare')) }
    const done: { readonly kill: Kill; readonly outage: Outage }[] = []
    for (const kill of plan.kills) {
      const due = await dueAt(timed, kill, plan.baselineMs[plan.app])
      if (due === null || timed.isOver()) break
      await clock.sleepMs(Math.max(0, due - Date.now()))
      const outage = await killApiServer(folder, server, kill.downMs)
      done.push({ kill, outage })
      if ((await seesAgain(timed, outage)) === null) break
    }
    const codes = { all: await runs.all.ended, bare: await runs.bare.ended }
    await Promise.all(APPS.map((app) => witnesses[app].stop()))
    await settle(folder)
    const outages = done.map(({ outage }) => outage)
    const judged = Object.fromEntries(
      await Promise.all(
        APPS.map(async (app) => {
          const facts = readFacts(runs[app].folder)
          if (facts === null || placesNone(facts)) {
            wrongs.push(`round ${index + 1}, ${app}: no bundle, exit code ${codes[app]}`)
            return [app, null]
          }
          const report = JSON.parse(readFileSync(join(facts.dir, 'report.json'), 'utf8'))
          const restarts = (await generationOf(app)) - before[app]
          const result = judgeRun(facts, report, {
            app,
            outages,
            restarts,
            dropped: witnesses[app].dropped,
          })
          if (codes[app] !== report.exitCode)
            wrongs.push(`round ${index + 1}, ${app}: exit code ${codes[app]}`)
          wrongs.push(...result.wrong.map((what) => `round ${index + 1}, ${app}: ${what}`))
          const key = `${app} ${result.verdict}`
          verdicts[key] = (verdicts[key] ?? 0) + 1
          return [app, { result, facts }]
        }),
      ),
    ) as Record<App, { readonly result: Judged; readonly facts: RunFacts } | null>
    for (const [nth, { kill, outage }] of done.entries()) {
      const at = (app: App) => {
        const one = judged[app]
        const hit = one?.result.hits[nth]
        return {
          sinceStartMs: Math.round(outage.downAtMs - (one?.facts.startedAtMs ?? Number.NaN)),
          place: hit?.place ?? null,
          gaps: hit?.gaps ?? {},
        }
      }
      const row: Row = {
        round: index + 1,
        app: plan.app,
        moment: kill.moment,
        downMs: kill.downMs,
        outageMs: outage.upAtMs - outage.downAtMs,
        at: { all: at('all'), bare: at('bare') },
        verdicts: {
          all: judged.all?.result.verdict ?? 'none',
          bare: judged.bare?.result.verdict ?? 'none',
        },
      }
      if (row.at.all.place === null && row.at.bare.place === null) continue
      rows.push(row)
      say(lineOf(rows.length, row))
    }
    for (const app of APPS) {
      const reasons = judged[app]?.result
      say(
        `     round ${index + 1} ${app}: ${reasons?.verdict}, ${reasons?.failed} failed, ${reasons?.dropped} of ${witnesses[app].sent} of the witness; ${reasons?.reasons.join(' | ')}`,
      )
    }
    writeFileSync(join(out, 'kills.json'), JSON.stringify({ seed, rows, wrongs, verdicts }, null, 1))
  }
  say(
    `\n${rows.length} kills; ${Object.entries(verdicts)
      .map(([key, n]) => `${n} × ${key}`)
      .join(', ')}`,
  )
  say(`${wrongs.length} wrong${wrongs.length === 0 ? '' : `:\n  ${wrongs.join('\n  ')}`}`)
  if (!values.keep && values.out === undefined && wrongs.length === 0)
    rmSync(out, { recursive: true, force: true })
  process.exitCode = wrongs.length === 0 ? 0 : 1
}

const placesNone = (facts: RunFacts): boolean =>
  placeAt(facts, Number.POSITIVE_INFINITY) === null && facts.facts.length === 0

const apiServer = async (): Promise<string> => {
  const { connectKube } = await import('../../src/kube/client.ts')
  const kube = await connectKube({ clock, kubeconfig: null, context: null, env: process.env })
  await kube.close()
  return kube.server
}

/** Number of the kill, outage, then for each app: when in the run, where, its gaps, the verdict. */
const lineOf = (nth: number, row: Row): string => {
  const side = (app: App): string => {
    const { sinceStartMs, place, gaps } = row.at[app]
    const lengths = Object.values(gaps)
    const longest = lengths.includes(null)
      ? 'to the end'
      : `${Math.max(0, ...lengths.map((ms) => ms ?? 0))} ms`
    const seen = place === null ? 'not watching' : `${place}, ${lengths.length} gaps, longest ${longest}`
    return `${app} ${(sinceStartMs / 1000).toFixed(1)} s: ${seen}: ${row.verdicts[app]}`
  }
  return `${String(nth).padStart(3)}  out ${(row.outageMs / 1000).toFixed(1)} s  ${side('all')}  |  ${side('bare')}`
}

if (process.env[INSIDE] === undefined) {
  const child = spawn(join(folder, 'in'), [process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  })
  child.once('close', (code) => {
    process.exitCode = code ?? 1
  })
} else {
  await main()
}
