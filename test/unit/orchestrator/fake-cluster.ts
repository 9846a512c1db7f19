import { HarnessError } from '../../../src/kernel/errors.ts'
import { epochMs } from '../../../src/kernel/units.ts'
import type { ClusterReader, ClusterView, RolloutControl } from '../../../src/kube/ports.ts'
import type { DeploymentSnapshot, PodSnapshot, ReplicaSetSnapshot } from '../../../src/model/cluster.ts'
import type { ManualClock } from '../../support/manual-clock.ts'
import { deployment, pod, replicaSet } from '../watchers/snapshots.ts'

/** What becomes of the next patches, in order; `apply` when the list is used up. */
export type PatchFate =
  | 'apply'
  | 'apply-silently' // applied, and the answer is lost
  | 'lose' // not applied, and no answer
  | 'ignore' // answered with an unchanged object
  | 'strip' // a webhook takes the annotation away
  | 'forbid'

export interface FakeCluster {
  readonly view: ClusterView
  readonly reader: ClusterReader
  readonly control: RolloutControl
  readonly patches: readonly { readonly dryRun: boolean; readonly atMs: number; readonly body: unknown }[]
  readonly rollingCalls: readonly boolean[]
  fates: PatchFate[]
  /** Reads of the Deployment that fail before one is answered. */
  failingReads: number
  /** Changes the Deployment, as anybody else would. */
  change(more: Partial<DeploymentSnapshot>): void
  remove(): void
  setPod(name: string, more: Partial<PodSnapshot>): void
}

export interface FakeOptions {
  readonly clock: ManualClock
  /** From the patch until a new pod is ready, and then until the old ones are gone. */
  readonly startMs?: number
  readonly drainMs?: number
  /** New pods never get ready. */
  readonly neverReady?: boolean
  /** Old pods never go. */
  readonly neverGone?: boolean
  readonly permissions?: (question: { verb: string; resource: string }) => boolean
}

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

