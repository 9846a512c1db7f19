import { z } from 'zod'
import { parseDurationMs } from '../kernel/units.ts'
import { shown } from './shown.ts'
import { nearest } from './suggest.ts'

/*
 * Fields of scenario files. Each says in one sentence what it expects, reads its value into our units, and carries the
 * description and default from which the JSON Schema and docs/scenario.md are made.
 */

interface Doc {
  readonly description: string
  /** What holds when the field is absent, as a user would write it. */
  readonly default?: unknown
  /** The same in words, where it depends on something. */
  readonly otherwise?: string
  readonly examples?: readonly unknown[]
}

const expected =
  (what: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    input === undefined ? `is missing; expected ${what}` : `expected ${what}, got ${shown(input)}`

/** A field that may be absent. (zod drops `default` where a value is converted, so it travels as `fallback`.) */
export const optional = <T extends z.ZodType>(field: T, { default: fallback, ...doc }: Doc) =>
  field.optional().meta({
    ...doc,
    ...(fallback === undefined ? {} : { fallback }),
    ...(field instanceof z.ZodPipe && field.in instanceof z.ZodUnion ? { kind: 'duration' } : {}),
  })
/** A field that must be there. */
export const required = <T extends z.ZodType>(field: T, doc: Doc) => field.meta({ ...doc })

/** A map with exactly these keys. */
export const map = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? expected('a map')(issue) : undefined),
  })

export const list = <T extends z.ZodType>(item: T, what: string, most: number) =>
  z.array(item, { error: expected(`a list of ${what}`) }).max(most, `expected at most ${most} ${what}`)

export const text = (what = 'text', mostLength = 1000) =>
  z.string({ error: expected(what) }).max(mostLength, `expected at most ${mostLength} characters`)

/** Text of one form; `what` describes it with an example. */
export const textLike = (pattern: RegExp, what: string, mostLength = 253) =>
  z
    .string({ error: expected(what) })
    .max(mostLength, `expected at most ${mostLength} characters`)
    .regex(pattern, { error: expected(what) })

export const choice = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words, {
    error: ({ input }) => {
      const near = typeof input === 'string' ? nearest(input, words) : null
      const meant = near === null ? '' : `; did you mean ${near}?`
      return `expected ${words.join(', ').replace(/, ([^,]*)$/, ' or $1')}, got ${shown(input)}${meant}`
    },
  })

export const yesNo = () =>
  z.boolean({
    error: ({ input }) =>
      typeof input === 'string' && /^(y|n|yes|no|on|off)$/i.test(input)
        ? `expected true or false, got ${shown(input)}; YAML 1.2 reads yes, no, on and off as text`
        : expected('true or false')({ input }),
  })

const range = (what: string, from: number, to: number): string =>
  to === Number.MAX_SAFE_INTEGER ? `${what} of at least ${from}` : `${what} from ${from} to ${to}`

export const wholeNumber = (from: number, to = Number.MAX_SAFE_INTEGER) => {
  const error = expected(range('a whole number', from, to))
  return z.number({ error }).int({ error }).min(from, { error }).max(to, { error })
}

export const decimal = (from: number, to: number) => {
  const error = expected(range('a number', from, to))
  return z.number({ error }).min(from, { error }).max(to, { error })
}

/** A rate or weight: above 0. */
export const positive = (to: number) => {
  const error = expected(`a number above 0, at most ${to}`)
  return z.number({ error }).gt(0, { error }).max(to, { error })
}

const DAY_MS = 86_400_000

/**
 * A duration → ms. `500ms`, `20s`, `1m30s`, or a bare number of seconds. A quoted number is refused, since nobody can
 * tell which unit its writer meant.
 */
export const duration = (atLeastMs = 0, mostMs = DAY_MS) =>
  z.union([z.string(), z.number()], { error: expected(DURATION) }).transform((value, context) => {
    const durationMs = readDuration(value)
    if (typeof durationMs === 'number' && durationMs >= atLeastMs && durationMs <= mostMs) return durationMs
    const message =
      typeof durationMs === 'string'
        ? durationMs
        : durationMs === null
          ? expected(DURATION)({ input: value })
          : `expected a duration from ${say(atLeastMs)} to ${say(mostMs)}, got ${shown(value)}`
    context.issues.push({ code: 'custom', message, input: value })
    return z.NEVER
  })

const DURATION = 'a duration such as 500ms, 20s or 5m'

const say = (durationMs: number): string =>
  durationMs >= 3_600_000
    ? `${durationMs / 3_600_000}h`
    : durationMs >= 1000
      ? `${durationMs / 1000}s`
      : `${durationMs}ms`

/** ms, or what is wrong with it; `null` = not a duration at all. */
const readDuration = (value: string | number): number | string | null => {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value * 1000 : null
  if (/^\s*(0|[1-9]\d*)(\.\d+)?\s*$/.test(value)) {
    const number = value.trim()
    return `expected a duration with its unit, got ${shown(value)}; write ${number}s, ${number}ms, or ${number} without quotes for seconds`
  }
  return parseDurationMs(value)
}
