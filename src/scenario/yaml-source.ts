import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml'
import { messageOf } from '../kernel/errors.ts'
import type { Problem } from './problem.ts'
import { printable, shown } from './shown.ts'

/** A line and column, both from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** YAML text as a value, and where in the text each part of it stands. */
export interface YamlSource {
  readonly value: unknown
  /** Place of a problem; the nearest enclosing value when its own is not there. */
  locate(problem: Problem): Position
}

/** What is wrong with the text itself. */
export interface SyntaxProblem {
  readonly position: Position
  readonly message: string
}

export interface YamlRead {
  /** `null` when the text cannot be made sense of. */
  readonly source: YamlSource | null
  readonly syntax: readonly SyntaxProblem[]
}

/** A scenario is a page or two; these bound the time and memory that any file can cost. */
export const YAML_LIMITS = {
  bytes: 64 * 1024,
  depth: 32,
  nodes: 20_000,
  aliases: 100,
  problems: 50,
} as const

const START: Position = { line: 1, column: 1 }

/**
 * Reads YAML 1.2 (and so JSON) with the core schema: no merge keys, no custom tags, no `%YAML 1.1`. Duplicate keys,
 * keys that reach a prototype, numbers such as 010 that YAML 1.1 reads differently, and files made to be expensive are
 * problems. Never throws.
 */
export const readYaml = (text: string): YamlRead => {
  const early = refuseEarly(text)
  if (early !== null) return { source: null, syntax: [early] }
  const lines = new LineCounter()
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return line < 1 ? START : { line, column: col }
  }
  let document: Document.Parsed
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      schema: 'core',
      merge: false,
      prettyErrors: false,
      stringKeys: true,
      // The parser's own check compares each key with all others; ours is below.
      uniqueKeys: false,
    })
  } catch (error) {
    return {
      source: null,
      syntax: [{ position: START, message: `is not YAML: ${printable(messageOf(error))}` }],
    }
  }
  const syntax: SyntaxProblem[] = [...document.errors, ...document.warnings]
    .slice(0, YAML_LIMITS.problems)
    .map((error) => ({ position: positionAt(error.pos[0]), message: yamlMessage(error.code, error.message) }))
  const version = document.directives.yaml.version
  if (version !== '1.2') {
    syntax.push({ position: START, message: `%YAML ${version} is not supported; scenarios are YAML 1.2` })
  }
  if (syntax.length > 0) return { source: null, syntax }
  const walked = inspect(document, positionAt)
  syntax.push(...walked.problems.slice(0, YAML_LIMITS.problems))
  if (walked.fatal) return { source: null, syntax }
  try {
    const value: unknown = document.toJS({ maxAliasCount: YAML_LIMITS.aliases })
    return { source: { value, locate: (found) => positionAt(offsetOf(document, found)) }, syntax }
  } catch (error) {
    return {
      source: null,
      syntax: [...syntax, { position: START, message: printable(messageOf(error), 200) }],
    }
  }
}

/** What the parser need not see. Opening brackets bound the depth of flow collections, which it reads recursively. */
const refuseEarly = (text: string): SyntaxProblem | null => {
  if (text.length > YAML_LIMITS.bytes) {
    return { position: START, message: `is longer than ${YAML_LIMITS.bytes / 1024} KiB` }
  }
  let line = 1
  let lineStart = 0
  let open = 0
  let dashes = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === 0x0a) {
      line += 1
      lineStart = at + 1
      dashes = 0
    } else if (character === 0) {
      return { position: { line, column: at - lineStart + 1 }, message: 'holds a NUL character' }
    } else if (character === 0x5b || character === 0x7b) {
      open += 1
    } else if (character === 0x5d || character === 0x7d) {
      open = Math.max(0, open - 1)
    } else if ((character === 0x2d || character === 0x3f || character === 0x3a) && isBlank(text, at + 1)) {
      dashes += 1
    }
    if (open > YAML_LIMITS.depth * 4 || dashes > YAML_LIMITS.depth * 4) {
      return { position: { line, column: at - lineStart + 1 }, message: 'is nested too deeply' }
    }
  }
  return null
}

const isBlank = (text: string, at: number): boolean =>
  at >= text.length || ' \t\r\n'.includes(text.charAt(at))

const yamlMessage = (code: string, message: string): string => {
  const plain = printable(message.split('\n')[0] ?? message, 200)
  switch (code) {
    case 'MULTIPLE_DOCS':
      return 'expected one document; a second one starts here'
    case 'TAB_AS_INDENT':
      return 'expected spaces; YAML does not allow tabs as indentation'
    default:
      return `is not YAML: ${plain}`
  }
}

