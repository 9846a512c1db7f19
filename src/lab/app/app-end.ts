import { Server as NetServer } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import type { AppSettings } from './app-config.ts'
import type { AppServer } from './app-server.ts'

/** How often Tomcat's graceful shutdown looks whether requests are still active. */
const TOMCAT_STEP_MS = 50
const TOMCAT_MOST_MS = 20_000

export interface AppEndDeps {
  readonly clock: Clock
  readonly settings: AppSettings
  readonly app: AppServer
  /** Blocks the whole process, sockets included. */
  readonly freezeMs: (durationMs: number) => void
  readonly tellListenerClosed: () => void
  readonly exit: (code: number) => void
}

/**
 * What the sample app does at SIGTERM, by its habit:
 * ```
 * graceful        SIGTERM ── drainMs ──► listener and idle connections closed ── in flight ≤ drainTimeoutMs ──► 0
 * close-listener  SIGTERM = listener closed ── in flight ≤ drainTimeoutMs ──► idle connections closed ──► 0
 * tomcat          SIGTERM = listener closed, idle connections served no more ── in flight ≤ 20 s, 50 ms steps ──► 143
 * abrupt          SIGTERM ──► 143
 * ignore          SIGTERM … SIGKILL
 * ```
 */
export const endApp = async (deps: AppEndDeps): Promise<void> => {
  const { clock, app, settings } = deps
  const { connections, server } = app
  const habits = settings.app

  const closeListener = (): void => {
    // http.Server.close would close the idle connections too.
    NetServer.prototype.close.call(server)
    deps.tellListenerClosed()
  }
  const inFlightDone = async (mostMs: number, stepMs: number): Promise<void> => {
    const untilMs = clock.nowMs() + mostMs
    while (connections.inFlight > 0 && clock.nowMs() < untilMs) await clock.sleepMs(stepMs)
  }
  const exit = async (code: number): Promise<void> => {
    if (habits.truncateRatio > 0 && connections.inFlight > 0) await app.cutAnswers(habits.truncateRatio)
    if (habits.exitLingerMs > 0) deps.freezeMs(habits.exitLingerMs)
    deps.exit(code)
  }

  switch (habits.onSigterm) {
    case 'ignore':
      return
    case 'abrupt':
      return exit(143)
    case 'tomcat':
      closeListener()
      app.setClosing()
      app.setDraining()
      connections.stopServing()
      await clock.sleepMs(TOMCAT_STEP_MS)
      await inFlightDone(TOMCAT_MOST_MS, TOMCAT_STEP_MS)
      return exit(143)
    case 'close-listener':
      closeListener()
      app.setDraining()
      await inFlightDone(habits.drainTimeoutMs, 10)
      app.setClosing()
      await connections.closeIdle()
      await inFlightDone(habits.drainTimeoutMs, 10)
      return exit(0)
    case 'graceful':
      app.setDraining()
      if (habits.drainMs > 0) await clock.sleepMs(habits.drainMs)
      closeListener()
      app.setClosing()
      await connections.closeIdle()
      await inFlightDone(habits.drainTimeoutMs, 10)
      return exit(0)
  }
}
