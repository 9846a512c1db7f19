import { killOf } from '../pod-line.ts'
import { endingFacts, only, wasKilledAtGrace } from './ending-pods.ts'
import { cutAgeOf, exitingPods, hadStoppedAnswering, isCut } from './exiting-pods.ts'
import { isQuiet, QUIET } from './quiet-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'
import { writesOnly } from './writes-only.ts'

export const a16: Rule = {
  id: 'A16',
  title: 'The app exits on SIGTERM with requests in flight',
  fix: 'Turn on graceful shutdown (Spring: server.shutdown=graceful; Node: server.close with a deadline) with a drain timeout longer than the longest request.',
  group: 'cause',
  judge: (failure, world) => {
    const silent = failure.kind === 'timeout' && failure.firstByteMs === null && world.legOf(failure) !== 'l7'
    if (!isCut(failure, world) && !silent) return null
    const known = world.podOf(failure) !== null
    const pods = silent
      ? exitingDuring(failure.startMs, failure.endMs, known ? world.podOf(failure)?.line : undefined)
      : exitingPods(failure, world)
    if (pods.length === 0) return ruledOut('no pod exited when the request was cut')
    const ended = pods.filter(
      (line) => !wasKilledAtGrace(line, killOf(line)) && line.exited?.reason !== 'OOMKilled',
    )
    if (ended.length === 0) return ruledOut('the process was killed (137) at the end of its grace')
    const age = cutAgeOf(failure, ended[0], world)
    const proxied = world.legOf(failure) === 'l7'
    if (proxied && age !== 'in-flight' && ended.every((line) => isQuiet(failure, line, world)))
      return ruledOut(QUIET)
    const split = writesOnly(world)
    if (proxied && split.proven && split.isWrite(failure.method))
      return ruledOut('the proxy repeats everything but such writes (D4)')
    if (!silent && !failure.fresh && !proxied && hadStoppedAnswering(failure, world))
      return ruledOut('the pod had stopped answering before it exited')
    if (age === 'crossed' && !failure.fresh && !proxied)
      return ruledOut('the request was no older than a round trip: the app had not read it')
    const code = ended[0]?.exited?.code ?? null
    const base = code === 0 || code === 143 ? 0.9 : code === null ? 0.7 : 0.75
    const likelihood = silent ? 0.55 : base - (known ? 0 : 0.1)
    const doubt = age === 'in-flight' ? 0 : 0.2
    // A proxy's 502 at the exit says nothing by itself; how the process ended makes it no likelier.
    return suspects(
      proxied && age === 'unclear' ? 0.55 : likelihood - doubt,
      [failure.seq, ...endingFacts(ended)],
      { pod: only(ended) },
    )
  },
}

/** The pod, when it exited while the request was under way. Silence is blamed on a pod only where the pod is known. */
const exitingDuring = <Line extends { exit: { earliest: number; latest: number } | null }>(
  startMs: number,
  endMs: number,
  line: Line | undefined,
): Line[] =>
  line?.exit !== undefined && line.exit !== null && startMs <= line.exit.latest && endMs >= line.exit.earliest
    ? [line]
    : []
