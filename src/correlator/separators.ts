import type { CauseId } from '../model/finding.ts'

/** What would tell causes apart that this run could not (docs/causes, "What cannot be told apart"). */
const SEPARATORS: readonly { readonly of: readonly CauseId[]; readonly by: string }[] = [
  { of: ['F11'], by: 'a watch without a gap at that time' },
  {
    of: ['A1', 'C1'],
    by: 'a probe of each pod address, or a path on which the refused address is a pod: a refusal carries no pod identity',
  },
  { of: ['A2', 'C1'], by: 'a probe of each pod address: a refusal carries no pod identity' },
  {
    of: ['A1', 'A2'],
    by: 'a second run: pods with the old and with the new preStop hook were ending at once',
  },
  { of: ['A3', 'A4'], by: 'whether the app logs SIGTERM, or takes new connections until it is killed' },
  {
    of: ['A1', 'A6'],
    by: 'the access log of the proxy or load balancer, joined by request id: refused, or closed early',
  },
  {
    of: ['A2', 'A6'],
    by: 'the access log of the proxy or load balancer, joined by request id: refused, or closed early',
  },
  { of: ['A1', 'A16'], by: 'the access log of the proxy or load balancer, or the listen queue of the pod' },
  { of: ['A2', 'A16'], by: 'the access log of the proxy or load balancer, or the listen queue of the pod' },
  {
    of: ['A6', 'A16'],
    by: "requests that take longer than a round trip, or the app's log of what it had begun",
  },
  ...(['A1', 'A2', 'A5'] as const).map((id) => ({
    of: [id, 'B1'],
    by: 'a path on which the address names the pod (the Service, targets of type ip): one that ended just now, or one whose removal was overdue',
  })),
  { of: ['B1', 'B8'], by: 'the pod address behind the connection (conntrack), or a path per node' },
  { of: ['A1', 'C2'], by: 'pod identity, or latency by pod age against the number of ready pods' },
]

/** A sentence for the candidates of an ambiguous failure; a general one where none is known. */
export const separatorOf = (candidates: readonly CauseId[]): string => {
  const found = SEPARATORS.filter(({ of }) => of.every((id) => candidates.includes(id))).map(({ by }) => by)
  return found.length === 0
    ? "pod identity for each request (a header with the pod's name, or direct pod addresses)"
    : [...new Set(found)].join('; ')
}
