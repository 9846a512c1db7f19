import { isMap } from './is-map.ts'
import type { Path } from './problem.ts'
import { pathText } from './problem.ts'
import { API_VERSION } from './schema.ts'
import { printable, shown } from './shown.ts'
import { readYaml } from './yaml-source.ts'

/** Flags by their long name without dashes, as the command line gave them. Unknown ones are none of our business. */
export type FlagValues = Readonly<Record<string, unknown>>

/** A value that a flag gives to a key of the scenario. */
export interface Override {
  readonly path: Path
  readonly value: unknown
  /** As the user wrote it: `--vus`, `--set load.vus`. */
  readonly flag: string
}

type Reader = 'text' | 'number' | 'duration' | 'switch' | 'list' | 'optional'

/** Flags that stand for one key each. CONTRACTS, command line. */
const FLAGS: Readonly<Record<string, readonly [Path, Reader]>> = {
  name: [['name'], 'text'],
  target: [['target', 'url'], 'text'],
  'pod-header': [['target', 'podHeader'], 'text'],
  control: [['target', 'control'], 'optional'],
  resolver: [['target', 'resolver'], 'optional'],
  'request-id-header': [['target', 'requestIdHeader'], 'optional'],
  insecure: [['target', 'insecure'], 'switch'],
  deployment: [['deployment'], 'text'],
  vus: [['load', 'vus'], 'number'],
  rate: [['load', 'rate'], 'number'],
  'max-vus': [['load', 'maxVus'], 'number'],
  pace: [['load', 'pace'], 'duration'],
  think: [['load', 'think'], 'duration'],
  'ramp-up': [['load', 'rampUp'], 'duration'],
  duration: [['load', 'duration'], 'duration'],
  requests: [['load', 'requests'], 'number'],
  connections: [['load', 'connections'], 'text'],
  timeout: [['load', 'timeout'], 'duration'],
  'idle-timeout': [['load', 'idleTimeout'], 'duration'],
  restarts: [['rollout', 'restarts'], 'number'],
  baseline: [['rollout', 'baseline'], 'duration'],
  settle: [['rollout', 'settle'], 'duration'],
  recovery: [['rollout', 'recovery'], 'duration'],
  'rollout-timeout': [['rollout', 'timeout'], 'duration'],
  'accept-unproven': [['acceptUnproven'], 'list'],
  seed: [['seed'], 'number'],
  blocks: [['study', 'blocks'], 'number'],
  inject: [['lab', 'inject'], 'list'],
}

/** Names of the flags that stand for scenario keys. */
export const SCENARIO_FLAGS: readonly string[] = [...Object.keys(FLAGS), 'set', 'namespace']

/** The scenario with the flags laid over it, and which flag each value came from. */
export interface Overlaid {
  readonly raw: unknown
  readonly overrides: readonly Override[]
  /** Flags that are wrong in themselves. */
  readonly problems: readonly FlagProblem[]
}

export interface FlagProblem {
  readonly flag: string
  readonly message: string
}

/**
 * Lays flags over a scenario; `raw` is not edited, and may be `undefined` for flags alone. `--set` comes after the
 * other flags. A flag that chooses the load model (--vus, --rate) takes the keys of the other one away.
 */
export const overlayFlags = (raw: unknown, flags: FlagValues): Overlaid => {
  const { overrides, problems } = readFlags(flags)
  let laid: unknown = raw ?? { apiVersion: API_VERSION }
  const names = new Set(overrides.map(({ path }) => pathText(path)))
  const model: readonly string[] = names.has('load.rate')
    ? ['vus', 'pace', 'think']
    : names.has('load.vus')
      ? ['rate', 'maxVus']
      : []
  laid = withoutLoadKeys(laid, model)
  const failures = [...problems]
  for (const { path, value, flag } of overrides) {
    const result = setIn(laid, path, value, [])
    if ('blocked' in result)
      failures.push({
        flag,
        message: `${pathText(result.blocked)} is not a map or list that holds ${pathText(path)}`,
      })
    else laid = result.value
  }
  return { raw: laid, overrides, problems: failures }
}

/**
 * Lays flag values under a scenario: they count only where it says nothing (rollproof.yaml). A load model that the
 * scenario chooses takes the keys of the other one away.
 */
export const underlayFlags = (raw: unknown, defaults: FlagValues): Overlaid => {
  const { raw: base, overrides, problems } = overlayFlags(undefined, defaults)
  const load = isMap(raw) && isMap(raw.load) ? raw.load : {}
  const other =
    load.rate !== undefined ? ['vus', 'pace', 'think'] : load.vus !== undefined ? ['rate', 'maxVus'] : []
  return { raw: mergeUnder(withoutLoadKeys(base, other), raw), overrides, problems }
}

/** `over`, with what only `under` has. Lists are not merged. */
const mergeUnder = (under: unknown, over: unknown): unknown => {
  if (over === undefined) return under
  if (!isMap(under) || !isMap(over)) return over
  const keys = new Set([...Object.keys(over), ...Object.keys(under)])
  return Object.fromEntries([...keys].map((key) => [key, mergeUnder(under[key], over[key])]))
}

const readFlags = (flags: FlagValues): { overrides: Override[]; problems: FlagProblem[] } => {
  const overrides: Override[] = []
  const problems: FlagProblem[] = []
  for (const [name, [path, reader]] of Object.entries(FLAGS)) {
    const given = flags[name]
    if (given === undefined || given === null) continue
    const value = Array.isArray(given) && reader !== 'list' ? given.at(-1) : given
    overrides.push({ path, value: read(value, reader), flag: `--${name}` })
  }
  for (const text of textsOf(flags.set)) {
    const set = readSet(text)
    if ('message' in set) problems.push(set)
    else overrides.push(set)
  }
  problems.push(...namespaceClash(flags))
  return { overrides, problems }
}

