import { HarnessError } from '../kernel/errors.ts'
import { nearest } from '../scenario/suggest.ts'
import type { Command } from './command.ts'

/** A value that a flag does not take: which it does, and the nearest. `null` = the message is about something else. */
const choiceError = (message: string, program: string): HarnessError | null => {
  const [, flag, given, list] = /Argument: (\S+), Given: "([^"]*)", Choices: (.*)/.exec(message) ?? []
  if (flag === undefined || given === undefined || list === undefined) return null
  const choices = list.split(', ').map((choice) => choice.replaceAll('"', ''))
  const near = nearest(given, choices)
  return new HarnessError('USAGE', `--${flag}: ${JSON.stringify(given)} is none of ${choices.join(', ')}`, {
    hint: near === null ? `see ${program} --help` : `did you mean ${near}?`,
  })
}

/**
 * A wrong flag or command: what yargs said, made helpful.
 * @param known words that may have been meant
 * @param command the one that was asked for; `null` = none that is known
 */
export const usageError = (
  message: string,
  known: readonly string[],
  command: Command | null,
  program: string,
): HarnessError => {
  const choice = choiceError(message, program)
  if (choice !== null) return choice
  const missing = /<[^>]+>/.exec(command?.usage ?? '')?.[0]
  if (command !== null && missing !== undefined && message.startsWith('Not enough non-option arguments'))
    return new HarnessError('USAGE', `${missing} is missing: ${program} ${command.usage}`, {
      hint: `see ${program} ${command.usage.split(' ')[0]} --help`,
    })
  const unknown = /^Unknown (?:arguments?|command): (.*)$/.exec(message)?.[1]?.split(', ') ?? []
  const hints = unknown.map((word) => nearest(word, known)).filter((hint) => hint !== null)
  return new HarnessError('USAGE', message, {
    hint: hints.length > 0 ? `did you mean ${hints.join(', ')}?` : `see ${program} --help`,
  })
}
