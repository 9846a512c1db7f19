import { annotatedJsonSchema, type JsonSchema } from './json-schema.ts'

/** docs/scenario.md: every key of a scenario with what it takes, its default and its meaning, from the schema. */
export const scenarioReference = (): string => {
  const sections = sectionsOf(annotatedJsonSchema(), '', 'Top level')
  return [
    '# Scenario reference',
    '',
    'This page is made from the schema; `rollproof schema` prints the same as JSON Schema for editors.',
    'Durations are `500ms`, `20s`, `1m30s`, or a bare number of seconds. Unknown keys are errors.',
    'Any key can be set on the command line: `--set rollout.restarts=2 --set requests[0].path=/cart`.',
    '',
    ...sections,
  ].join('\n')
}

const sectionsOf = (schema: JsonSchema, path: string, title: string): string[] => {
  const { properties = {} } = schema
  const required = new Set(schema.required ?? [])
  const rows = Object.entries(properties).map(([key, field]) => {
    const fallback = required.has(key) ? '**required**' : defaultOf(field)
    return `| \`${key}\` | ${cell(typeOf(field))} | ${cell(fallback)} | ${cell(field.description ?? '')} |`
  })
  const own = [
    `## ${title}`,
    '',
    ...(path === '' || schema.description === undefined ? [] : [schema.description, '']),
  ]
  const table = ['| key | value | default | meaning |', '|---|---|---|---|', ...rows, '']
  const inner = Object.entries(properties).flatMap(([key, field]) => {
    const map = mapIn(field)
    const below = field.type === 'array' ? '[]' : field.properties === undefined ? '.*' : ''
    const here = `${path}${path === '' ? '' : '.'}${key}${below}`
    return map === null
      ? []
      : sectionsOf({ ...map, description: field.description ?? '' }, here, `\`${here}\``)
  })
  return [...own, ...table, ...inner]
}

/** The map with fixed keys that a field is, or is a list of. */
const mapIn = (field: JsonSchema): JsonSchema | null => {
  if (field.properties !== undefined) return field
  if (typeof field.additionalProperties === 'object' && field.additionalProperties.properties !== undefined) {
    return field.additionalProperties
  }
  return field.items?.properties === undefined ? null : field.items
}

const typeOf = (field: JsonSchema): string => {
  if (field.const !== undefined) return `\`${String(field.const)}\``
  if (field.enum !== undefined) return field.enum.map((word) => `\`${String(word)}\``).join(', ')
  if (field.anyOf !== undefined) return describeUnion(field.anyOf)
  if (field.kind === 'duration') return 'duration'
  if (Array.isArray(field.type)) return 'number or text'
  switch (field.type) {
    case 'integer':
    case 'number':
      return `${field.type === 'integer' ? 'whole number' : 'number'}${rangeOf(field)}`
    case 'array':
      return field.maxItems === 0
        ? 'empty list'
        : `list of ${field.items === undefined ? 'anything' : typeOf(field.items)}`
    case 'object':
      return 'map'
    case 'string':
      return 'text'
    case 'boolean':
      return '`true`, `false`'
    default:
      return 'anything'
  }
}

const describeUnion = (options: readonly JsonSchema[]): string =>
  options.map((option) => (option.type === 'null' ? '`null`' : typeOf(option))).join(' or ')

const rangeOf = ({ minimum, exclusiveMinimum, maximum }: JsonSchema): string => {
  const least =
    exclusiveMinimum === undefined
      ? minimum === undefined
        ? ''
        : ` from ${minimum}`
      : ` above ${exclusiveMinimum}`
  return `${least}${maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`}`
}

const defaultOf = (field: JsonSchema): string => {
  if (field.otherwise !== undefined) return field.otherwise
  if (field.fallback === undefined) return ''
  return `\`${typeof field.fallback === 'string' ? field.fallback : JSON.stringify(field.fallback)}\``
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
