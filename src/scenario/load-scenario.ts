import { open } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import type { Scenario } from '../model/scenario.ts'
import { type FlagValues, flagOf, overlayFlags, underlayFlags } from './from-flags.ts'
import { type ParseOptions, parseScenario } from './parse-scenario.ts'
import { type Problem, pathText, problemText } from './problem.ts'
import { printable } from './shown.ts'
import { nearest } from './suggest.ts'
import { type Position, readYaml, YAML_LIMITS, type YamlRead } from './yaml-source.ts'

/** One line for the user: where, what, and what to do. */
export interface LocatedProblem {
  /** `spring.yaml:4:9`, `--vus`, or '' when nothing can be pointed at. */
  readonly where: string
  readonly text: string
}

export interface CheckedScenario {
  /** `null` when there are problems. */
  readonly scenario: Scenario | null
  readonly problems: readonly LocatedProblem[]
}

/** As {@link ParseOptions}, without what the flags or the file's name say. */
export interface LoadOptions extends ParseOptions {
  /** Flag values of rollproof.yaml: they count where neither the scenario nor a flag says anything. */
  readonly defaults?: FlagValues
}

/** Where rollproof.yaml's own problems are. */
const DEFAULTS_FILE = 'rollproof.yaml'

const SHOWN_PROBLEMS = 50

/**
 * Reads a scenario file with flags laid over it, or flags alone when `path` is null.
 * Throws SCENARIO_UNREADABLE (missing, a folder, too large, not UTF-8 text) and SCENARIO_INVALID, whose message has
 * one line `file:line:col: …` or `--flag: …` for every problem; USAGE when there is no file to blame.
 */
export const loadScenario = async (
  path: string | null,
  flags: FlagValues,
  options: LoadOptions,
): Promise<Scenario> => {
  const { scenario, problems } = await checkScenarioFile(path, flags, options)
  if (scenario !== null) return scenario
  const lines = problems
    .slice(0, SHOWN_PROBLEMS)
    .map(({ where, text }) => (where === '' ? text : `${where}: ${text}`))
  if (problems.length > SHOWN_PROBLEMS) lines.push(`and ${problems.length - SHOWN_PROBLEMS} more`)
  const what = path === null ? 'the flags' : printable(path, 200)
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw new HarnessError(
    path === null ? 'USAGE' : 'SCENARIO_INVALID',
    `${what}: ${count}\n${lines.join('\n')}`,
    {
      hint:
        path === null
          ? `see rollproof ${options.command} --help, or docs/scenario.md for all keys`
          : 'docs/scenario.md explains every key; `rollproof schema` prints the JSON Schema for editors',
    },
  )
}

/** The same without throwing SCENARIO_INVALID: what `rollproof validate` shows. Throws SCENARIO_UNREADABLE. */
export const checkScenarioFile = async (
  path: string | null,
  flags: FlagValues,
  options: LoadOptions,
): Promise<CheckedScenario> => {
  const file = path === null ? null : { path, yaml: readYaml(await readText(path)) }
  const syntax = file === null ? [] : syntaxProblems(file.path, file.yaml)
  if (file !== null && file.yaml.source === null) return { scenario: null, problems: syntax }
  const base =
    options.defaults === undefined ? null : underlayFlags(file?.yaml.source?.value, options.defaults)
  const overlaid = overlayFlags(base === null ? file?.yaml.source?.value : base.raw, flags)
  const flagProblems = [
    ...(base?.problems ?? []).map(({ flag, message }) => ({
      where: DEFAULTS_FILE,
      text: `${flag}: ${message}`,
    })),
    ...overlaid.problems.map(({ flag, message }) => ({ where: flag, text: message })),
  ]
  const originOf = (found: Problem): string | null =>
    flagOf(overlaid.overrides, found.path) ??
    (base !== null &&
    !isIn(file?.yaml.source?.value, found.path) &&
    flagOf(base.overrides, found.path) !== null
      ? DEFAULTS_FILE
      : null)
  const namespace = typeof flags.namespace === 'string' ? flags.namespace : options.namespace
  const name = path === null ? options.name : nameOfFile(path)
  const result = parseScenario(overlaid.raw, {
    command: options.command,
    lab: options.lab,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  })
  if (result.ok && syntax.length === 0 && flagProblems.length === 0)
    return { scenario: result.scenario, problems: [] }
  const found = result.ok ? [] : locateAll(result.problems, file, originOf)
  const told = new Set(syntax.map(({ where }) => where))
  return {
    scenario: null,
    problems: [...syntax, ...found.filter(({ where }) => !told.has(where)), ...flagProblems],
  }
}

