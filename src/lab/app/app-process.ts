// As a namespace: older versions of Node, which only start a newer one, have no flushCompileCache to import.
import * as nodeModule from 'node:module'
import { monotonicUs, systemClock } from '../../kernel/clock.ts'
import { seededRandom } from '../../kernel/random.ts'
import { noTruthLog, openTruthLog } from '../truth/truth-log.ts'
import { readAppSettings } from './app-config.ts'
import { endApp } from './app-end.ts'
import { createAppServer } from './app-server.ts'
import { openConnectionTable } from './connection-table.ts'

// The sample app of the lab: one process per pod. Its life is told to the lab over the IPC channel.
const { settings, problems } = readAppSettings(process.env)
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`)
  process.exit(2)
}

const tell = (type: string): void => {
  if (process.connected) process.send?.({ type, atUs: monotonicUs() })
}
// A lab that is gone, even one that was killed, takes its pods with it. What the terminal sends is for the lab.
process.on('disconnect', () => process.exit(137))
process.on('SIGINT', () => {})

const clock = systemClock
const app = createAppServer({
  http: process.getBuiltinModule('node:http'),
  clock,
  random: seededRandom(settings.seed).fork(settings.podName),
  settings,
  table: settings.connectionTable === null ? null : openConnectionTable(settings.connectionTable),
  truth: settings.truthFile === null ? noTruthLog : openTruthLog(settings.truthFile),
})

let ended = false
process.on('SIGTERM', () => {
  if (ended) return
  ended = true
  tell('sigterm')
  const freezeMs = (durationMs: number): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs)
  }
  const tellListenerClosed = (): void => tell('listener-closed')
  endApp({ clock, settings, app, freezeMs, tellListenerClosed, exit: (code) => process.exit(code) }).catch(
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})

await clock.sleepMs(settings.app.startupMs)
app.server.on('error', (error) => {
  process.stderr.write(`cannot listen on ${settings.host}:${settings.port}: ${error.message}\n`)
  process.exit(1)
})
if (!ended)
  app.server.listen({ host: settings.host, port: settings.port, backlog: 511 }, () => {
    tell('listening')
    // The next pod starts sooner.
    if (settings.restartCount === 0) clock.after(500, nodeModule.flushCompileCache)
    clock.after(settings.app.readyMs, app.setReady)
    const { crashAfterMs } = settings.app
    if (crashAfterMs !== null && settings.restartCount === 0) clock.after(crashAfterMs, () => process.exit(1))
  })
