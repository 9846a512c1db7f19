import { redactData } from '../kernel/redact.ts'
import type { Measurement, Verification } from '../model/measurement.ts'
import { escapeTerminal, escapeTerminalLines } from './escape.ts'
import { boundText, countOf, countText, durationText } from './format.ts'
import { wrapText } from './text-layout.ts'

const MOST_PROSE = 110

const headline = (measurement: Measurement): string =>
  measurement.preStopSeconds === null
    ? `no preStop can be recommended for ${measurement.deployment}`
    : `preStop ${measurement.preStopSeconds} s, terminationGracePeriodSeconds ${measurement.terminationGracePeriodSeconds ?? '–'} for ${measurement.deployment}`

const drainLine = ({ drain, measuredWithSeconds }: Measurement): string =>
  `New connections after the start of a termination: p50 ${durationText(drain.p50Ms)}, p95 ${durationText(drain.p95Ms)}, longest ${durationText(drain.maxMs)}; ` +
  `${countOf(drain.n, 'pod termination')}, ${countText(drain.censored)} censored, measured with preStop ${measuredWithSeconds} s.`

const verdictWord = ({ holds }: Verification): string =>
  holds === null ? 'NOT ENOUGH DATA' : holds ? 'VERIFIED' : 'REFUTED'

const verificationLines = (verification: Verification): readonly string[] => [
  `${verdictWord(verification)}: with preStop ${verification.preStopSeconds} s, ${verification.because}.`,
  ...(verification.bound === null
    ? []
    : [`At most ${boundText(verification.bound)} of pod terminations drop something (95 % confidence).`]),
  ...(verification.otherFailures === 0
    ? []
    : [
        `${countOf(verification.otherFailures, 'request')} failed for reasons that no preStop mends: see the report of that run.`,
      ]),
]

/** A measurement for a terminal or a log: the number, its sum and bound, the patch. No line is wider than `width`. */
export const measurementText = (raw: Measurement, width: number): string => {
  const measurement = redactData(raw)
  const room = Math.max(40, Math.min(width, MOST_PROSE))
  const prose = (text: string, indent = 0): readonly string[] =>
    wrapText(escapeTerminal(text), room - indent).map((line) => ' '.repeat(indent) + line)
  const lines = [
    ...prose(`rollproof measure · ${headline(measurement)}`),
    '',
    ...measurement.problems.flatMap((problem) => prose(`- ${problem}`, 2)),
    ...measurement.arithmetic.flatMap((sentence) => prose(`${sentence}.`)),
    ...prose(drainLine(measurement)),
    ...measurement.validity.flatMap((sentence) => prose(sentence)),
    ...(measurement.keepAlive === null ? [] : prose(`${measurement.keepAlive.advice}.`)),
  ]
  if (measurement.patch !== '')
    lines.push(
      '',
      'Patch',
      ...escapeTerminalLines(measurement.patch)
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    )
  if (measurement.verification !== null)
    lines.push('', ...verificationLines(measurement.verification).flatMap((sentence) => prose(sentence)))
  return `${lines.join('\n')}\n`
}
