import type { FailureDetail } from '../../model/detail.ts'
import type { FailureVerdict } from '../../model/finding.ts'
import { causeText } from '../tables.ts'
import type { Lists, Words } from './words.ts'

/**
 * The failures of a run as columns, entry i of each belongs to failure i, in order of time. Texts are numbers of the
 * dictionary (−1 = unknown). Times are in tenths of a ms, to keep the page small.
 */
export interface FailureColumns {
  readonly id: number[]
  /** Since the failure before; the first one since run start. */
  readonly at: number[]
  readonly took: number[]
  /** Index of the pod, −1 = not known. */
  readonly pod: number[]
  readonly kind: number[]
  readonly cause: number[]
  readonly label: number[]
  /** 0 low, 1 medium, 2 high. */
  readonly sure: number[]
  /** 0 = none. */
  readonly rollout: number[]
  readonly vu: number[]
  readonly method: number[]
  readonly path: number[]
  readonly template: number[]
  /** 0 = none. */
  readonly status: number[]
  readonly message: number[]
  /** Requests that the connection had carried before. */
  readonly before: number[]
  /** 0 = unknown. */
  readonly port: number[]
  readonly address: number[]
  readonly twin: number[]
  /** Numbers of lists: facts by seq; cause and reason in turn; causes. */
  readonly facts: number[]
  readonly ruledOut: number[]
  readonly candidates: number[]
  readonly separator: number[]
  /** What only the bundle tells; absent without it. Moments count from the failure's start, `null` = unknown. */
  readonly more: {
    readonly seq: (number | null)[]
    /** 0 not known, 1 by identity, 2 by address. */
    readonly by: number[]
    readonly phase: number[]
    readonly intended: number[]
    readonly connected: (number | null)[]
    readonly written: (number | null)[]
    readonly first: (number | null)[]
    readonly idle: (number | null)[]
    readonly code: number[]
    readonly layer: number[]
    readonly worker: number[]
    readonly connection: number[]
    /** Start, end, address, pod; or nothing. */
    readonly twin: (readonly number[])[]
    /** Start (negative), duration, outcome (0 ok, 1 failed, 2 cut), pod; for each request in turn. */
    readonly history: (readonly number[])[]
  } | null
}

const LEVELS = ['low', 'medium', 'high']
const OUTCOMES = ['ok', 'failed', 'cut']

const tenths = (ms: number): number => Math.round(ms * 10)
const since = (atMs: number | null, fromMs: number): number | null =>
  atMs === null ? null : tenths(atMs - fromMs)

const moreColumns = (
  verdicts: readonly FailureVerdict[],
  details: readonly FailureDetail[],
  words: Words,
): FailureColumns['more'] => {
  const of = <T>(pick: (detail: FailureDetail, startMs: number) => T): T[] =>
    details.map((detail, i) => pick(detail, verdicts[i]?.startedAtMs ?? 0))
  return {
    seq: of(({ seq }) => seq),
    by: of(({ podBy }) => (podBy === null ? 0 : podBy === 'identity' ? 1 : 2)),
    phase: of(({ phase }) => words.of(phase)),
    intended: of(({ intendedAtMs }, start) => tenths(intendedAtMs - start)),
    connected: of(({ connectedAtMs }, start) => since(connectedAtMs, start)),
    written: of(({ writtenAtMs }, start) => since(writtenAtMs, start)),
    first: of(({ firstByteAtMs }, start) => since(firstByteAtMs, start)),
    idle: of(({ idleMs }) => since(idleMs, 0)),
    code: of(({ code }) => words.of(code)),
    layer: of(({ layer }) => words.of(layer)),
    worker: of(({ worker }) => worker),
    connection: of(({ connectionId }) => connectionId),
    twin: of(({ twin }, start) =>
      twin === null
        ? []
        : [
            tenths(twin.startedAtMs - start),
            tenths(twin.endedAtMs - start),
            words.of(twin.remoteAddress),
            words.of(twin.pod),
          ],
    ),
    history: of(({ history }, start) =>
      history.flatMap((one) => [
        tenths(one.startedAtMs - start),
        tenths(one.tookMs),
        OUTCOMES.indexOf(one.outcome),
        words.of(one.pod),
      ]),
    ),
  }
}

/**
 * @param verdicts in order of time
 * @param details entry i belongs to verdict i; `null` = not known
 * @param laneOf index of the pod of a failure
 * @param isOwn whether a fact is the failure itself or its twin, which the page shows anyway
 */
export const failureColumns = (
  verdicts: readonly FailureVerdict[],
  details: readonly FailureDetail[] | null,
  words: Words,
  lists: Lists,
  laneOf: (verdict: FailureVerdict, detail: FailureDetail | null) => number,
  isOwn: (seq: number, verdict: FailureVerdict) => boolean,
): FailureColumns => {
  const of = <T>(pick: (verdict: FailureVerdict, i: number) => T): T[] => verdicts.map(pick)
  return {
    id: of(({ requestId }) => requestId),
    at: of(
      ({ startedAtMs }, i) => tenths(startedAtMs) - (i === 0 ? 0 : tenths(verdicts[i - 1]?.startedAtMs ?? 0)),
    ),
    took: of(({ startedAtMs, endedAtMs }) => tenths(endedAtMs - startedAtMs)),
    pod: of((verdict, i) => laneOf(verdict, details?.[i] ?? null)),
    kind: of(({ kind }) => words.of(kind)),
    cause: of(({ cause }) => words.of(cause)),
    label: of(({ cause, mechanism }) => words.of(causeText(cause, mechanism))),
    sure: of(({ confidence }) => LEVELS.indexOf(confidence)),
    rollout: of(({ rollout }) => rollout ?? 0),
    vu: of(({ vu }) => vu),
    method: of(({ method }) => words.of(method)),
    path: of(({ path }) => words.of(path)),
    template: of(({ template }) => words.of(template)),
    status: of(({ status }) => status ?? 0),
    message: of(({ message }) => words.of(message)),
    before: of(({ requestsOnConnection }) => requestsOnConnection),
    port: of(({ localPort }) => localPort ?? 0),
    address: of(({ remoteAddress }) => words.of(remoteAddress)),
    twin: of(({ twin }) => words.of(twin)),
    facts: of((verdict) => lists.of(verdict.evidence.filter((seq) => !isOwn(seq, verdict)))),
    ruledOut: of(({ ruledOut }) =>
      lists.of(ruledOut.flatMap(({ cause, because }) => [words.of(cause), words.of(because)])),
    ),
    candidates: of(({ candidates }) => lists.of(candidates.map((cause) => words.of(cause)))),
    separator: of(({ separator }) => words.of(separator)),
    more: details === null ? null : moreColumns(verdicts, details, words),
  }
}
