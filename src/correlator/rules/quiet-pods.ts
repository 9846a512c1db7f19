import type { FailureCase } from '../failure-case.ts'
import type { PodLine } from '../pod-line.ts'
import { SHORTLY_MS } from '../pod-traffic.ts'
import type { World } from '../world.ts'

/*
 * Behind a proxy a pod's kept connections are not seen, but its answers are. A pod whose connections are open answers
 * what comes on them. Once it has answered nothing for much longer than it ever let pass between two answers, no kept
 * connection of it is in use any more, so that what fails then is a new connection:
 *
 *   answers ···· last answer |—— A1, A6 or A16: not to be told ——| refused (A1, A2, A5, B1)
 *                            0                 {@link quietMs}
 */

/** When no answer was under way that could show how busy the machines were. */
const UNSEEN_NOISE_MS = 100
/** How far back such answers are looked for; farther where there is none. */
const BEFORE_MS = [100, 1000]

/** How much busy machines added to requests while the failure was under way, ms. */
export const noiseMsAt = (failure: FailureCase, world: World): number =>
  BEFORE_MS.map((beforeMs) => world.noise(failure.startMs - beforeMs, failure.endMs)).find(
    (noiseMs) => noiseMs !== null,
  ) ?? UNSEEN_NOISE_MS

/** Silence that chance leaves between two answers of a pod less than once in a hundred times, in mean gaps: e^-5. */
const GAPS = 5
const LEAST_MS = 150

/** From its last answer until the pod certainly had no kept connection in use, ms; `null` = its answers do not show it. */
const quietMs = (failure: FailureCase, line: PodLine, world: World): number | null => {
  const answered = world.traffic.get(line.ref.uid)?.answeredBefore ?? 0
  return answered === 0 ? null : (GAPS * SHORTLY_MS) / answered + LEAST_MS + noiseMsAt(failure, world)
}

/** Whether the pod had answered nothing for so long that no kept connection of it was in use. */
export const isQuiet = (failure: FailureCase, line: PodLine, world: World): boolean => {
  const silenceMs = quietMs(failure, line, world)
  const traffic = world.traffic.get(line.ref.uid)
  const lastMs = Math.max(
    traffic?.lastFreshOkMs ?? Number.NEGATIVE_INFINITY,
    traffic?.lastReusedOkMs ?? Number.NEGATIVE_INFINITY,
  )
  return silenceMs !== null && failure.startMs - lastMs > silenceMs
}

/** Why a quiet pod is ruled out. */
export const QUIET = 'the pod had answered nothing for so long that no kept connection to it was in use'
