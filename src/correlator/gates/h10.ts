import { CONTROL_PROBE } from '../codes.ts'
import { covers, intersectionOf, lengthMs, unionOf } from '../interval.ts'
import { engineStalls } from '../timeline.ts'
import { type Gate, type GateContext, msText } from './gate.ts'

/** With 3 requests expected in an outage, it is missed with e⁻³ = 5 %. */
const EXPECTED = 3

/** Length of an outage of one pod that would have been seen with 95 %, ms; `null` without traffic. */
export const resolutionMs = ({ world, windows }: GateContext): number | null => {
  let requests = 0
  for (const { length, source, startUs } of world.requests.blocks('source', 'startUs'))
    for (let i = 0; i < length; i++)
      if (source[i] !== CONTROL_PROBE && covers(windows, (startUs[i] ?? 0) / 1000)) requests++
  const spanMs = lengthMs(windows)
  if (requests === 0 || spanMs <= 0) return null
  const paths =
    world.info.command === 'load'
      ? 1
      : Math.max(1, world.info.cluster?.deployment.replicas ?? world.rows.answeringPods.length)
  const stalls = intersectionOf(unionOf(engineStalls(world.timeline)), windows)
  const longestStallMs = Math.max(0, ...stalls.map((span) => span.toMs - span.fromMs))
  return (EXPECTED * paths * spanMs) / requests + longestStallMs
}

/** A statement, not a hurdle: it holds when it can be made. */
export const h10: Gate = {
  id: 'H10',
  claim: 'What is too short to be seen is stated',
  inLoad: true,
  judge: (context) => {
    const limit = 'stated'
    const ms = resolutionMs(context)
    if (ms === null) return { value: 'no traffic in the window', limit, holds: null }
    return {
      value: `an outage shorter than ${msText(Math.ceil(ms))} on one path could be missed`,
      limit,
      holds: true,
    }
  },
}
