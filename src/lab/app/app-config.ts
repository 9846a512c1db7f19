import { parseDurationMs } from '../../kernel/units.ts'
import type { LabAppConfig, OnSigterm } from '../lab-config.ts'

/** What the sample app's process reads from its environment. */
export interface AppSettings {
  readonly host: string
  readonly port: number
  readonly podName: string
  readonly version: string
  readonly app: Required<Omit<LabAppConfig, 'command'>>
  /** Table of open connections, read by the lab after the process ended; `null` = not kept. */
  readonly connectionTable: string | null
  /** The lab's truth log, to append to; `null` = not kept. */
  readonly truthFile: string | null
  /** Requests from here came through a proxy, whose process tells of them. */
  readonly proxyAddresses: readonly string[]
  readonly restartCount: number
  readonly seed: number
}

type Environment = Readonly<Record<string, string | undefined>>

const HABITS: readonly OnSigterm[] = ['graceful', 'abrupt', 'ignore', 'close-listener', 'tomcat']

/** The habits as environment variables of the pod template: `kubectl set env deploy/web ON_SIGTERM=abrupt` works. */
export const appEnvironment = (app: LabAppConfig): Readonly<Record<string, string>> => ({
  STARTUP_DELAY: `${app.startupMs}ms`,
  READY_DELAY: `${app.readyMs}ms`,
  WORK: `${app.workMs}ms`,
  JITTER: `${app.jitterMs}ms`,
  ON_SIGTERM: app.onSigterm,
  DRAIN_DELAY: `${app.drainMs}ms`,
  DRAIN_TIMEOUT: `${app.drainTimeoutMs}ms`,
  DRAIN_CLOSE: app.drainClose ? 'on' : 'off',
  DRAIN_503: app.drain503 ? 'on' : 'off',
  KEEPALIVE_TIMEOUT: `${app.keepAliveMs}ms`,
  TRUNCATE_RATIO: String(app.truncateRatio),
  CLOSE_RACE: `${app.closeRaceMs ?? 5}ms`,
  EXIT_LINGER: `${app.exitLingerMs ?? 0}ms`,
  ...(app.crashAfterMs == null ? {} : { CRASH_AFTER: `${app.crashAfterMs}ms` }),
})

/** Reads the environment; the problems of all variables that make no sense come back as text. */
export const readAppSettings = (env: Environment): { settings: AppSettings; problems: readonly string[] } => {
  const problems: string[] = []
  const duration = (name: string, fallbackMs: number): number => {
    const text = env[name]
    if (text === undefined || text === '') return fallbackMs
    const ms = parseDurationMs(text)
    if (ms === null) problems.push(`${name}: ${text} is no duration`)
    return ms ?? fallbackMs
  }
  const number = (name: string, fallback: number): number => {
    const value = Number(env[name] ?? fallback)
    if (Number.isFinite(value)) return value
    problems.push(`${name}: ${env[name]} is no number`)
    return fallback
  }
  const on = (name: string): boolean => ['on', 'true', '1'].includes(env[name] ?? '')
  const habit = env.ON_SIGTERM ?? 'graceful'
  const onSigterm = HABITS.find((known) => known === habit)
  if (onSigterm === undefined) problems.push(`ON_SIGTERM: want ${HABITS.join(' | ')}, have ${habit}`)
  const settings: AppSettings = {
    host: env.HOST ?? '127.0.0.1',
    port: number('PORT', 8080),
    podName: env.POD_NAME ?? 'app',
    version: env.VERSION ?? '1',
    app: {
      startupMs: duration('STARTUP_DELAY', 0),
      readyMs: duration('READY_DELAY', 0),
      workMs: duration('WORK', 0),
      jitterMs: duration('JITTER', 0),
      onSigterm: onSigterm ?? 'graceful',
      drainMs: duration('DRAIN_DELAY', 0),
      drainTimeoutMs: duration('DRAIN_TIMEOUT', 20_000),
      drainClose: on('DRAIN_CLOSE'),
      drain503: on('DRAIN_503'),
      keepAliveMs: duration('KEEPALIVE_TIMEOUT', 75_000),
      truncateRatio: number('TRUNCATE_RATIO', 0),
      closeRaceMs: duration('CLOSE_RACE', 5),
      exitLingerMs: duration('EXIT_LINGER', 0),
      crashAfterMs: env.CRASH_AFTER === undefined ? null : duration('CRASH_AFTER', 0),
    },
    connectionTable: env.ROLLPROOF_LAB_TABLE ?? null,
    truthFile: env.ROLLPROOF_LAB_TRUTH ?? null,
    proxyAddresses: (env.ROLLPROOF_LAB_PROXIES ?? '').split(','),
    restartCount: number('RESTART_COUNT', 0),
    seed: number('SEED', 1),
  }
  return { settings, problems }
}