/** Goes through all nodes without recursion, and says what must not be there. `fatal`: no value should be made of it. */
const inspect = (
  document: Document.Parsed,
  positionAt: (offset: number) => Position,
): { readonly problems: readonly SyntaxProblem[]; readonly fatal: boolean } => {
  const problems: SyntaxProblem[] = []
  const say = (node: Node, message: string): void => {
    problems.push({ position: positionAt(node.range?.[0] ?? 0), message })
  }
  const pending: { readonly node: unknown; readonly depth: number }[] = [
    { node: document.contents, depth: 0 },
  ]
  let nodes = 0
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, depth } = next
    nodes += 1
    if (nodes > YAML_LIMITS.nodes) {
      return {
        problems: [{ position: START, message: `has more than ${YAML_LIMITS.nodes} values` }],
        fatal: true,
      }
    }
    if (isPair(node)) {
      pending.push({ node: node.value, depth }, { node: node.key, depth })
    } else if (isCollection(node)) {
      if (depth > YAML_LIMITS.depth) {
        say(node, 'is nested too deeply')
        return { problems, fatal: true }
      }
      if (isMap(node)) inspectKeys(node.items, say)
      // From the back, so that problems come in the order of the text.
      for (const item of node.items.toReversed()) pending.push({ node: item, depth: depth + 1 })
    } else if (isAlias(node)) {
      if (node.resolve(document) !== undefined) continue
      say(node, `*${printable(node.source, 60)} refers to an anchor that is not above it`)
      return { problems, fatal: true }
    } else if (isScalar(node) && typeof node.value === 'number') {
      const wrong = numberProblem(node.value, node.source ?? '')
      if (wrong !== null) say(node, wrong)
    }
  }
  return { problems, fatal: false }
}

const inspectKeys = (
  pairs: readonly { readonly key: unknown }[],
  say: (node: Node, message: string) => void,
): void => {
  const seen = new Set<string>()
  for (const { key } of pairs) {
    if (!isScalar(key)) continue
    const name = String(key.value)
    if (seen.has(name)) say(key, `${printable(name, 60)} is there twice in one map`)
    else if (name === '<<') say(key, 'merge keys (<<) are not part of YAML 1.2; write the keys out')
    seen.add(name)
  }
}

/** Numbers whose meaning differs between readers of YAML, or that are none. */
const numberProblem = (value: number, source: string): string | null => {
  const text = source.trim()
  if (/^[-+]?0\d/.test(text)) {
    const plain = text.replace(/^([-+]?)0+(?=\d)/, '$1')
    return `${shown(text)} is octal in YAML 1.1 and decimal in 1.2; write ${plain}, or put quotes around it`
  }
  if (/^[-+]?0[xo]/i.test(text)) return `expected a decimal number, got ${printable(text, 40)}`
  if (!Number.isFinite(value)) return `${printable(text, 40)} is not a number that can be used`
  return null
}

/** Offset in the text of the place that a problem names. */
const offsetOf = (document: Document.Parsed, { path, at, offset }: Problem): number => {
  let node: unknown = document.contents
  let place = rangeStart(node) ?? 0
  for (const [index, step] of path.entries()) {
    const inner = isAlias(node) ? node.resolve(document) : node
    const last = index === path.length - 1
    if (isMap(inner)) {
      const pair = inner.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      if (pair === undefined) return place
      const value: unknown = pair.value
      const keyPlace = rangeStart(pair.key) ?? place
      if (last && at === 'key') return keyPlace + textOffset(pair.key, offset)
      place = rangeStart(value) ?? keyPlace
      if (last) return place + textOffset(value, offset)
      node = value
    } else if (isSeq(inner)) {
      const item: unknown = inner.items[Number(step)]
      place = rangeStart(item) ?? place
      if (last) return place + textOffset(item, offset)
      node = item
    } else {
      return place
    }
  }
  return place
}

const rangeStart = (node: unknown): number | null =>
  isScalar(node) || isCollection(node) || isAlias(node) ? (node.range?.[0] ?? null) : null

/** Where the n-th character of a text value stands, as far as that is plain: one line without escapes. */
const textOffset = (node: unknown, offset: number | undefined): number => {
  if (offset === undefined || !isScalar(node) || typeof node.value !== 'string') return 0
  const { source, type, value } = node
  if (source !== value || value.includes('\n')) return 0
  return type === 'PLAIN' ? offset : type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE' ? offset + 1 : 0
}