/** Whether a value has something at this path. */
const isIn = (value: unknown, path: Problem['path']): boolean =>
  path.reduce<unknown>(
    (inner, step) => (inner as Record<string, unknown> | null | undefined)?.[String(step)],
    value,
  ) !== undefined

interface ScenarioFile {
  readonly path: string
  readonly yaml: YamlRead
}

const at = (path: string, { line, column }: Position): string => `${printable(path, 200)}:${line}:${column}`

const syntaxProblems = (path: string, { syntax }: YamlRead): LocatedProblem[] =>
  syntax.map(({ position, message }) => ({ where: at(path, position), text: message }))

/** In the order of the file; then those of flags. */
const locateAll = (
  problems: readonly Problem[],
  file: ScenarioFile | null,
  flagFor: (problem: Problem) => string | null,
): LocatedProblem[] => {
  const inFile: { readonly position: Position; readonly located: LocatedProblem }[] = []
  const ofFlags: LocatedProblem[] = []
  for (const found of problems) {
    const flag = flagFor(found)
    const source = file?.yaml.source ?? null
    if (flag !== null) {
      ofFlags.push({ where: flag, text: namesItself(flag, found) ? ownText(found) : problemText(found) })
    } else if (file === null || source === null) {
      ofFlags.push({ where: '', text: problemText(found) })
    } else {
      const position = source.locate(found)
      inFile.push({ position, located: { where: at(file.path, position), text: problemText(found) } })
    }
  }
  inFile.sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column)
  return [...inFile.map(({ located }) => located), ...ofFlags]
}

/** Whether the flag tells where the problem is: `--vus`, but not `--set requests` for one of its items. */
const namesItself = (flag: string, { path }: Problem): boolean =>
  !flag.startsWith('--set') || flag === `--set ${pathText(path)}`

const ownText = ({ message, hint }: Problem): string => (hint === null ? message : `${message}; ${hint}`)

/** `scenarios/spring-300.yaml` → `spring-300`; what a name cannot hold becomes a dash. */
const nameOfFile = (path: string): string | undefined => {
  const stem = basename(path, extname(path))
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 63)
  return stem === '' ? undefined : stem
}

const unreadable = (path: string, what: string, hint: string, cause?: unknown): HarnessError =>
  new HarnessError('SCENARIO_UNREADABLE', `cannot read the scenario ${printable(path, 200)}: ${what}`, {
    hint,
    ...(cause === undefined ? {} : { cause }),
  })

/** The text of a file, never more than the limit, whatever the path leads to. */
const readText = async (path: string): Promise<string> => {
  const bytes = await readBytes(path)
  if (bytes.length > YAML_LIMITS.bytes) {
    throw unreadable(
      path,
      `it is larger than ${YAML_LIMITS.bytes / 1024} KiB`,
      'a scenario is a page or two of YAML',
    )
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw unreadable(path, 'it is UTF-16 text', 'save it as UTF-8')
  }
  if (bytes.includes(0))
    throw unreadable(path, 'it is not text (it holds NUL bytes)', 'a scenario is YAML in UTF-8')
  try {
    // A byte order mark is taken away by the decoder.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw unreadable(path, 'it is not UTF-8 text', 'save it as UTF-8', error)
  }
}

const readBytes = async (path: string): Promise<Uint8Array> => {
  try {
    const file = await open(path, 'r')
    try {
      const found = await file.stat()
      if (found.isDirectory()) throw unreadable(path, 'it is a folder', 'give a .yaml file')
      const buffer = new Uint8Array(YAML_LIMITS.bytes + 1)
      let length = 0
      while (length < buffer.length) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      return buffer.subarray(0, length)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof HarnessError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const what =
      code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'permission denied' : messageOf(error)
    const near = nearest(basename(path, extname(path)), SHIPPED)
    const hint = near === null ? 'give the path of a scenario file' : `did you mean scenarios/${near}.yaml?`
    throw unreadable(path, what, hint, error)
  }
}

/** Scenarios that come with rollproof, for a hint. */
const SHIPPED = [
  'quickstart',
  'spring-300',
  'spring-300-fixed',
  'surge',
  'surge-1-0',
  'alb',
  'checklist',
  'checklist-bare',
  'post-heavy',
  'slow-requests',
  'which-settings',
  'alb-settings',
]