/** A cluster of one Deployment with two pods, on a clock that the test moves. It replaces all pods at once. */
export const createFakeCluster = (options: FakeOptions): FakeCluster => {
  const { clock, startMs = 3000, drainMs = 2000 } = options
  const listeners = new Set<() => void>()
  const pods = new Map<string, PodSnapshot>()
  const sets = new Map<string, ReplicaSetSnapshot>()
  const patches: { dryRun: boolean; atMs: number; body: unknown }[] = []
  const rollingCalls: boolean[] = []
  const whole = {
    replicas: 2,
    updatedReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    unavailableReplicas: 0,
  }
  let current: DeploymentSnapshot | null = deployment({ replicas: 2, status: whole })
  let revision = 1

  const told = (): void => {
    for (const listener of [...listeners]) listener()
  }
  const addPods = (ready: boolean): void => {
    for (const letter of ['a', 'b']) {
      const made = pod(`web-${revision}-${letter}`, {
        replicaSet: `web-${revision}`,
        templateHash: String(revision),
        ready,
      })
      pods.set(made.ref.uid, made)
    }
  }
  const set = (more: Partial<DeploymentSnapshot>): void => {
    if (current !== null) current = { ...current, ...more }
    told()
  }
  sets.set('rs-1', replicaSet(1, { replicas: 2, readyReplicas: 2, availableReplicas: 2 }))
  addPods(true)

  const roll = (): void => {
    const old = [...pods.values()]
    const before = revision
    revision++
    const mine = revision
    sets.set(`rs-${mine}`, replicaSet(mine, { replicas: 2, readyReplicas: 0, availableReplicas: 0 }))
    addPods(false)
    const rolling = { ...whole, replicas: 4, availableReplicas: 2 }
    set({ observedGeneration: current?.generation ?? 0, status: { ...rolling, updatedReplicas: 2 } })
    if (options.neverReady === true) return
    clock.after(startMs, () => {
      if (revision !== mine) return
      for (const [uid, one] of pods)
        if (one.replicaSet === `web-${mine}`) pods.set(uid, { ...one, ready: true })
      sets.set(`rs-${mine}`, replicaSet(mine, { replicas: 2, readyReplicas: 2, availableReplicas: 2 }))
      sets.set(`rs-${before}`, replicaSet(before, { replicas: 0, readyReplicas: 0, availableReplicas: 0 }))
      for (const { ref } of old) {
        const ending = pods.get(ref.uid)
        if (ending !== undefined) {
          const deletionAtMs = epochMs(clock.epochMs() + 30_000)
          pods.set(ref.uid, { ...ending, deletionAtMs, deletionGraceSeconds: 30 })
        }
      }
      set({ status: whole })
      if (options.neverGone === true) return
      clock.after(drainMs, () => {
        for (const { ref } of old) pods.delete(ref.uid)
        told()
      })
    })
  }

  const apply = (restartedAt: string): DeploymentSnapshot => {
    if (current === null) throw new HarnessError('KUBE_NOT_FOUND', 'no web')
    if (current.templateAnnotations[RESTARTED_AT] === restartedAt) return current
    current = {
      ...current,
      generation: current.generation + 1,
      templateAnnotations: { [RESTARTED_AT]: restartedAt },
    }
    const answer = current
    told()
    clock.after(10, roll)
    return answer
  }

  const cluster: FakeCluster = {
    patches,
    rollingCalls,
    fates: [],
    failingReads: 0,
    change: (more) => set({ ...more, generation: (current?.generation ?? 0) + 1 }),
    remove: () => {
      current = null
      told()
    },
    setPod: (name, more) => {
      const known = pods.get(`uid-${name}`)
      if (known !== undefined) pods.set(`uid-${name}`, { ...known, ...more })
      told()
    },
    view: {
      get deployment() {
        return current
      },
      pods,
      replicaSets: sets,
      endpoints: [],
      subscribe: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      expectRestart: () => {},
      expectReplicas: () => {},
      expectTemplate: () => {},
      rolling: (active) => {
        rollingCalls.push(active)
      },
    },
    reader: {
      readDeployment: async (namespace, name) => {
        if (cluster.failingReads-- > 0) throw new HarnessError('KUBE_UNREACHABLE', 'no answer')
        if (current === null || name !== current.name)
          throw new HarnessError('KUBE_NOT_FOUND', `no ${namespace}/${name}`)
        return current
      },
      listDeploymentNames: async (namespace) =>
        namespace === null
          ? [
              { namespace: 'shop', name: 'web' },
              { namespace: 'other', name: 'api' },
            ]
          : [{ namespace: 'shop', name: 'web' }],
      listServicesSelecting: async () => ['web'],
      listAutoscalersOf: async () => ['web-hpa'],
      list: async () => ({ items: [], resourceVersion: '1' }),
      watch: () => {
        throw new Error('not watched here')
      },
      isAllowed: async (question) => options.permissions?.(question) ?? true,
      clusterUid: async () => 'cluster',
      sampleClock: async () => {
        throw new Error('no clock here')
      },
    },
    control: {
      patchDeployment: async (_, body, call) => {
        patches.push({ dryRun: call?.dryRun === true, atMs: clock.nowMs(), body })
        const given = body as { spec: { template: { metadata: { annotations: Record<string, string> } } } }
        const restartedAt = given.spec.template.metadata.annotations[RESTARTED_AT] ?? ''
        if (current === null) throw new HarnessError('KUBE_NOT_FOUND', 'no web')
        if (call?.dryRun === true) return { ...current, templateAnnotations: { [RESTARTED_AT]: restartedAt } }
        switch (cluster.fates.shift() ?? 'apply') {
          case 'apply':
            return apply(restartedAt)
          case 'apply-silently':
            apply(restartedAt)
            throw new HarnessError('KUBE_UNREACHABLE', 'no answer within 15 s')
          case 'lose':
            throw new HarnessError('KUBE_SERVER', 'etcdserver: request timed out')
          case 'ignore':
            return { ...current, templateAnnotations: { [RESTARTED_AT]: restartedAt } }
          case 'strip':
            return { ...current, generation: current.generation + 1 }
          case 'forbid':
            throw new HarnessError('KUBE_FORBIDDEN', 'may not patch')
        }
      },
    },
  }
  return cluster
}
