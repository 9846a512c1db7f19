import { FAILURE_KINDS } from '../model/outcome.ts'
import { PHASES } from '../model/phase.ts'
import { THRESHOLD_METRICS, type Threshold, type ThresholdMetric } from '../model/scenario.ts'
import { shown } from './shown.ts'
import { nearest } from './suggest.ts'

type Aggregation = Threshold['aggregation']

/** A threshold that cannot be read: where, in which of the two texts, and why. */
export interface ThresholdError {
  readonly in: 'metric' | 'expression'
  /** Characters from the start of that text. */
  readonly offset: number
  readonly message: string
}

interface MetricRules {
  /** Aggregations by name; `p` stands for p(N). */
  readonly aggregations: readonly string[]
  readonly tags: readonly string[]
}

const TREND = ['avg', 'min', 'med', 'max', 'p']

const RULES: Readonly<Record<ThresholdMetric, MetricRules>> = {
  failures: { aggregations: ['count', 'rate'], tags: ['cause', 'kind', 'phase', 'pod'] },
  http_req_duration: { aggregations: TREND, tags: ['phase'] },
  outage_ms: { aggregations: ['value'], tags: [] },
  dropped: { aggregations: ['count', 'rate'], tags: [] },
  rollout_duration: { aggregations: TREND, tags: [] },
}

/** Tags whose values are known. */
const TAG_VALUES: Readonly<Record<string, readonly string[]>> = { kind: FAILURE_KINDS, phase: PHASES }

/**
 * Reads one k6 threshold: `failures` or `http_req_duration{phase:rollout}`, and `count==0`, `p(99)<300`,
 * `rate<0.01`. Durations are ms, rates are shares from 0 to 1. Source: k6 documentation, "Thresholds: syntax".
 */
export const parseThreshold = (metricText: string, expression: string): Threshold | ThresholdError => {
  const selector = parseSelector(metricText)
  if ('message' in selector) return selector
  const condition = parseExpression(expression, selector.metric)
  if ('message' in condition) return condition
  return { text: `${metricText.trim()}: ${expression.trim()}`, ...selector, ...condition }
}

const failure = (where: 'metric' | 'expression', offset: number, message: string): ThresholdError => ({
  in: where,
  offset,
  message,
})

const meant = (word: string, known: readonly string[]): string => {
  const near = nearest(word, known)
  return near === null ? '' : `; did you mean ${near}?`
}

/** `failures{kind:reset,phase:rollout}` */
export const parseSelector = (
  text: string,
): { readonly metric: ThresholdMetric; readonly tags: Readonly<Record<string, string>> } | ThresholdError => {
  const open = text.indexOf('{')
  const name = (open < 0 ? text : text.slice(0, open)).trim()
  const metric = THRESHOLD_METRICS.find((known) => known === name)
  if (metric === undefined) {
    const known = THRESHOLD_METRICS.join(', ')
    return failure(
      'metric',
      0,
      `${shown(name)} is no metric; known are ${known}${meant(name, THRESHOLD_METRICS)}`,
    )
  }
  if (open < 0) return { metric, tags: {} }
  const rest = text.slice(open + 1)
  if (!rest.trimEnd().endsWith('}'))
    return failure('metric', text.length, 'expected } at the end of the tags')
  const inner = rest.trimEnd().slice(0, -1)
  const tags: [string, string][] = []
  let offset = open + 1
  for (const part of inner.split(',')) {
    const tag = parseTag(part, offset, RULES[metric].tags, metric)
    if ('message' in tag) return tag
    if (tags.some(([known]) => known === tag.name))
      return failure('metric', offset, `tag ${tag.name} is given twice`)
    tags.push([tag.name, tag.value])
    offset += part.length + 1
  }
  return { metric, tags: Object.fromEntries(tags) }
}

