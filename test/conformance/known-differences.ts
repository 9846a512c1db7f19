import type { Backend } from './backend.ts'

/** Something that the lab does otherwise than a real cluster. Both sides are asserted, each on its back end. */
export interface Difference {
  /** What is looked at. Stands word for word in docs/lab.md. */
  readonly what: string
  readonly cluster: unknown
  readonly lab: unknown
}

/** All differences that are known. docs/lab.md has the same list, with reasons. */
export const KNOWN_DIFFERENCES = {
  'no-handler': {
    what: 'exit code of a process without a SIGTERM handler',
    cluster: 137,
    lab: 143,
  },
  'shorter-grace': {
    what: 'whether a second deletion with a shorter grace period ends the container sooner',
    cluster: false,
    lab: true,
  },
  'server-side-apply': { what: 'answer to a server-side apply', cluster: 201, lab: 415 },
  'unknown-image': {
    what: 'a container with a command in an image that does not exist',
    cluster: 'not started',
    lab: 'running',
  },
  sidecars: { what: 'containers that run of a pod that has two', cluster: 2, lab: 1 },
  'init-containers': { what: 'init containers that ran before the pod became ready', cluster: 1, lab: 0 },
  exec: { what: 'code of a GET of pods/exec without an upgrade', cluster: 400, lab: 404 },
  'port-forward': { what: 'code of a GET of pods/portforward without an upgrade', cluster: 400, lab: 404 },
  'read-only-kinds': {
    what: 'creating a HorizontalPodAutoscaler, ResourceQuota, LimitRange',
    cluster: [201, 201, 201],
    lab: [201, 405, 405],
  },
  'other-kinds': {
    what: 'listing StatefulSets, DaemonSets, Jobs, Secrets',
    cluster: [200, 200, 200, 200],
    lab: [404, 404, 404, 404],
  },
  fractions: { what: 'creating a pod whose probe has periodSeconds 0.5', cluster: 400, lab: 201 },
  'managed-fields': { what: 'whether objects carry managedFields', cluster: true, lab: false },
  'future-version': {
    what: 'whether a list at a version of the future is held for some seconds before it is refused',
    cluster: true,
    lab: false,
  },
} as const satisfies Readonly<Record<string, Difference>>

export type DifferenceId = keyof typeof KNOWN_DIFFERENCES

/** What this back end is known to do where the two differ. */
export const knownHere = ({ kind }: Backend, id: DifferenceId): unknown => KNOWN_DIFFERENCES[id][kind]
