import type { EndpointSnapshot, PodSnapshot } from '../../model/cluster.ts'
import type { Prediction } from '../../model/prediction.ts'
import type { ServiceSpec, Surroundings } from '../../model/surroundings.ts'
import { listWords, type Predictor } from './predictor.ts'

const MOST_NAMED = 3

const someOf = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? listWords(names)
    : `${listWords(names.slice(0, MOST_NAMED))} and ${names.length - MOST_NAMED} more`

/** Whether a pod of this name would be one of the Deployment's: `<deployment>-<template hash>-<five characters>`. */
const isNamedAfter = (podName: string, deployment: string): boolean =>
  podName.startsWith(`${deployment}-`) && /^[a-z0-9]+-[a-z0-9]{5}$/.test(podName.slice(deployment.length + 1))

const isOf = (endpoint: EndpointSnapshot, pod: PodSnapshot): boolean =>
  endpoint.podUid === null ? endpoint.address === pod.ip : endpoint.podUid === pod.ref.uid

/** Ready, as a slice should have it: an ending pod is not (discovery.k8s.io/v1). */
const isReady = (pod: PodSnapshot): boolean => pod.ready && pod.deletionAtMs === null

const shared = {
  cause: 'B2',
  severity: 'medium',
  fix: 'look at the EndpointSlice controller (kube-controller-manager: leader, load, errors) and at what else writes the slice, before a rollout depends on it',
} as const

const LAG = 'A slice is normally less than a second behind its pods.'

const ofService = (
  service: ServiceSpec,
  endpoints: readonly EndpointSnapshot[],
  pods: readonly PodSnapshot[],
  { workload }: Surroundings,
): readonly Prediction[] => {
  const own = endpoints.filter((endpoint) => endpoint.service === service.name)
  const found: Prediction[] = []
  // Pods of others may stand behind the same Service: only what bears the Deployment's name can be missed.
  const gone = own.filter(
    (endpoint) =>
      endpoint.ready &&
      endpoint.podName !== null &&
      isNamedAfter(endpoint.podName, workload.name) &&
      !pods.some((pod) => isOf(endpoint, pod)),
  )
  if (gone.length > 0)
    found.push({
      ...shared,
      id: 'endpoint-without-pod',
      alsoCauses: ['A1', 'A2', 'B1'],
      title: 'A Service sends requests to a pod that does not exist',
      because: `Service ${service.name} has ${someOf(gone.map(({ address, podName }) => `${address} (${podName})`))} as ready, and there is no such pod. ${LAG}`,
    })
  const missed = pods.filter((pod) => isReady(pod) && !own.some((endpoint) => isOf(endpoint, pod)))
  if (missed.length > 0)
    found.push({
      ...shared,
      id: 'pod-without-endpoint',
      alsoCauses: ['C5', 'C6'],
      title: 'A ready pod gets no requests',
      because: `${someOf(missed.map(({ ref }) => ref.name))}: Ready, and in no EndpointSlice of Service ${service.name}. ${LAG}`,
      fix: `compare its labels with the selector of Service ${service.name}; where they match, ${shared.fix}`,
    })
  const pairs = own.flatMap((endpoint) => {
    const pod = pods.find((one) => isOf(endpoint, one))
    return pod === undefined || service.publishNotReadyAddresses ? [] : [{ endpoint, pod }]
  })
  const early = pairs.filter(({ endpoint, pod }) => endpoint.ready && !isReady(pod))
  const late = pairs.filter(({ endpoint, pod }) => !endpoint.ready && isReady(pod))
  const names = (list: typeof pairs): string => someOf(list.map(({ pod }) => pod.ref.name))
  if (early.length > 0)
    found.push({
      ...shared,
      id: 'endpoint-ready-pod-not',
      alsoCauses: ['A1', 'A2', 'C1'],
      title: 'A Service sends requests to a pod that is not ready, or is ending',
      because: `Service ${service.name} has ${names(early)} as ready, and the pod itself is not. ${LAG}`,
    })
  if (late.length > 0)
    found.push({
      ...shared,
      id: 'pod-ready-endpoint-not',
      alsoCauses: ['C5', 'C6'],
      title: 'A ready pod gets no requests',
      because: `${names(late)}: Ready, and not ready in the EndpointSlice of Service ${service.name}. ${LAG}`,
    })
  return found
}

/**
 * B2: EndpointSlices that disagree with the pods (kubernetes/kubernetes#117193: a slice that is never updated again).
 * Both were listed at the same time, so that what is true for a moment only may be among it.
 */
export const predictEndpointSlices: Predictor = (around) => {
  const { services, endpoints, pods } = around
  if (services === null || endpoints === null || pods === null) return []
  return services.flatMap((service) => ofService(service, endpoints, pods, around))
}
