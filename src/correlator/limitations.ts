import type { RunReport } from '../model/finding.ts'
import type { GateContext } from './gates/gate.ts'
import { countText } from './gates/gate.ts'
import { resolutionMs } from './gates/h10.ts'
import type { HiddenDamage } from './hidden.ts'
import type { Judged } from './verdict.ts'

/** What this run cannot tell, in words. Empty lines never. */
export const limitationsOf = (
  context: GateContext,
  judged: Judged,
  bounds: RunReport['bounds'],
  hidden: HiddenDamage,
  noRecommendation: string | null,
): string[] => {
  const { world, input } = context
  const { info, timeline, rows, path } = world
  const lines: (string | null)[] = []
  const resolution = resolutionMs(context)
  if (resolution !== null)
    lines.push(
      `An outage of one pod that is shorter than ${countText(Math.ceil(resolution))} ms could be missed at this rate.`,
    )
  if (bounds.terminations > 0 && bounds.terminations < 59)
    lines.push(
      `${countText(bounds.terminations)} pod terminations are the independent trials of this run; a statement about the 95th percentile needs 59.`,
    )
  if (info.command === 'run') {
    lines.push(
      `Path: ${path.leg === 'unknown' ? 'not known' : path.leg.toUpperCase()}, because ${path.because}.`,
    )
    const { lab } = info.scenario
    // A lab block that was not used is still in the scenario.
    const onAlb = lab?.path === 'alb' && info.scenario.target.url.startsWith('http://alb.lab:')
    if (onAlb && lab.alb.timeScale !== 1)
      lines.push(
        `The lab's load balancer ran with AWS's times × ${lab.alb.timeScale}: its delays, and what follows from them, are scaled.`,
      )
    if (!rows.hasIdentity && !path.direct)
      lines.push(
        "No answer named its pod: causes rest on the times of pod events alone. A header with the pod's name separates more.",
      )
    if (!timeline.clock.measured)
      lines.push("The offset of the cluster's clock was not measured: its times count as ± 2 s.")
    if (info.scenario.target.control === null)
      lines.push('Without --control the network path itself was not controlled, only this machine.')
  } else if (rows.failed > 0)
    lines.push('No pod was watched (load): causes that need pod events cannot be named.')
  if (hidden.count > 0 && hidden.extraMs !== null)
    lines.push(
      `${countText(hidden.count)} requests succeeded only after ${(hidden.extraMs.min / 1000).toFixed(1)} to ${(hidden.extraMs.max / 1000).toFixed(1)} s more than usual: a proxy's retry or a repeated connect hid the failure.`,
    )
  if (info.scenario.target.insecure) lines.push('TLS certificates were not checked.')
  if (judged.accepted.length > 0) lines.push(`Accepted without proof: ${judged.accepted.join(', ')}.`)
  if (noRecommendation !== null && info.command === 'run')
    lines.push(`${noRecommendation.charAt(0).toUpperCase()}${noRecommendation.slice(1)}.`)
  if (timeline.ended === null)
    lines.push('The run has no end: it was killed, or is still going on; it is judged from what is complete.')
  else if (timeline.ended.reason !== 'completed')
    lines.push(`The run ended early (${timeline.ended.reason}): ${timeline.ended.detail ?? 'no detail'}.`)
  if (input.torn !== null)
    lines.push(`The last fact is torn (${input.torn.tornBytes} bytes) and was left out.`)
  lines.push(...input.problems.map((problem) => `The bundle is damaged: ${problem}.`))
  return lines.filter((line) => line !== null)
}
