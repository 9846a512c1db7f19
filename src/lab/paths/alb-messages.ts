import type { AlbSettings } from '../sim/alb/settings.ts'
import type { Target } from '../sim/alb/target-group-controller.ts'
import type { TargetHealth } from '../sim/alb/target-health.ts'
import type { Endpoint } from './endpoint-table.ts'
import type { FromProxy, FromProxyProcess, Upstream } from './ingress-messages.ts'

/** What does not change while the load balancer runs. Times are ms of real time, already scaled. */
export interface AlbStart {
  /** One address for each load balancer node. */
  readonly hosts: readonly string[]
  /** Where DescribeTargetHealth is answered. */
  readonly apiHost: string
  readonly port: number
  readonly control: Upstream
  /** Where a node's port leads that has no endpoint: nothing listens there. */
  readonly nobody: string
  /** From a call of the API until a load balancer node follows it, ± jitterMs, each node at its own time. */
  readonly propagationMs: number
  readonly jitterMs: number
  /** From its registration until a target is checked for the first time. */
  readonly registrationMs: number
  readonly connectTimeoutMs: number
  /** Multiplies the times of AlbSettings. */
  readonly timeScale: number
  readonly seed: number
}

/** Lab → ALB process, over IPC. */
export type ToAlb =
  | ({ readonly type: 'start' } & AlbStart)
  | { readonly type: 'configure'; readonly settings: AlbSettings }
  | { readonly type: 'register'; readonly targets: readonly Target[] }
  | { readonly type: 'deregister'; readonly ids: readonly string[] }
  /** What a node's kube-proxy knows of the endpoints now. */
  | { readonly type: 'node-endpoints'; readonly node: string; readonly endpoints: readonly Endpoint[] }
  /** The lab is up: until now everything was learned at once. */
  | { readonly type: 'settled' }

/** ALB process → lab. */
export type FromAlb =
  | FromProxyProcess
  | FromProxy
  | { readonly type: 'health'; readonly id: string; readonly health: TargetHealth }
  /** No load balancer node sends there any more. */
  | { readonly type: 'forgotten'; readonly id: string }
