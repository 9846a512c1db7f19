import type { PodSettings } from '../../model/cluster.ts'
import type { RunReport } from '../../model/finding.ts'
import type { RunInfo } from '../../model/run-info.ts'
import type { LoadPlan } from '../../model/scenario.ts'
import { compareText } from '../input.ts'

/** A run of which it is asked under which conditions it was made. */
export interface RunConditions {
  /** The variant or group that it counts for. */
  readonly variant: string
  readonly info: RunInfo
  readonly report: RunReport
}

export interface ConditionDifference {
  /** `load`, `replicas` … */
  readonly name: string
  /** Each value with the variants that had it. */
  readonly values: readonly { readonly value: string; readonly variants: readonly string[] }[]
}

export interface Conditions {
  /** What should have been the same: a difference between the groups may come from it. */
  readonly incomparable: readonly ConditionDifference[]
  /** What the runs were likely made to compare: settings of the workload, images, the lab's app. */
  readonly settings: readonly ConditionDifference[]
}

type Facts = Readonly<Record<string, string>>

const MOST_TEXT = 120

const textOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT - 1)}…`
}

/** Nested values by their path; lists as one text. */
const flat = (prefix: string, value: unknown): [string, string][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, child]) => flat(prefix === '' ? key : `${prefix}.${key}`, child))
    : [[prefix, textOf(value)]]

const pathOf = (url: string): string => {
  try {
    const { protocol, host, pathname } = new URL(url)
    return `${protocol}//${host}${pathname}`
  } catch {
    return textOf(url)
  }
}

const rateOf = (load: LoadPlan): string =>
  load.model === 'open'
    ? `${load.ratePerSec} requests/s`
    : `${load.vus} vUsers, pace ${load.paceMs} ms, think ${load.thinkMs} ms`

/** Facts that should not differ between runs that are compared. */
const surroundings = ({ info, report }: RunConditions): Facts => {
  const { scenario, cluster, versions } = info
  const { load, target, rollout } = scenario
  const nodes = new Set(report.pods.flatMap(({ node }) => node ?? []))
  return {
    command: info.command,
    target: pathOf(target.url),
    load: rateOf(load),
    connections: textOf(load.connections),
    'request timeout': `${load.timeoutMs} ms`,
    requests: textOf(
      scenario.requests.map(({ method, path, weight }) => `${method} ${path} ×${weight}`).join(', '),
    ),
    deployment:
      scenario.deployment === null ? 'none' : `${scenario.deployment.namespace}/${scenario.deployment.name}`,
    'restarts of a run': String(rollout.restarts),
    settle: `${rollout.settleMs} ms`,
    replicas: String(cluster?.deployment.replicas ?? 'unknown'),
    'cluster version': cluster?.serverVersion ?? 'unknown',
    'nodes with pods': nodes.size === 0 ? 'unknown' : String(nodes.size),
    rollproof: versions.rollproof,
    'Node.js': versions.node,
    machine: versions.os,
    ...(scenario.lab === null ? {} : { 'lab path': scenario.lab.path }),
  }
}

/** What makes two runs one test: the same key, the same scenario under the same load on the same Deployment. */
export const sameTest = (info: RunInfo): string => {
  const { scenario, command, cluster, name } = info
  return JSON.stringify([
    command,
    name,
    scenario.deployment,
    pathOf(scenario.target.url),
    rateOf(scenario.load),
    scenario.load.connections,
    cluster?.deployment.replicas ?? null,
  ])
}

const podFacts = (settings: PodSettings | undefined): [string, string][] =>
  settings === undefined ? [] : flat('pod', settings)

/** Settings that a comparison is usually about. */
const settingsOf = ({ info }: RunConditions): Facts => {
  const { cluster, scenario } = info
  const { deployment } = cluster ?? {}
  const { seed: _seed, replicas: _replicas, path: _path, ...lab } = scenario.lab ?? {}
  return Object.fromEntries([
    ...(deployment === undefined
      ? []
      : [
          ['maxSurge', String(deployment.maxSurge)] as [string, string],
          ['maxUnavailable', String(deployment.maxUnavailable)] as [string, string],
          ['minReadySeconds', String(deployment.minReadySeconds)] as [string, string],
        ]),
    ...podFacts(deployment?.settings),
    ...(scenario.lab === null ? [] : flat('lab', lab)),
  ])
}

const differing = (
  runs: readonly RunConditions[],
  factsOf: (run: RunConditions) => Facts,
): ConditionDifference[] => {
  const all = runs.map((run) => ({ variant: run.variant, facts: factsOf(run) }))
  const names = [...new Set(all.flatMap(({ facts }) => Object.keys(facts)))]
  return names.flatMap((name) => {
    const byValue = new Map<string, Set<string>>()
    for (const { variant, facts } of all) {
      const value = facts[name] ?? 'absent'
      byValue.set(value, (byValue.get(value) ?? new Set()).add(variant))
    }
    if (byValue.size < 2) return []
    const values = [...byValue]
      .map(([value, variants]) => ({ value, variants: [...variants].sort(compareText) }))
      .sort((a, b) => compareText(a.value, b.value))
    return [{ name, values }]
  })
}

/** What differs between the conditions of runs, by name. */
export const conditionsOf = (runs: readonly RunConditions[]): Conditions => ({
  incomparable: differing(runs, surroundings),
  settings: differing(runs, settingsOf),
})

const valuesText = ({ values }: ConditionDifference): string =>
  values.map(({ value, variants }) => `${value} (${variants.join(', ')})`).join(', ')

/** The differences as sentences for the notes of a comparison, what makes it doubtful first. */
export const conditionNotes = ({ incomparable, settings }: Conditions): string[] => [
  ...incomparable.map(
    (difference) =>
      `Not made under the same conditions: ${difference.name} was ${valuesText(difference)}. A difference may come from that.`,
  ),
  ...(settings.length === 0
    ? []
    : [`Settings that differ: ${settings.map((one) => `${one.name} ${valuesText(one)}`).join('; ')}.`]),
]
