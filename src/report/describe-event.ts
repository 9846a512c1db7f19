import { assertNever } from '../kernel/errors.ts'
import type { ClusterClaim, RunEvent } from '../model/events.ts'
import { countText, durationText, runClockText } from './format.ts'

const claimText = (claim: ClusterClaim): string =>
  claim === null
    ? ''
    : ` (the cluster says ${new Date(claim.earliestAtMs).toISOString().slice(11, 23)}–${new Date(claim.latestAtMs).toISOString().slice(11, 23)})`

const endpointText = (event: {
  readonly address: string
  readonly pod: { readonly name: string } | null
}): string => `${event.address}${event.pod === null ? '' : ` of ${event.pod.name}`}`

/** What a fact says, as one phrase without its time. */
const phrase = (event: RunEvent): string => {
  switch (event.type) {
    case 'run.started':
      return 'the run started'
    case 'run.ended':
      return `the run ended: ${event.reason}${event.detail === null ? '' : `, ${event.detail}`}`
    case 'phase.entered':
      return `phase ${event.phase}${event.rollout === null ? '' : ` of rollout ${event.rollout}`}`
    case 'rollout.requested':
      return `rollout ${event.index} was asked for`
    case 'rollout.acknowledged':
      return `rollout ${event.index} was accepted, ${event.oldPods.length} pods to replace`
    case 'rollout.progressed':
      return `rollout ${event.index}: ${event.updated} of ${event.wanted} updated, ${event.available} available, ${event.old} old`
    case 'eviction.answered':
      return event.answer === 'refused'
        ? `eviction of ${event.pod.name} on ${event.node} was refused by a PodDisruptionBudget`
        : `eviction of ${event.pod.name} on ${event.node}: ${event.answer}`
    case 'rollout.completed':
      return `rollout ${event.index} was complete`
    case 'rollout.old-pods-gone':
      return `all old pods of rollout ${event.index} were gone`
    case 'rollout.stuck':
      return `rollout ${event.index} was stuck: ${event.reason}`
    case 'pod.created':
      return `${event.pod.name} created${claimText(event.cluster)}`
    case 'pod.scheduled':
      return `${event.pod.name} scheduled on ${event.nodeName}${claimText(event.cluster)}`
    case 'pod.started':
      return `${event.pod.name} started${event.ip === null ? '' : ` at ${event.ip}`}${claimText(event.cluster)}`
    case 'pod.ready':
      return `${event.pod.name} ready${claimText(event.cluster)}`
    case 'pod.not-ready':
      return `${event.pod.name} not ready${event.reason === null ? '' : `: ${event.reason}`}${claimText(event.cluster)}`
    case 'pod.terminating':
      return `${event.pod.name} terminating, grace ${event.gracePeriodSeconds} s${claimText(event.cluster)}`
    case 'pod.container-exited':
      return `${event.container} of ${event.pod.name} exited with ${event.exitCode}${event.reason === null ? '' : ` (${event.reason})`}${claimText(event.cluster)}`
    case 'pod.container-restarted':
      return `${event.container} of ${event.pod.name} restarted, ${event.restartCount} so far${claimText(event.cluster)}`
    case 'pod.deleted':
      return `${event.pod.name} gone${claimText(event.cluster)}`
    case 'endpoint.added':
      return `endpoint ${endpointText(event)} added${event.ready ? ', ready' : ''}`
    case 'endpoint.ready':
      return `endpoint ${endpointText(event)} ready`
    case 'endpoint.not-ready':
      return `endpoint ${endpointText(event)} not ready`
    case 'endpoint.terminating':
      return `endpoint ${endpointText(event)} terminating${event.serving ? ', still serving' : ''}`
    case 'endpoint.removed':
      return `endpoint ${endpointText(event)} removed`
    case 'target.state':
      return `load balancer target ${event.target} ${event.state}`
    case 'workload.changed':
      return `${event.kind} ${event.name} changed${event.foreign ? ' by somebody else' : ''}: ${event.detail}`
    case 'event.seen':
      return `event ${event.reason} on ${event.regarding.kind} ${event.regarding.name}: ${event.message}`
    case 'request.failed':
      return `request ${event.requestId} failed: ${event.failure.kind}, ${event.failure.message}`
    case 'twin.finished':
      return `twin of request ${event.requestId}: ${event.kind ?? event.outcome}`
    case 'probe.failed':
      return `the ${event.path} probe began to fail: ${event.kind}`
    case 'probe.recovered':
      return `the ${event.path} probe was well again`
    case 'control.failed':
      return `the ${event.control} control failed: ${event.kind}`
    case 'watch.opened':
      return `the watch of ${event.resource} opened`
    case 'watch.gap':
      return `the watch of ${event.resource} was blind from ${runClockText(event.lostAtMs)} to ${event.resumedAtMs === null ? 'the end' : runClockText(event.resumedAtMs)}: ${event.why}`
    case 'watch.relisted':
      return `${event.resource} listed anew: ${event.why}`
    case 'watch.audited':
      return `audit of ${event.resource}: ${event.agrees ? 'agrees' : `differs, ${event.detail ?? 'no detail'}`}`
    case 'clock.offset':
      return `clock offset to the cluster ${durationText(event.offsetMs)} ± ${durationText(event.uncertaintyMs)}`
    case 'loop.stalled':
      return `${event.thread} stalled for ${durationText(event.durationMs)}`
    case 'engine.self-tested':
      return `self-test found ${event.found} of ${event.of} faults`
    case 'engine.saturated':
      return `the engine was saturated: ${event.detail}, ${countText(event.late)} late, ${countText(event.dropped)} dropped`
    case 'lease.acquired':
      return `lease ${event.name} taken`
    case 'lease.lost':
      return `lease ${event.name} lost: ${event.detail}`
    case 'journal.written':
      return 'the journal was written'
    case 'journal.restored':
      return `restored: ${event.detail}`
    case 'threshold.crossed':
      return `threshold ${event.threshold} crossed at ${event.value}`
    default:
      return assertNever(event)
  }
}

/** One fact as one line of text: `#412 at 0:32.401: web-x terminating, grace 30 s (the cluster says …)`. Raw text. */
export const describeEvent = (event: RunEvent): string =>
  `#${event.seq} at ${runClockText(event.atMs, 3)}: ${phrase(event)}`
