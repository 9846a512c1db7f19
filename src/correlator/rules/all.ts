import type { CauseId } from '../../model/finding.ts'
import { a1 } from './a1.ts'
import { a2 } from './a2.ts'
import { a3 } from './a3.ts'
import { a4 } from './a4.ts'
import { a5 } from './a5.ts'
import { a6 } from './a6.ts'
import { a7 } from './a7.ts'
import { a9 } from './a9.ts'
import { a10 } from './a10.ts'
import { a16 } from './a16.ts'
import { b1 } from './b1.ts'
import { b3 } from './b3.ts'
import { b8 } from './b8.ts'
import { c1 } from './c1.ts'
import { c2 } from './c2.ts'
import { c3 } from './c3.ts'
import { c4 } from './c4.ts'
import { c5 } from './c5.ts'
import { c8 } from './c8.ts'
import { d1 } from './d1.ts'
import { d2 } from './d2.ts'
import { d4 } from './d4.ts'
import { d6 } from './d6.ts'
import { e6 } from './e6.ts'
import { f1 } from './f1.ts'
import { f2 } from './f2.ts'
import { f3 } from './f3.ts'
import { f5 } from './f5.ts'
import { f7 } from './f7.ts'
import { f8 } from './f8.ts'
import { f9 } from './f9.ts'
import { f10 } from './f10.ts'
import { f11 } from './f11.ts'
import type { Rule } from './rule.ts'

/** Our own faults, in the order of the decision table: the first that holds ends the search. */
export const GUARDS: readonly Rule[] = [f3, f1, f2, f7, f8, f10, f5]

/** A gap of the watch makes whatever else holds ambiguous. */
export const SIGHT_GUARD: Rule = f11

/** What was there before the rollouts: after D1, because D1 names the reason. */
export const PRE_EXISTING: Rule = f9

/** Causes, in the order of the decision table; the order decides between equals only where they are one family. */
export const CAUSES: readonly Rule[] = [
  d1,
  c5,
  c3,
  c4,
  d6,
  a5,
  a1,
  a2,
  e6,
  c8,
  c1,
  b8,
  b1,
  a6,
  a7,
  a16,
  a3,
  a4,
  a9,
  d4,
  b3,
  d2,
  a10,
  c2,
]

/** B4 and B9 are mechanisms, never roots. */
export const MECHANISM_TITLES: Readonly<Record<CauseId, string>> = {
  B4: 'The load balancer goes on sending after the deregistration, often for tens of seconds',
  B9: "The pod's network was gone already, and packets went into the void",
}

const BY_ID = new Map([...GUARDS, SIGHT_GUARD, PRE_EXISTING, ...CAUSES].map((rule) => [rule.id, rule]))

/** The rule of a cause; `null` for the groups and for causes that are not implemented. */
export const ruleOf = (id: CauseId): Rule | null => BY_ID.get(id) ?? null

export const ALL_RULES: readonly Rule[] = [...BY_ID.values()]
