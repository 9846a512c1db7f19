import type { z } from 'zod'
import type { Scenario } from '../model/scenario.ts'
import { type CheckContext, checkScenario } from './check-scenario.ts'
import { type Path, type Problem, pathText, problem } from './problem.ts'
import { resolveScenario } from './resolve-scenario.ts'
import { scenarioSchema } from './schema.ts'
import { allKeys, keysAt } from './schema-keys.ts'
import { printable, shown } from './shown.ts'
import { nearest } from './suggest.ts'

export interface ParseOptions extends CheckContext {
  /** Namespace of a Deployment that is named without one; `default` when not given. */
  readonly namespace?: string
  /** Name of the run when the scenario has none. */
  readonly name?: string
}

export type ParseResult =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Deeper than any scenario; what is deeper is refused before it can cost stack or time. */
const MOST_DEPTH = 28
/** Of one kind of problem, more than anybody would read. */
const MOST_PROBLEMS = 100

/**
 * Reads any value as a scenario: every problem at once, or the scenario with all defaults filled in and all units
 * converted. Never edits `raw`, never throws.
 */
export const parseScenario = (raw: unknown, options: ParseOptions): ParseResult => {
  const hostile = findHostile(raw)
  if (hostile.length > 0) return { ok: false, problems: hostile }
  const parsed = scenarioSchema.safeParse(raw)
  const problems = withoutRepeats([
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, raw))),
    ...checkScenario(raw, options),
  ])
  if (!parsed.success || problems.length > 0) return { ok: false, problems }
  const scenario = resolveScenario(parsed.data, {
    command: options.command,
    lab: options.lab === true,
    namespace: options.namespace ?? 'default',
    name: options.name ?? null,
  })
  return { ok: true, scenario }
}

/** Keys that would reach an object's prototype, and nesting without end. */
const findHostile = (raw: unknown): Problem[] => {
  const problems: Problem[] = []
  // Aliases of a YAML file make one object appear in many places, or within itself.
  const seen = new WeakSet<object>()
  const pending: { readonly value: unknown; readonly path: Path }[] = [{ value: raw, path: [] }]
  for (let next = pending.pop(); next !== undefined && problems.length < 10; next = pending.pop()) {
    const { value, path } = next
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (path.length > MOST_DEPTH) {
      return [problem(path.slice(0, MOST_DEPTH), `is nested more than ${MOST_DEPTH} levels deep`)]
    }
    for (const key of Object.keys(value)) {
      const at = [...path, Array.isArray(value) ? Number(key) : key]
      if (key === '__proto__')
        problems.push(problem(at, 'is not a key that a scenario can have', null, 'key'))
      else pending.push({ value: (value as Record<string, unknown>)[key], path: at })
    }
  }
  return problems
}

/** A zod issue in our words. The schema's own messages say what was expected; keys are looked up here. */
const problemsOf = (issue: z.core.$ZodIssue, raw: unknown): Problem[] => {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, MOST_PROBLEMS).map((key) => unknownKey(path, key))
  }
  if (issue.code === 'invalid_type' && path.length === 0) {
    return [problem([], `expected a map with apiVersion, target, load …, got ${shown(raw)}`)]
  }
  return [problem(path, issue.message)]
}

const unknownKey = (path: Path, key: string): Problem => {
  const known = keysAt(path)
  const near = nearest(key, known)
  const hint = near === null ? (elsewhere(key) ?? `known keys: ${known.join(', ')}`) : `did you mean ${near}?`
  return problem([...path, key], 'unknown key', hint, 'key')
}

/** A key that is known in another place. */
const elsewhere = (key: string): string | null => {
  const places = allKeys().filter((path) => path.at(-1) === key)
  const [first] = places
  return first === undefined ? null : `did you mean ${printable(pathText(first))}?`
}

const withoutRepeats = (problems: readonly Problem[]): Problem[] => {
  const seen = new Set<string>()
  return problems.filter(({ path, message }) => {
    const key = `${JSON.stringify(path)} ${message}`
    return !seen.has(key) && seen.add(key)
  })
}
