import type { Surroundings } from '../model/surroundings.ts'
import { clusterEventOf, endpointSliceOf, podOf } from './map-objects.ts'
import {
  autoscalerSpecOf,
  budgetSpecOf,
  ingressSpecOf,
  serviceSpecOf,
  workloadSpecOf,
} from './map-surroundings.ts'
import { textsAt } from './parse.ts'

type Objects = readonly unknown[] | null

/** API objects of one namespace as they came, by kind; `null` = could not be read. */
export interface NamespaceObjects {
  readonly deployment: unknown
  readonly services: Objects
  readonly ingresses: Objects
  readonly budgets: Objects
  readonly autoscalers: Objects
  readonly endpointSlices: Objects
  readonly pods: Objects
  readonly events: Objects
  readonly namespace: unknown
}

const picked = <T>(objects: Objects, pick: (object: unknown) => T | null): readonly T[] | null =>
  objects === null ? null : objects.map(pick).filter((value) => value !== null)

/** Pods of a Deployment are called <deployment>-<template hash>-<random>. */
const isPodOf = (pod: string, deployment: string): boolean =>
  pod.startsWith(`${deployment}-`) && /^[a-z0-9]+-[a-z0-9]{5}$/.test(pod.slice(deployment.length + 1))

/**
 * A Deployment and, of everything in its namespace, what stands around it: the Services that select its pods, the
 * Ingresses that lead to these, budgets, autoscalers, pods and what Events say of them. Pure.
 */
export const surroundingsOf = (
  objects: NamespaceObjects,
  unread: Surroundings['unread'] = [],
): Surroundings => {
  const workload = workloadSpecOf(objects.deployment)
  const services = picked(objects.services, (object) => serviceSpecOf(object, workload.templateLabels))
  const names = (services ?? []).map(({ name }) => name)
  const slices = picked(objects.endpointSlices, endpointSliceOf)
  return {
    workload,
    services,
    ingresses: services === null ? null : picked(objects.ingresses, (object) => ingressSpecOf(object, names)),
    budgets: picked(objects.budgets, (object) => budgetSpecOf(object, workload)),
    autoscalers: picked(objects.autoscalers, (object) => autoscalerSpecOf(object, workload)),
    namespaceLabels: objects.namespace === null ? null : textsAt(metadataOf(objects.namespace), 'labels'),
    endpoints:
      slices === null
        ? null
        : slices.flatMap(({ service, endpoints }) =>
            service !== null && names.includes(service) ? endpoints : [],
          ),
    pods: picked(objects.pods, podOf),
    events: picked(objects.events, (object) => {
      const event = clusterEventOf(object)
      return event.regarding.kind === 'Pod' && isPodOf(event.regarding.name, workload.name) ? event : null
    }),
    unread,
  }
}

const metadataOf = (object: unknown): unknown =>
  typeof object === 'object' && object !== null && 'metadata' in object ? object.metadata : null
