import type { DrainRecommendation, FailureVerdict, Finding, Reason, RunReport } from '../model/finding.ts'
import { isHarness } from './findings.ts'
import { countText } from './gates/gate.ts'
import { ruleOf } from './rules/all.ts'
import type { Judged } from './verdict.ts'
import type { World } from './world.ts'

interface Told {
  readonly judged: Judged
  readonly findings: readonly Finding[]
  readonly verdicts: readonly FailureVerdict[]
  readonly requests: RunReport['requests']
  readonly bounds: RunReport['bounds']
  readonly outage: RunReport['outage']
  readonly recommendation: DrainRecommendation | null
}

const plural = (count: number, one: string): string => `${countText(count)} ${one}${count === 1 ? '' : 's'}`
const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`

/** An upper bound with two significant digits, rounded up: never understated. */
const atMost = (share: number): string => {
  const step = 10 ** (Math.floor(Math.log10(share * 100)) - 1)
  return `${Number((Math.ceil((share * 100) / step - 1e-9) * step).toPrecision(2))} %`
}

const scopeText = (world: World, bounds: RunReport['bounds']): string => {
  if (world.info.command === 'load') return ''
  const rollouts = world.timeline.rollouts.length
  return ` over ${plural(rollouts, 'rollout')} and ${plural(bounds.terminations, 'pod termination')}`
}

const boundText = (bounds: RunReport['bounds']): string => {
  const parts = [
    bounds.perTermination === null ? null : `${atMost(bounds.perTermination)} of pod terminations`,
    bounds.perRequest === null ? null : `${atMost(bounds.perRequest)} of requests`,
  ].filter((part) => part !== null)
  return parts.length === 0 ? '' : `; with 95 % confidence at most ${parts.join(' and ')} fail`
}

const kindsText = (verdicts: readonly FailureVerdict[]): string => {
  const counts = new Map<string, number>()
  for (const { kind } of verdicts) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, 4)
    .map(([kind, count]) => `${countText(count)} ${kind}`)
    .join(', ')
}

const brokeText = (world: World, told: Told): string => {
  const { failed, started } = told.requests
  const scope = scopeText(world, told.bounds)
  if (failed === 0) return `0 of ${plural(started, 'request')} failed${scope}${boundText(told.bounds)}.`
  const share = started === 0 ? '' : ` (${percent(failed / started)})`
  const users = new Set(told.verdicts.map(({ vu }) => vu)).size
  const outage =
    told.outage === null || told.outage.anyMs === 0
      ? ''
      : `; the probes saw ${countText(told.outage.anyMs)} ms of outage`
  return `${countText(failed)} of ${plural(started, 'request')} failed${share}${scope}: ${kindsText(told.verdicts)}; ${plural(users, 'vUser')} affected${outage}.`
}

/** The findings of one cause, whatever their mechanism. */
interface CauseSum {
  readonly first: Finding
  readonly count: number
  readonly mechanisms: ReadonlyMap<string, number>
}

const byCause = (findings: readonly Finding[]): CauseSum[] =>
  [...Map.groupBy(findings, ({ cause, candidates }) => `${cause} ${candidates.join(' ')}`).values()]
    .flatMap((group): CauseSum[] => {
      const [first] = group
      if (first === undefined) return []
      const mechanisms = new Map(
        group.flatMap(({ mechanism, count }) => (mechanism === null ? [] : [[mechanism, count]])),
      )
      return [{ first, count: group.reduce((sum, { count }) => sum + count, 0), mechanisms }]
    })
    .sort((a, b) => b.count - a.count)

const HOW: Readonly<Record<string, string>> = {
  B4: 'sent by a load balancer that learns late (B4)',
  B9: 'after the pod was gone (B9)',
}

const causeText = ({ first, count, mechanisms }: CauseSum): string => {
  const { cause, confidence, candidates } = first
  if (cause === 'ambiguous')
    return `${countText(count)} could be ${candidates.join(' or ')}, which this run cannot tell apart`
  if (cause === 'unexplained') return `${countText(count)} fit no known cause`
  const title = ruleOf(cause)?.title ?? first.title
  const ours = isHarness(cause) ? 'harness, ' : ''
  const how = [...mechanisms]
    .map(([id, some]) => `${countText(some)} of them ${HOW[id] ?? `with ${id} behind it`}`)
    .join(', ')
  return `${countText(count)} × ${cause} (${ours}${confidence.level} confidence${how === '' ? '' : `; ${how}`}): ${title.charAt(0).toLowerCase()}${title.slice(1)}`
}

const openReasons = (told: Told): readonly Reason[] =>
  told.judged.reasons.filter(
    ({ id, holds }) => holds !== true && !told.judged.accepted.some((accepted) => accepted === id),
  )

const reasonText = ({ id, claim, value }: Reason): string =>
  `${/^H\d+$/.test(id) ? `${id} (${claim})` : id}: ${value}`

const whyText = (world: World, told: Told): string => {
  const sums = byCause(told.findings)
  const causes = sums.slice(0, 3).map(causeText)
  const more =
    sums.length > 3 ? `; and ${countText(sums.length - 3)} smaller group${sums.length === 4 ? '' : 's'}` : ''
  const because = causes.length === 0 ? '' : `${causes.join('; ')}${more}`
  if (told.judged.verdict === 'failed') return `${because || 'A threshold was broken'}.`
  if (told.judged.verdict === 'passed') {
    const accepted =
      told.judged.accepted.length === 0 ? '' : `, accepted without proof: ${told.judged.accepted.join(', ')}`
    return `Every claim that a pass needs was shown${accepted}${because === '' ? '' : `; ${because}`}.`
  }
  const open = openReasons(told)
  const missing = open.slice(0, 3).map(reasonText).join('; ')
  const rest = open.length > 3 ? `; and ${open.length - 3} more` : ''
  const state =
    world.timeline.ended === null
      ? 'The run was killed or is still going on'
      : missing === ''
        ? 'The run ended early'
        : `Not shown: ${missing}${rest}`
  return `${state}${because === '' ? '' : `. ${because}`}.`
}

/** How to get the proof that is missing. */
const REMEDIES: Readonly<Record<string, string>> = {
  H1: 'Repeat the run and let it end by itself; a bundle with missing parts cannot be judged.',
  H2: 'Lower the rate or the number of vUsers, or give the harness more processors.',
  H3: 'Give the harness more processor time, or raise limits.scheduleLag if such delays do not matter to you.',
  H4: 'Run the harness on a machine of its own, or with fewer vUsers.',
  H5: 'Look at the control target and the network path first, then repeat the run.',
  H6: 'This build of the engine cannot be trusted on this machine: report it.',
  H7: 'Let the app name its pod in a header (--pod-header), use fresh connections, or raise the rate; or accept it: --accept-unproven H7.',
  H8: 'Let every rollout complete (see its reason), then repeat the run.',
  H9: 'Repeat the run when the API server keeps its watches.',
  H10: 'Send requests during the rollouts.',
}

/** What to change for the three most frequent causes, one sentence each; else for what could not be named. */
const fixesText = (findings: readonly Finding[]): string | undefined => {
  const sums = byCause(findings)
  const named = sums.filter(({ first }) => ruleOf(first.cause) !== null).slice(0, 3)
  if (named.length === 0) return sums[0]?.first.fix
  if (named.length === 1) return named[0]?.first.fix
  return named.map(({ first }) => `${first.cause}: ${first.fix}`).join(' ')
}

const changeText = (told: Told): string => {
  const { verdict } = told.judged
  const { recommendation } = told
  const setting =
    recommendation === null
      ? ''
      : recommendation.patch === ''
        ? ` The present preStop of ${recommendation.preStopSeconds} s and grace of ${recommendation.terminationGracePeriodSeconds} s cover what this run measured.`
        : ` From this run: preStop ≥ ${recommendation.preStopSeconds} s and terminationGracePeriodSeconds ≥ ${recommendation.terminationGracePeriodSeconds}.`
  const fix = fixesText(told.findings)
  if (verdict === 'passed') {
    return fix === undefined
      ? `Nothing has to change.${setting}`
      : `What failed is within what was allowed. To drop less: ${fix}${setting}`
  }
  if (verdict === 'failed') return `${fix ?? 'Look at the broken threshold.'}${setting}`
  const remedy = openReasons(told)
    .map(({ id }) => REMEDIES[id])
    .find((text) => text !== undefined)
  return [remedy ?? 'Repeat the run and let it end by itself.', fix, setting.trim()]
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
}

/** What broke, why, what to change: in plain words, with the numbers. */
export const sentencesOf = (world: World, told: Told): [string, string, string] => [
  brokeText(world, told),
  whyText(world, told),
  changeText(told),
]
