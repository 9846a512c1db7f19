import type { Consent } from '../run/consent.ts'
import type { Flags } from './command.ts'
import { switchFlag, textFlag } from './flags.ts'
import type { Host } from './host.ts'

/** What was said on the command line about touching a cluster; on a terminal the rest is asked. */
export const consentOf = (flags: Flags, host: Host): Consent => ({
  contextGiven: textFlag(flags, 'context') !== null || switchFlag(flags, 'in-cluster'),
  yes: switchFlag(flags, 'yes'),
  expectedClusterUid: textFlag(flags, 'expect-cluster-uid'),
  ask: host.isInteractive
    ? async (question) => /^y(es)?$/i.test((await host.question(`${question} [y/N] `))?.trim() ?? '')
    : null,
})
