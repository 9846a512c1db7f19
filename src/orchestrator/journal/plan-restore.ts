import { sameJson } from '../../kernel/canonical-json.ts'
import { type Found, stepsOf, valueAt, withValueAt } from '../../kernel/json-pointer.ts'
import type { JournalAnchor, JournalChange, JournalRecord } from '../../model/journal.ts'
import { RESTART_PATH } from '../../model/rollout.ts'
import { specHash } from './spec-hash.ts'
import { subjectOf } from './subject.ts'

/**
 * Three-way, per field: `now` is what stands there, `before` what stood there, `ours` what the variant put there.
 *
 *     now = before           already   nothing to do
 *     now = ours             put-back  before is written
 *     now = anything else    conflict  somebody else's: left alone
 *
 * Of the number of replicas that an autoscaler writes because of ours:
 *
 *     ours ≤ now < before    put-back  also when it has begun to come back by itself
 *     anything else          theirs    it wants more, or somebody else scaled: left to them, and nothing is open
 */
export interface PlannedField {
  readonly path: string
  readonly state: 'already' | 'put-back' | 'conflict' | 'theirs'
  readonly now: Found | null
  readonly before: Found | null
  /** What we wrote last; for a restart one of many values. */
  readonly ours: Found | null
}

export interface RestorePlan {
  readonly fields: readonly PlannedField[]
  /** Of the list elements that the fields to be put back go through. */
  readonly anchors: readonly JournalAnchor[]
  /** Whether the spec will be the original one, by its hash, once the fields are put back. */
  readonly isOriginal: boolean
}

/** Restart values that are known to be ours; `null` = no local journal tells. */
export type OwnRestarts = readonly string[] | null

const same = (a: Found | null, b: Found | null): boolean =>
  a === null || b === null ? a === b : sameJson(a.value, b.value)

/** As we write it: kubectl writes whole seconds. */
const OUR_FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const isOwnRestart = (now: Found | null, { writtenAtMs }: JournalRecord, own: OwnRestarts): boolean => {
  if (now === null || typeof now.value !== 'string') return false
  if (own !== null) return own.includes(now.value)
  return OUR_FORM.test(now.value) && Date.parse(now.value) >= writtenAtMs
}

const planRestart = (subject: unknown, record: JournalRecord, own: OwnRestarts): readonly PlannedField[] => {
  if (record.restart === null) return []
  const { before } = record.restart
  const now = valueAt(subject, RESTART_PATH)
  const state = same(now, before) ? 'already' : isOwnRestart(now, record, own) ? 'put-back' : 'conflict'
  return [{ path: RESTART_PATH, state, now, before, ours: state === 'put-back' ? now : null }]
}

/** Whether the field's own list elements are still the ones that it was written into. */
const anchorsOf = ({ path }: JournalChange, { anchors }: JournalRecord): readonly JournalAnchor[] =>
  anchors.filter((anchor) => path.startsWith(`${anchor.path.slice(0, -'/name'.length)}/`))

const hasParent = (subject: unknown, path: string): boolean => {
  const steps = stepsOf(path)
  const parent = valueAt(subject, path.slice(0, path.lastIndexOf('/')))?.value
  return steps.length > 0 && typeof parent === 'object' && parent !== null
}

const isOnItsWay = ({ now, before, ours }: Omit<PlannedField, 'state'>): boolean => {
  const [present, most, least] = [now, before, ours].map((found) => found?.value)
  if (typeof present !== 'number' || typeof most !== 'number' || typeof least !== 'number') return false
  return present >= least && present < most
}

const planChange = (subject: unknown, change: JournalChange, record: JournalRecord): PlannedField => {
  const { path, before, after } = change
  const now = valueAt(subject, path)
  const field = { path, now, before, ours: after }
  const isSameElement = anchorsOf(change, record).every(
    ({ path: at, value }) => valueAt(subject, at)?.value === value,
  )
  if (!isSameElement) return { ...field, state: 'conflict' }
  if (same(now, before)) return { ...field, state: 'already' }
  if (change.by === 'autoscaler') return { ...field, state: isOnItsWay(field) ? 'put-back' : 'theirs' }
  return { ...field, state: same(now, after) && hasParent(subject, path) ? 'put-back' : 'conflict' }
}

/** What a restore of this object would do. Pure; `object` is as the API server gave it. */
export const planRestore = (object: unknown, record: JournalRecord, own: OwnRestarts): RestorePlan => {
  const subject = subjectOf(object)
  const fields = [
    ...record.changes.map((change) => planChange(subject, change, record)),
    ...planRestart(subject, record, own),
  ]
  const toPutBack = fields.filter(({ state }) => state === 'put-back')
  const restored = toPutBack.reduce<unknown>(
    (rest, { path, before }) => withValueAt(rest, path, before),
    subject,
  )
  const anchors = record.anchors.filter(({ path }) =>
    toPutBack.some((field) => field.path.startsWith(`${path.slice(0, -'/name'.length)}/`)),
  )
  return { fields, anchors, isOriginal: specHash(restored) === record.specHash }
}

/**
 * The record that stays when fields could not be put back: only those, so that a later restore asks for no others. `waiting`:
 * paths that are put back later on purpose.
 */
export const remainderOf = (
  record: JournalRecord,
  { fields }: RestorePlan,
  waiting: readonly string[] = [],
): JournalRecord | null => {
  const isOpen = ({ path, state }: PlannedField): boolean => state === 'conflict' || waiting.includes(path)
  const open = new Set(fields.filter(isOpen).map(({ path }) => path))
  if (open.size === 0) return null
  return {
    ...record,
    changes: record.changes.filter(({ path }) => open.has(path)),
    restart: open.has(RESTART_PATH) ? record.restart : null,
  }
}
