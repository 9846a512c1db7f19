import { ipNlbsOf } from './load-balancers.ts'
import { hookSeconds, type Predictor } from './predictor.ts'

/** The longest default health window of the big clouds' load balancers (AWS tuned 24 s, Azure 15 s, GCP 32 s). */
const HEALTH_WINDOW_SECONDS = 32

/** B5: with externalTrafficPolicy Local a node whose last pod went drops packets until the load balancer has noticed. */
export const predictExternalTraffic: Predictor = (around) => {
  const { services, endpoints, workload } = around
  const hook = hookSeconds(workload.main.preStop)
  const effective = hook === null ? null : Math.min(hook, workload.gracePeriodSeconds)
  if (effective === null || effective >= HEALTH_WINDOW_SECONDS) return []
  const byPod = ipNlbsOf(around)
  return (services ?? [])
    .filter(
      (service) =>
        service.externalTrafficPolicy === 'Local' &&
        (service.type === 'LoadBalancer' || service.type === 'NodePort') &&
        !byPod.includes(service),
    )
    .map(({ name, type }) => {
      const ready = (endpoints ?? []).filter((endpoint) => endpoint.service === name && endpoint.ready)
      const perNode = [...Map.groupBy(ready, ({ nodeName }) => nodeName ?? '').values()].map(
        (own) => own.length,
      )
      const fewest = perNode.length === 0 ? null : Math.min(...perNode)
      const spread =
        fewest === null ? '' : `; its pods are on ${perNode.length} nodes, ${fewest} on the one with fewest`
      return {
        id: 'external-traffic-local',
        cause: 'B5',
        alsoCauses: ['B4'],
        severity: 'medium' as const,
        title: 'A node without a ready pod drops packets until the load balancer notices',
        because: `Service ${name} (${type}) has externalTrafficPolicy Local${spread}; a health check takes 8 to ${HEALTH_WINDOW_SECONDS} s to take a node out, and an ending pod stays for ${effective} s (preStop)`,
        fix: `keep preStop above interval × threshold of the health check, spread the pods over the nodes, or use externalTrafficPolicy: Cluster`,
      }
    })
}