/** CONTRACTS: a namespace in --deployment that is not --namespace's is an error. */
const namespaceClash = (flags: FlagValues): FlagProblem[] => {
  const { deployment, namespace } = flags as { readonly deployment?: unknown; readonly namespace?: unknown }
  if (typeof deployment !== 'string' || typeof namespace !== 'string') return []
  const [own, name] = deployment.split('/')
  if (name === undefined || own === namespace) return []
  return [
    {
      flag: '--namespace',
      message: `${shown(namespace)} contradicts --deployment ${printable(deployment)}; give one of them`,
    },
  ]
}

const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String)

/** A number as people write it; anything else stays text, and the schema says what was expected. */
const NUMBER = /^[-+]?(0|[1-9]\d*)(\.\d+)?$/

const read = (value: unknown, reader: Reader): unknown => {
  switch (reader) {
    case 'number':
    case 'duration':
      return typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value
    case 'optional':
      return value === '' || value === 'none' || value === 'off' ? null : value
    case 'switch':
      return value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value
    case 'list':
      return textsOf(value)
        .flatMap((text) => text.split(','))
        .map((text) => text.trim())
        .filter((text) => text !== '')
    case 'text':
      return typeof value === 'number' ? String(value) : value
  }
}

/** `rollout.restarts=2`, `requests[0].path=/cart`, `thresholds.failures=count<5`: the value is YAML. */
const readSet = (text: string): Override | FlagProblem => {
  const equals = equalsAt(text)
  const pathPart = equals < 0 ? text : text.slice(0, equals)
  const flag = `--set ${printable(pathPart, 60)}`
  if (equals < 0) return { flag, message: 'expected PATH=VALUE, such as rollout.restarts=2' }
  const path = parsePath(pathPart)
  if (path === null) return { flag, message: 'expected a path of keys, such as load.vus or requests[0].path' }
  const valueText = text.slice(equals + 1)
  const yaml = readYaml(valueText)
  const [wrong] = yaml.syntax
  if (yaml.source === null || wrong !== undefined) {
    return { flag, message: `its value ${wrong?.message ?? 'is not YAML'}` }
  }
  return { path, value: yaml.source.value, flag }
}

/** The first = that is not inside the tags of a threshold. */
const equalsAt = (text: string): number => {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{') depth += 1
    else if (character === '}') depth -= 1
    else if (character === '=' && depth <= 0) return at
  }
  return -1
}

/** `requests[0].expect.status` → its steps; `null` when it is no path. Dots inside {tags} belong to the key. */
export const parsePath = (text: string): Path | null => {
  const steps: (string | number)[] = []
  const pattern = /(?:^|\.)((?:[^.[\]{}]|\{[^}]*\})+)|\[(\d{1,6})\]/gy
  let at = 0
  while (at < text.length) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) return null
    const [whole, key, index] = match
    if (key !== undefined) steps.push(/^\d{1,6}$/.test(key) && steps.length > 0 ? Number(key) : key.trim())
    else steps.push(Number(index))
    at += whole.length
  }
  return steps.length === 0 || typeof steps[0] === 'number' || steps.length > 10 ? null : steps
}

type SetResult = { readonly value: unknown } | { readonly blocked: Path }

/** A copy of `raw` with `value` at `path`; maps are made where there is nothing. */
const setIn = (raw: unknown, path: Path, value: unknown, at: Path): SetResult => {
  const [step, ...rest] = path
  if (step === undefined) return { value }
  const here = [...at, step]
  if (Array.isArray(raw)) {
    if (typeof step !== 'number' || step > raw.length) return { blocked: at }
    const inner = setIn(raw[step], rest, value, here)
    return 'blocked' in inner ? inner : { value: raw.toSpliced(step, 1, inner.value) }
  }
  if (raw !== undefined && raw !== null && typeof raw !== 'object') return { blocked: at }
  if (typeof step === 'number' && raw === undefined) {
    if (step !== 0) return { blocked: at }
    const inner = setIn(undefined, rest, value, here)
    return 'blocked' in inner ? inner : { value: [inner.value] }
  }
  const map = (raw ?? {}) as Record<string, unknown>
  const key = String(step)
  const inner = setIn(Object.hasOwn(map, key) ? map[key] : undefined, rest, value, here)
  return 'blocked' in inner
    ? inner
    : { value: Object.fromEntries([...Object.entries(map), [key, inner.value]]) }
}

const withoutLoadKeys = (raw: unknown, keys: readonly string[]): unknown => {
  if (keys.length === 0 || typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw
  const { load } = raw as { readonly load?: unknown }
  if (typeof load !== 'object' || load === null || Array.isArray(load)) return raw
  const kept = Object.fromEntries(Object.entries(load).filter(([key]) => !keys.includes(key)))
  return { ...raw, load: kept }
}

/** The flag that a value at `path` came from, or that made the map at `path`; the last one wins. */
export const flagOf = (overrides: readonly Override[], path: Path): string | null => {
  const isPrefix = (a: Path, b: Path): boolean => a.every((step, index) => String(step) === String(b[index]))
  const whole = overrides.findLast((override) => isPrefix(override.path, path))
  const part = path.length === 0 ? undefined : overrides.findLast((override) => isPrefix(path, override.path))
  return (whole ?? part)?.flag ?? null
}
