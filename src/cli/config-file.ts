import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import { nearest } from '../scenario/suggest.ts'
import { readYaml } from '../scenario/yaml-source.ts'
import type { Flags } from './command.ts'

export const CONFIG_FILE = 'rollproof.yaml'

/**
 * Flag defaults of the folder: `rollproof.yaml`, a map from flag names to values, such as `vus: 50`. An empty map when
 * there is none. Throws SCENARIO_INVALID for text that is no such map or names no flag of any command,
 * SCENARIO_UNREADABLE when it cannot be read.
 */
export const readConfigFile = async (cwd: string, known: readonly string[]): Promise<Flags> => {
  const path = join(cwd, CONFIG_FILE)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw new HarnessError('SCENARIO_UNREADABLE', `cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    })
  })
  if (text.trim() === '') return {}
  const { source, syntax } = readYaml(text)
  const problems = syntax.map(
    ({ position, message }) => `${CONFIG_FILE}:${position.line}:${position.column}: ${message}`,
  )
  const value = source?.value ?? {}
  if (typeof value !== 'object' || Array.isArray(value))
    problems.push(`${CONFIG_FILE}:1:1: expected a map of flags, such as vus: 50`)
  else {
    for (const name of Object.keys(value).filter((key) => !known.includes(key))) {
      const { line, column } = source?.locate({ path: [name], at: 'key', message: '', hint: null }) ?? {
        line: 1,
        column: 1,
      }
      const near = nearest(name, known)
      problems.push(
        `${CONFIG_FILE}:${line}:${column}: no flag is called ${name}${near === null ? '' : `; did you mean ${near}?`}`,
      )
    }
  }
  if (problems.length === 0) return value as Flags
  throw new HarnessError('SCENARIO_INVALID', problems.join('\n'), {
    hint: 'rollproof.yaml holds flag defaults: `vus: 50`, `context: staging`',
  })
}