const parseTag = (
  part: string,
  offset: number,
  known: readonly string[],
  metric: string,
): { readonly name: string; readonly value: string } | ThresholdError => {
  const at = offset + (part.length - part.trimStart().length)
  const match = /^\s*([^:\s]*)\s*:\s*(.*?)\s*$/.exec(part)
  if (match === null) return failure('metric', at, `expected a tag as name:value, got ${shown(part.trim())}`)
  const [, name = '', value = ''] = match
  if (!known.includes(name)) {
    const choice = known.length === 0 ? `${metric} has no tags` : `tags of ${metric} are ${known.join(', ')}`
    return failure('metric', at, `${shown(name)} is no tag here; ${choice}${meant(name, known)}`)
  }
  const values = Object.hasOwn(TAG_VALUES, name) ? TAG_VALUES[name] : undefined
  if (value === '' || (values !== undefined && !values.includes(value))) {
    const choice = values === undefined ? 'expected a value' : `values of ${name} are ${values.join(', ')}`
    return failure(
      'metric',
      offset + part.indexOf(':') + 1,
      `tag ${name}: ${choice}, got ${shown(value)}${meant(value, values ?? [])}`,
    )
  }
  return { name, value }
}

const OPERATORS = ['===', '==', '!=', '<=', '>=', '<', '>'] as const
const NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/

type Condition = Pick<Threshold, 'aggregation' | 'operator' | 'value'>

const parseExpression = (text: string, metric: ThresholdMetric): Condition | ThresholdError => {
  const operatorAt = text.search(/[<>=!]/)
  if (operatorAt < 0) {
    return failure(
      'expression',
      text.length,
      `expected a comparison such as ${exampleOf(metric)}, got ${shown(text)}`,
    )
  }
  const operator = OPERATORS.find((known) => text.startsWith(known, operatorAt))
  if (operator === undefined) {
    return failure(
      'expression',
      operatorAt,
      `expected one of ${OPERATORS.join(' ')}, got ${shown(text.slice(operatorAt, operatorAt + 2))}`,
    )
  }
  const aggregation = parseAggregation(text.slice(0, operatorAt), metric)
  if (typeof aggregation === 'object' && 'message' in aggregation) return aggregation
  const valueAt = operatorAt + operator.length
  const valueText = text.slice(valueAt).trim()
  const value = Number(valueText)
  if (!NUMBER.test(valueText) || !Number.isFinite(value)) {
    const unit = ['failures', 'dropped'].includes(metric) ? '' : '; the unit is ms and is not written'
    const share = valueText.endsWith('%') ? '; a rate is a share, 0.01 for 1 %' : unit
    return failure(
      'expression',
      valueAt,
      `expected a number after ${operator}, got ${shown(valueText)}${share}`,
    )
  }
  return { aggregation, operator: operator === '===' ? '==' : operator, value }
}

const parseAggregation = (text: string, metric: ThresholdMetric): Aggregation | ThresholdError => {
  const { aggregations } = RULES[metric]
  const name = text.trim()
  const known = aggregations.map((word) => (word === 'p' ? 'p(N)' : word)).join(', ')
  const percentile = /^p\(\s*([\d.]+)\s*\)$/.exec(name)
  if (percentile !== null && aggregations.includes('p')) {
    const value = Number(percentile[1])
    if (value >= 0 && value <= 100) return { percentile: value }
    return failure(
      'expression',
      text.indexOf('(') + 1,
      `expected a percentile from 0 to 100, got ${percentile[1]}`,
    )
  }
  const word = PLAIN_AGGREGATIONS.find((candidate) => candidate === name)
  if (word !== undefined && aggregations.includes(word)) return word
  return failure(
    'expression',
    text.length - text.trimStart().length,
    `expected ${known} of ${metric}, got ${shown(name)}${meant(name, aggregations)}`,
  )
}

const PLAIN_AGGREGATIONS = ['count', 'rate', 'value', 'avg', 'min', 'med', 'max'] as const

const exampleOf = (metric: ThresholdMetric): string => {
  const { aggregations } = RULES[metric]
  return aggregations.includes('p') ? 'p(99)<300' : aggregations.includes('count') ? 'count==0' : 'value<500'
}
