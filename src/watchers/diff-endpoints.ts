import type { EndpointSliceSnapshot, EndpointSnapshot } from '../model/cluster.ts'
import type { EventDraft } from '../model/events.ts'

type EndpointDraft = Extract<EventDraft, { readonly slice: string }>

const keyOf = ({ podUid, address }: EndpointSnapshot): string => `${podUid ?? ''} ${address}`

const draftOf = (
  type: EndpointDraft['type'],
  endpoint: EndpointSnapshot,
  namespace: string,
): EndpointDraft => {
  const { slice, service, address, podName, podUid, ready, serving, terminating } = endpoint
  const pod = podName === null || podUid === null ? null : { namespace, name: podName, uid: podUid }
  return { type, slice, service, address, pod, ready, serving, terminating }
}

/**
 * A slice's states of one pod, and the fact for each step (the fields of each fact are the state after it):
 *
 *     (none) ─added─► [ready serving] ─terminating─► [serving terminating] ─not-ready─► [terminating] ─removed─► (none)
 */
const steps = (before: EndpointSnapshot | null, after: EndpointSnapshot): EndpointDraft['type'][] => {
  const types: EndpointDraft['type'][] = []
  if (before === null) types.push('endpoint.added')
  if (after.ready && !(before?.ready ?? false)) types.push('endpoint.ready')
  if (after.terminating && !(before?.terminating ?? false)) {
    types.push('endpoint.terminating')
    // It also stopped serving in the same look.
    if (before?.serving === true && !after.serving) types.push('endpoint.not-ready')
    return types
  }
  const stoppedReady = before?.ready === true && !after.ready
  const stoppedServing = before?.serving === true && !after.serving
  if (stoppedReady || stoppedServing) types.push('endpoint.not-ready')
  return types
}

/** What happened to the endpoints of one slice between two looks. `null`: no such slice before, or after. */
export const diffEndpoints = (
  before: EndpointSliceSnapshot | null,
  after: EndpointSliceSnapshot | null,
  namespace: string,
): EventDraft[] => {
  const earlier = new Map((before?.endpoints ?? []).map((endpoint) => [keyOf(endpoint), endpoint]))
  const later = new Map((after?.endpoints ?? []).map((endpoint) => [keyOf(endpoint), endpoint]))
  const drafts: EventDraft[] = []
  for (const [key, endpoint] of earlier) {
    if (!later.has(key)) {
      const gone = { ...endpoint, ready: false, serving: false }
      drafts.push(draftOf('endpoint.removed', gone, namespace))
    }
  }
  for (const [key, endpoint] of later) {
    for (const type of steps(earlier.get(key) ?? null, endpoint))
      drafts.push(draftOf(type, endpoint, namespace))
  }
  return drafts
}
