import type { Clock } from '../kernel/clock.ts'
import type { Random } from '../kernel/random.ts'
import type { LabConfig } from './lab-config.ts'
import type { Addresses } from './node/addresses.ts'
import { type AlbProcess, startAlb } from './paths/alb.ts'
import type { FromProxy } from './paths/ingress-messages.ts'
import { startRole } from './role-process.ts'
import { GATE_PREFIX, INJECT_LABEL, targetGroups } from './sim/alb/readiness-gate.ts'
import { createTargetGroupController } from './sim/alb/target-group-controller.ts'
import { createEventRecorder } from './sim/event-recorder.ts'
import { isPodActive } from './sim/pod-state.ts'
import { NAMESPACES, PODS } from './sim/resource-names.ts'
import type { Store } from './sim/store.ts'
import { asPod } from './sim/types.ts'

/** AWS, "Troubleshoot your Application Load Balancers", HTTP 504. */
const CONNECT_TIMEOUT_SECONDS = 10
/** AWS Load Balancer Controller, pkg/targetgroupbinding, targetHealthRequeueDuration. */
const HEALTH_POLL_SECONDS = 15
/** Until the lab is up nothing waits. */
const START_POLL_MS = 50

/** The addresses of the load balancer's nodes. */
export const albHosts = ({ alb }: LabConfig, addresses: Addresses): readonly string[] =>
  Array.from({ length: alb.nodes }, (_, index) => addresses.albNode(index))

/** Starts the load balancer's process. Rejects with LAB_FAILED. */
export const startLabAlb = (
  config: LabConfig,
  addresses: Addresses,
  env: Readonly<Record<string, string>>,
  onMessage: (message: FromProxy) => void,
): Promise<AlbProcess> => {
  const { propagationMs, jitterMs, registrationMs, timeScale } = config.alb
  return startAlb(
    () => startRole('lab-alb', { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true, env }),
    {
      hosts: albHosts(config, addresses),
      apiHost: addresses.albApi,
      port: config.port,
      control: { address: addresses.control, pod: 'control' },
      nobody: addresses.nobody,
      propagationMs: propagationMs * timeScale,
      jitterMs: jitterMs * timeScale,
      registrationMs: registrationMs * timeScale,
      connectTimeoutMs: CONNECT_TIMEOUT_SECONDS * 1000 * timeScale,
      timeScale,
      seed: config.seed,
    },
    onMessage,
  )
}

/** The AWS Load Balancer Controller over the store. `settled`: the lab is up. */
export interface LabAlbController {
  settled(): void
  stop(): void
}

/** Labels the namespace where the gate is wanted, and starts the controller. */
export const startAlbController = (
  alb: AlbProcess,
  config: LabConfig,
  parts: { readonly store: Store; readonly clock: Clock; readonly random: Random },
): LabAlbController => {
  const { store, clock } = parts
  const { namespace } = config
  let pollMs = START_POLL_MS
  if (config.alb.readinessGate)
    store.mutate(NAMESPACES, null, namespace, (draft) => {
      draft.metadata.labels = { ...draft.metadata.labels, [INJECT_LABEL]: 'enabled' }
    })
  const controller = createTargetGroupController(
    { ...parts, events: createEventRecorder(store, clock), syncDelayMs: 5 },
    { api: alb.api, namespace, pollMs: () => pollMs },
  )
  const unsubscribe = store.subscribe((event) => controller.handle(event))
  return {
    settled: () => {
      pollMs = HEALTH_POLL_SECONDS * 1000 * config.alb.timeScale
      alb.settled()
    },
    stop: () => {
      unsubscribe()
      controller.stop()
    },
  }
}

/** Whether the load balancer's targets are nodes. */
export const targetsNodes = (store: Store, namespace: string): boolean =>
  targetGroups(store, namespace)[0]?.targetType === 'instance'

/** Whether every pod that is not on its way out has a readiness gate of the load balancer. */
export const podsHaveGates = (store: Store, namespace: string): boolean =>
  store
    .list(PODS, namespace)
    .items.map(asPod)
    .filter(isPodActive)
    .every(({ spec }) =>
      (spec.readinessGates ?? []).some(({ conditionType }) => conditionType.startsWith(GATE_PREFIX)),
    )
