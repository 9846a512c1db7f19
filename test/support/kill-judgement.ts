import { JOURNAL_ANNOTATION, readJournalText } from '../../src/model/journal.ts'
import { specHash } from '../../src/orchestrator/journal/spec-hash.ts'
import type { ApiObject } from './api-object.ts'
import type { KillCase, KillVerdict } from './kill-case.ts'
import type { Told } from './restore-from.ts'

/** Outcomes that say: this object is not as it was. */
const OPEN: readonly string[] = ['foreign', 'conflict', 'refused', 'unreadable', 'recreated']

/** A journal that only says that other objects are not restored yet. */
const isReminder = (text: string): boolean => {
  const read = readJournalText(text)
  return (
    read.ok &&
    read.record.changes.length === 0 &&
    read.record.restart === null &&
    read.record.others.length > 0
  )
}

/** Whether something of ours is on an object: `now` as it is, `expected` as it was, with what somebody else did since. */
const isOurs = (now: ApiObject, expected: ApiObject): boolean => {
  // Gone, with what was on it.
  if (now.kind === 'Status') return false
  const journal: string | undefined = now.metadata.annotations?.[JOURNAL_ANNOTATION]
  // Made anew by somebody else: what it is otherwise is that one's will.
  if (now.metadata.uid !== expected.metadata.uid) return journal !== undefined
  return (journal !== undefined && !isReminder(journal)) || specHash(now) !== specHash(expected)
}

/** What a case came to. Pure: objects as the API server gives them, in the same order; `original` = no difference at all. */
export const judgeKill = (
  { foreign }: KillCase,
  told: Told,
  objects: readonly { readonly now: ApiObject; readonly expected: ApiObject }[],
  isOriginal: boolean,
): { readonly verdict: KillVerdict; readonly left: readonly string[] } => {
  const left = objects
    .filter(({ now, expected }) => isOurs(now, expected))
    .map(({ expected }): string => expected.kind)
  const isTold = (kind: string): boolean =>
    told.isError && told.objects.some((one) => one.kind === kind && OPEN.includes(one.state))
  if (!left.every(isTold)) return { verdict: 'silent', left }
  if (told.isError) return { verdict: foreign === null ? 'crying wolf' : 'conflict', left }
  // With nobody else's doing there is only one right end.
  if (!isOriginal && foreign === null) return { verdict: 'silent', left }
  return { verdict: isOriginal ? 'restored' : 'closed', left }
}
