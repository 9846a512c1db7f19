import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Correlation, correlate } from '../../src/correlator/correlate.ts'
import type { CorrelatorInput } from '../../src/correlator/input.ts'
import type { RunEvent } from '../../src/model/events.ts'
import { FAILURE_KINDS, OUTCOMES, SOURCES } from '../../src/model/outcome.ts'
import { PHASES } from '../../src/model/phase.ts'
import {
  allocateColumns,
  COLUMN_NAMES,
  LAYERS,
  type RequestColumns,
} from '../../src/model/request-columns.ts'
import type { RunInfo } from '../../src/model/run-info.ts'
import { readCsv } from './read-csv.ts'

export const STORIES = join(import.meta.dirname, '..', 'stories')

/** What a story says of one failed request. Left out: not looked at. */
export interface Expected {
  readonly requestId: number
  readonly cause: string
  readonly mechanism?: string | null
  readonly candidates?: readonly string[]
  readonly pod?: string | null
}

export interface StoryEnd {
  readonly title: string
  readonly findings: readonly Expected[]
}

export type Row = Partial<Record<(typeof COLUMN_NAMES)[number], string | number | null>>

type Numeric = Exclude<keyof RequestColumns, 'length' | 'strings'>

const UNKNOWN: Partial<Record<Numeric, number>> = {
  writtenUs: -1,
  connectedUs: -1,
  firstByteUs: -1,
  idleUs: -1,
}
const CODES: Partial<Record<Numeric, readonly string[]>> = {
  source: SOURCES,
  phase: PHASES,
  outcome: OUTCOMES,
  layer: LAYERS,
  kind: ['', ...FAILURE_KINDS],
}
const STRINGS: readonly string[] = ['template', 'remoteAddress', 'pod']

/** Rows with the words of CONTRACTS → columns. An empty or absent field is unknown. */
export const columnsOf = (rows: readonly Row[]): RequestColumns => {
  const strings = ['']
  const codes = new Map([['', 0]])
  const codeOf = (text: string): number => {
    const known = codes.get(text)
    if (known !== undefined) return known
    strings.push(text)
    codes.set(text, strings.length - 1)
    return strings.length - 1
  }
  const columns = allocateColumns(rows.length)
  rows.forEach((row, i) => {
    for (const name of COLUMN_NAMES) {
      const value = row[name] ?? ''
      const words = CODES[name]
      columns[name][i] = STRINGS.includes(name)
        ? codeOf(String(value))
        : words !== undefined
          ? Math.max(0, words.indexOf(String(value)))
          : value === ''
            ? (UNKNOWN[name] ?? 0)
            : Number(value)
    }
  })
  return { ...columns, strings }
}

const rowsOf = (csv: string): Row[] => {
  const [head = [], ...lines] = readCsv(csv.replaceAll('\n', '\r\n'))
  return lines.map((line) => Object.fromEntries(head.map((name, i) => [name, line[i] ?? ''])))
}

export const storyNames = (): string[] => readdirSync(STORIES).sort()

/** The input of a story's folder: run.json, events.jsonl, requests.csv. */
export const readStory = (name: string): CorrelatorInput => {
  const text = (file: string): string => readFileSync(join(STORIES, name, file), 'utf8')
  return {
    info: JSON.parse(text('run.json')) as RunInfo,
    events: text('events.jsonl')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RunEvent),
    columns: columnsOf(rowsOf(text('requests.csv'))),
    torn: null,
    problems: [],
  }
}

export const storyEnd = (name: string): StoryEnd =>
  JSON.parse(readFileSync(join(STORIES, name, 'findings.json'), 'utf8')) as StoryEnd

export const tell = (name: string): Correlation => correlate(readStory(name))
