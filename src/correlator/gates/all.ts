import type { Reason } from '../../model/finding.ts'
import type { Gate, GateContext } from './gate.ts'
import { h1 } from './h1.ts'
import { h2 } from './h2.ts'
import { h3 } from './h3.ts'
import { h4 } from './h4.ts'
import { h5 } from './h5.ts'
import { h6 } from './h6.ts'
import { h7 } from './h7.ts'
import { h8 } from './h8.ts'
import { h9 } from './h9.ts'
import { h10 } from './h10.ts'

const GATES: readonly Gate[] = [h1, h2, h3, h4, h5, h6, h7, h8, h9, h10]

/** Every gate that the command has to show, in order. */
export const judgeGates = (context: GateContext): Reason[] =>
  GATES.filter(({ inLoad }) => inLoad || context.world.info.command === 'run').map((gate) => ({
    id: gate.id,
    claim: gate.claim,
    ...gate.judge(context),
  }))
