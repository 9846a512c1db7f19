import { parseDurationMs } from '../../kernel/units.ts'
import type { ContainerSpec } from '../../model/surroundings.ts'

/** A time that an app's own configuration names: where it stands, and s. */
export interface NamedTime {
  /** `DRAIN_TIMEOUT=20s`, `--graceful-timeout 30`. */
  readonly source: string
  readonly seconds: number
}

interface Names {
  readonly variables: readonly string[]
  readonly flags: readonly string[]
}

/** How long requests in flight may go on after SIGTERM. */
const DRAIN: Names = {
  variables: [
    'DRAIN_TIMEOUT',
    'SHUTDOWN_TIMEOUT',
    'GRACEFUL_TIMEOUT',
    'GRACEFUL_SHUTDOWN_TIMEOUT',
    // Spring Boot, "Graceful Shutdown".
    'SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE',
    // .NET Generic Host, ShutdownTimeout.
    'DOTNET_SHUTDOWNTIMEOUTSECONDS',
    'ASPNETCORE_SHUTDOWNTIMEOUTSECONDS',
  ],
  // gunicorn; uvicorn.
  flags: ['--graceful-timeout', '--timeout-graceful-shutdown'],
}

/** How long the app goes on accepting after SIGTERM. */
const DELAY: Names = {
  variables: ['DRAIN_DELAY', 'SHUTDOWN_DELAY', 'SHUTDOWN_DELAY_SECONDS', 'TERMINATION_DELAY'],
  flags: ['--shutdown-delay-duration'],
}

/** How long the server leaves a connection idle. */
const KEEP_ALIVE: Names = {
  variables: [
    'KEEPALIVE',
    'KEEP_ALIVE',
    'KEEPALIVE_TIMEOUT',
    'KEEP_ALIVE_TIMEOUT',
    'HTTP_KEEPALIVE_TIMEOUT',
    'HTTP_KEEP_ALIVE_TIMEOUT',
    'SERVER_KEEPALIVE_TIMEOUT',
    'SERVER_KEEP_ALIVE_TIMEOUT',
    // Spring Boot with Tomcat.
    'SERVER_TOMCAT_KEEP_ALIVE_TIMEOUT',
  ],
  // gunicorn; uvicorn.
  flags: ['--keep-alive', '--timeout-keep-alive'],
}

/** A bare number of 1,000 and more is ms: as s it would be no time that anybody sets. */
const secondsOf = (text: string, name: string): number | null => {
  const bare = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : null
  if (bare !== null) return /_MS$|MILLIS/i.test(name) || bare >= 1000 ? bare / 1000 : bare
  const ms = parseDurationMs(text.trim())
  return ms === null ? null : ms / 1000
}

const inEnvironment = ({ timings }: ContainerSpec, { variables }: Names): NamedTime | null => {
  for (const [name, value] of Object.entries(timings)) {
    const known = variables.includes(name.replace(/_(MS|MILLIS|SECONDS)$/i, '')) || variables.includes(name)
    const seconds = known && value !== undefined ? secondsOf(value, name) : null
    if (seconds !== null) return { source: `${name}=${value}`, seconds }
  }
  return null
}

const inCommand = ({ command, args }: ContainerSpec, { flags }: Names): NamedTime | null => {
  const words = [...command, ...args].flatMap((word) => word.split(/\s+/))
  for (const [at, word] of words.entries()) {
    const [name = '', inline] = word.split('=')
    const value = inline ?? words[at + 1]
    if (!flags.includes(name) || value === undefined) continue
    const seconds = secondsOf(value, name)
    if (seconds !== null) return { source: `${name} ${value}`, seconds }
  }
  return null
}

const find = (container: ContainerSpec, names: Names): NamedTime | null =>
  inEnvironment(container, names) ?? inCommand(container, names)

export const drainTimeOf = (container: ContainerSpec): NamedTime | null => find(container, DRAIN)
export const shutdownDelayOf = (container: ContainerSpec): NamedTime | null => find(container, DELAY)
export const keepAliveOf = (container: ContainerSpec): NamedTime | null => find(container, KEEP_ALIVE)
