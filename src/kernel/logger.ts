type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void

/** Structured log. stderr only; silent in pure parts and per request. pino's own loggers fit. */
export interface Logger {
  debug: Write
  info: Write
  warn: Write
  error: Write
}

const nothing: Write = () => {}
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
