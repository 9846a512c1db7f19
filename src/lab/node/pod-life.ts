import type { ContainerSpec } from './pod-spec.ts'

/** A pod that a node of the lab runs. */
export interface LabPod {
  readonly uid: string
  readonly name: string
  readonly namespace: string
  readonly nodeName: string
  /** Its own loopback address. */
  readonly address: string
}

export interface ContainerExit {
  /** 128 + signal for a process that a signal ended. */
  readonly exitCode: number
  readonly signal: number | null
  /** The kubelet ended it: at the end of the grace period. */
  readonly killedAtGrace: boolean
  /** While its pod was being deleted. */
  readonly terminating: boolean
  /** After a failed liveness or startup probe. */
  readonly unhealthy: boolean
  /** Where the process kept its open connections; `null` for a command of the user's. */
  readonly connectionTable: string | null
}

/** What happens to a pod on its node, for those who keep the lab's truth. `atUs` is monotonic. */
export type PodLifeEvent = { readonly pod: LabPod; readonly atUs: number } & (
  | { readonly type: 'created'; readonly container: ContainerSpec; readonly gracePeriodMs: number }
  | { readonly type: 'process-started'; readonly restartCount: number }
  | { readonly type: 'listening' }
  | { readonly type: 'listener-closed' }
  | { readonly type: 'deletion-began'; readonly gracePeriodMs: number }
  | { readonly type: 'pre-stop-failed' }
  | { readonly type: 'term-sent' }
  | ({ readonly type: 'exited' } & ContainerExit)
  | { readonly type: 'sandbox-gone' }
  | { readonly type: 'removed' }
)

export type PodObserver = (event: PodLifeEvent) => void
