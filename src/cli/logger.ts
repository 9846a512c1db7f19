import pino from 'pino'
import pretty from 'pino-pretty'
import type { Logger } from '../kernel/logger.ts'
import { redactText } from '../kernel/redact.ts'
import type { Host } from './host.ts'

/** Logs go to stderr: readable on a terminal, JSON Lines elsewhere. `--verbose` shows what happens, `--quiet` errors only. */
export const createLogger = (host: Host, level: 'debug' | 'warn' | 'error'): Logger => {
  const destination = host.stderr.isTTY
    ? pretty({
        destination: host.stderr.stream,
        colorize: true,
        ignore: 'pid,hostname',
        translateTime: 'SYS:HH:MM:ss.l',
      })
    : host.stderr.stream
  return pino(
    {
      level,
      base: null,
      redact: ['*.authorization', '*.cookie', '*.token'],
      hooks: { streamWrite: redactText },
    },
    destination,
  )
}
