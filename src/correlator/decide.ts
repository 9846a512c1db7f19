import { runMs } from '../kernel/units.ts'
import type { CauseGroup, CauseId, ConfidenceLevel, FailureVerdict, RuledOut } from '../model/finding.ts'
import type { FailureCase } from './failure-case.ts'
import type { PodLine } from './pod-line.ts'
import { CAUSES, GUARDS, PRE_EXISTING, SIGHT_GUARD } from './rules/all.ts'
import type { Judgement, Rule } from './rules/rule.ts'
import { separatorOf } from './separators.ts'
import type { World } from './world.ts'

/** Below this likelihood nothing is named. */
const NAMEABLE = 0.3
/** A runner-up this close is not separated from the best. */
const MARGIN = 0.15

type Held = Extract<Judgement, { holds: true }> & { readonly id: CauseId }

interface Decision {
  readonly cause: CauseId | CauseGroup
  readonly mechanism: CauseId | null
  readonly level: ConfidenceLevel
  readonly pod: PodLine | null
  readonly evidence: readonly number[]
  readonly ruledOut: readonly RuledOut[]
  readonly candidates: readonly CauseId[]
  readonly separator: string | null
}

const levelOf = (likelihood: number): ConfidenceLevel =>
  likelihood >= 0.8 ? 'high' : likelihood >= 0.55 ? 'medium' : 'low'

/** Asks one rule, and notes why it was ruled out. */
const ask = (rule: Rule, failure: FailureCase, world: World, against: RuledOut[]): Held | null => {
  const judgement = rule.judge(failure, world)
  if (judgement === null) return null
  if (judgement.holds) return { ...judgement, id: rule.id }
  against.push({ cause: rule.id, because: judgement.because })
  return null
}

const named = (held: Held, against: readonly RuledOut[]): Decision => ({
  cause: held.id,
  mechanism: held.mechanism,
  level: levelOf(held.likelihood),
  pod: held.pod,
  evidence: held.evidence,
  ruledOut: against,
  candidates: [],
  separator: null,
})

const unclear = (held: readonly Held[], extra: Held | null, against: readonly RuledOut[]): Decision => {
  const all = extra === null ? held : [...held, extra]
  const candidates = all.map(({ id }) => id)
  const pods = new Set(all.map(({ pod }) => pod))
  return {
    cause: 'ambiguous',
    mechanism: null,
    level: 'low',
    pod: pods.size === 1 ? (all[0]?.pod ?? null) : null,
    evidence: [...new Set(all.flatMap(({ evidence }) => evidence))].sort((a, b) => a - b),
    ruledOut: against,
    candidates,
    separator: separatorOf(candidates),
  }
}

const decide = (failure: FailureCase, world: World): Decision => {
  const against: RuledOut[] = []
  for (const guard of GUARDS) {
    const held = ask(guard, failure, world, against)
    if (held !== null) return named(held, against)
  }
  const blind = ask(SIGHT_GUARD, failure, world, against)
  const held = CAUSES.flatMap((rule) => ask(rule, failure, world, against) ?? [])
    .filter(({ likelihood }) => likelihood >= NAMEABLE)
    .map((one, order) => ({ one, order }))
    .sort((a, b) => b.one.likelihood - a.one.likelihood || a.order - b.order)
    .map(({ one }) => one)
  const idle = held.find(({ id, likelihood }) => id === 'D1' && likelihood >= 0.8)
  if (idle !== undefined) return named(idle, against)
  const broken = held.find(({ id, likelihood }) => (id === 'C8' || id === 'E6') && likelihood >= 0.9)
  if (broken !== undefined && blind === null) return named(broken, against)
  const before = ask(PRE_EXISTING, failure, world, against)
  if (before !== null) return named(before, against)
  const best = held[0]
  const rivals =
    best === undefined ? [] : held.filter(({ likelihood }) => best.likelihood - likelihood < MARGIN - 1e-9)
  if (blind !== null) return unclear(rivals, blind, against)
  if (best === undefined)
    return {
      cause: 'unexplained',
      mechanism: null,
      level: 'low',
      pod: null,
      evidence: failure.seq === null ? [] : [failure.seq],
      ruledOut: against,
      candidates: [],
      separator: null,
    }
  const lost = held.slice(rivals.length).map(({ id }) => ({ cause: id, because: `${best.id} fits better` }))
  return rivals.length > 1 ? unclear(rivals, null, [...against, ...lost]) : named(best, [...against, ...lost])
}

/** What became of one failure: a line of findings.jsonl. */
export const verdictOf = (failure: FailureCase, world: World): FailureVerdict => {
  const decision = decide(failure, world)
  const known = world.podOf(failure)
  return {
    requestId: failure.requestId,
    kind: failure.kind,
    cause: decision.cause,
    mechanism: decision.mechanism,
    confidence: decision.level,
    startedAtMs: runMs(failure.startMs),
    endedAtMs: runMs(failure.endMs),
    pod: known?.line.ref.name ?? decision.pod?.ref.name ?? null,
    rollout: failure.rollout,
    vu: failure.vu,
    method: failure.method,
    path: failure.path,
    template: failure.template,
    status: failure.status,
    message: failure.message,
    requestsOnConnection: failure.requestsOnConnection,
    localPort: failure.localPort,
    remoteAddress: failure.remoteAddress,
    twin: failure.twin === null ? null : (failure.twin.kind ?? failure.twin.outcome),
    evidence: decision.evidence,
    ruledOut: decision.ruledOut,
    candidates: decision.candidates,
    separator: decision.separator,
  }
}
