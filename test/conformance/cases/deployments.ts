import { expect, test } from 'vitest'
import { firstOf, stampMs } from '../../support/api-object.ts'
import type { Backend } from '../backend.ts'
import {
  conditionOf,
  deploymentOf,
  execProbe,
  expectCode,
  pathOf,
  revisionOf,
  startDeployment,
  strategy,
  templatePatch,
} from '../objects.ts'

/** Replicas, maxSurge, maxUnavailable → pods of the old and the new ReplicaSet when no new pod gets ready. */
const ROUNDING: readonly (readonly [number, string | number, string | number, number, number])[] = [
  // 25 % of 3: surge up to 1, unavailable down to 0.
  [3, '25%', '25%', 3, 1],
  // 34 % of 3: surge up to 2, unavailable down to 1.
  [3, '34%', '34%', 2, 3],
  // Both round to nothing: one pod may be unavailable all the same.
  [2, 0, '10%', 1, 1],
  [2, 1, 0, 2, 1],
  [2, 0, 1, 1, 1],
  [1, '25%', '25%', 1, 1],
]

export const deploymentCases = (here: () => Backend): void => {
  test.concurrent.each(ROUNDING)(
    '%i replicas with maxSurge %s and maxUnavailable %s: %i old and %i new pods while no new one gets ready',
    async (replicas, maxSurge, maxUnavailable, wantedOld, wantedNew) => {
      const name = `round-${replicas}-${maxSurge}-${maxUnavailable}`.replaceAll('%', 'p')
      const running = await startDeployment(here(), name, {
        replicas,
        deployment: strategy(maxSurge, maxUnavailable),
      })
      await running.rolledOut(1)
      const probe = { containers: [{ name: 'main', readinessProbe: execProbe('false') }] }
      const { metadata } = await running.patch(templatePatch('stuck', probe))
      await running.when(
        ({ status }) =>
          (status.observedGeneration ?? 0) >= metadata.generation &&
          (status.updatedReplicas ?? 0) === wantedNew &&
          status.replicas === wantedOld + wantedNew,
      )
      const sets = await running.replicaSets()
      const byRevision = sets.toSorted((a, b) => Number(revisionOf(a)) - Number(revisionOf(b)))
      expect(byRevision.map(({ spec }) => spec.replicas)).toEqual([wantedOld, wantedNew])
      const { object } = await running.when(({ status }) => (status.updatedReplicas ?? 0) === wantedNew)
      expect(object.status.unavailableReplicas).toBeGreaterThanOrEqual(wantedNew)
    },
  )

  test.concurrent('a pod is available minReadySeconds after it is ready', async () => {
    const running = await startDeployment(here(), 'min-ready', {
      replicas: 1,
      deployment: { minReadySeconds: 3 },
    })
    const available = await running.when(({ status }) => status.availableReplicas === 1)
    const pod = firstOf(await running.pods())
    const readyAtMs = stampMs(conditionOf(pod, 'Ready')?.lastTransitionTime)
    const condition = conditionOf(available.object, 'Available')
    expect(condition).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' })
    const availableAtMs = stampMs(condition?.lastTransitionTime)
    // Both are stamps of whole seconds, of which the second is cut later.
    expect(availableAtMs - readyAtMs).toBeGreaterThanOrEqual(3000)
    expect(availableAtMs - readyAtMs).toBeLessThan(8000)
    const early = running.watch.events.filter(({ atMs }) => atMs < readyAtMs + 3000)
    expect(early.filter(({ object }) => (object.status.availableReplicas ?? 0) > 0)).toEqual([])
  })

  test.concurrent('a paused Deployment takes no new template until it is resumed', async () => {
    const running = await startDeployment(here(), 'paused')
    await running.rolledOut(1)
    await running.patch({ spec: { paused: true } })
    const { metadata } = await running.patch(templatePatch('2'))
    const { object } = await running.when(({ status }) => status.observedGeneration === metadata.generation)
    expect(conditionOf(object, 'Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentPaused',
    })
    expect(await running.replicaSets()).toHaveLength(1)
    const resumed = await running.patch({ spec: { paused: null } })
    await running.rolledOut(resumed.metadata.generation)
    expect(await running.replicaSets()).toHaveLength(2)
  })

  test.concurrent('without progress for progressDeadlineSeconds it says ProgressDeadlineExceeded', async () => {
    const startedAtMs = Date.now()
    const running = await startDeployment(here(), 'deadline', {
      replicas: 1,
      deployment: { progressDeadlineSeconds: 3 },
      container: { readinessProbe: execProbe('false') },
    })
    const { object, atMs } = await running.when(
      (seen) => conditionOf(seen, 'Progressing')?.reason === 'ProgressDeadlineExceeded',
    )
    expect(conditionOf(object, 'Progressing')?.status).toBe('False')
    expect(atMs - startedAtMs).toBeGreaterThan(3000 - 1000)
    expect(atMs - startedAtMs).toBeLessThan(12_000)
  })

  test.concurrent('an update that leaves no pods is refused, and so is a change of the selector', async () => {
    const both = deploymentOf(here(), 'refused', { deployment: strategy(0, 0) })
    const status = expectCode(await here().call('POST', pathOf(here(), 'deployments'), both), 422)
    expect(status.details.causes[0].field).toBe('spec.strategy.rollingUpdate.maxUnavailable')
    const running = await startDeployment(here(), 'selector', { replicas: 0 })
    const headers = { 'content-type': 'application/merge-patch+json' }
    const path = pathOf(here(), 'deployments', running.name)
    const patch = {
      spec: {
        selector: { matchLabels: { app: running.name, more: 'yes' } },
        template: { metadata: { labels: { app: running.name, more: 'yes' } } },
      },
    }
    const refused = expectCode(await here().call('PATCH', path, patch, headers), 422)
    expect(refused.details.causes[0]).toMatchObject({ field: 'spec.selector' })
  })

  test.concurrent('deadline not above minReadySeconds is refused', async () => {
    const object = deploymentOf(here(), 'refused-too', {
      deployment: { minReadySeconds: 10, progressDeadlineSeconds: 10 },
    })
    const status = expectCode(await here().call('POST', pathOf(here(), 'deployments'), object), 422)
    expect(status.details.causes[0].field).toBe('spec.progressDeadlineSeconds')
  })

  test.concurrent('the scale subresource changes the replicas and nothing else', async () => {
    const running = await startDeployment(here(), 'scale', { replicas: 1 })
    await running.rolledOut(1)
    const path = `${pathOf(here(), 'deployments', 'scale')}/scale`
    const scale = expectCode(await here().call('GET', path), 200)
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 1 }, status: { selector: 'app=scale' } })
    expectCode(await here().call('PUT', path, { ...scale, spec: { replicas: 2 } }), 200)
    await running.rolledOut(2)
    expect(await running.replicaSets()).toHaveLength(1)
  })

  test.concurrent('deleting a Deployment takes its ReplicaSets and pods along', async () => {
    const running = await startDeployment(here(), 'cascade', { replicas: 1 })
    await running.rolledOut(1)
    const pods = await here().watch(`${pathOf(here(), 'pods')}?labelSelector=app%3Dcascade`)
    await pods.next(({ type }) => type === 'ADDED')
    expectCode(await here().call('DELETE', pathOf(here(), 'deployments', 'cascade')), 200)
    await pods.next(({ type }) => type === 'DELETED')
    pods.stop()
    expect(await running.replicaSets()).toEqual([])
  })

  test.concurrent('a PodDisruptionBudget refuses the eviction that it has no room for', async () => {
    const name = 'budget'
    const running = await startDeployment(here(), name, { replicas: 1 })
    const budgets = await here().watch(
      `${pathOf(here(), 'poddisruptionbudgets')}?fieldSelector=metadata.name%3D${name}`,
    )
    const object = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name },
      spec: { minAvailable: 1, selector: { matchLabels: { app: name } } },
    }
    expectCode(await here().call('POST', pathOf(here(), 'poddisruptionbudgets'), object), 201)
    await running.rolledOut(1)
    const { object: budget } = await budgets.next((event) => event.object.status?.currentHealthy === 1)
    expect(budget.status).toMatchObject({ desiredHealthy: 1, disruptionsAllowed: 0, expectedPods: 1 })
    budgets.stop()
    const pod = firstOf(await running.pods())
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: pod.metadata.name, namespace: here().namespace },
    }
    const path = `${pathOf(here(), 'pods', pod.metadata.name)}/eviction`
    const refused = expectCode(await here().call('POST', path, eviction), 429)
    expect(refused.reason).toBe('TooManyRequests')
    expect(refused.details.causes[0].reason).toBe('DisruptionBudget')
  })

  test.concurrent('an eviction deletes the pod with its own grace, if it is that very pod', async () => {
    const running = await startDeployment(here(), 'evicted', { replicas: 1 })
    await running.rolledOut(1)
    const pod = firstOf(await running.pods())
    const { name, uid } = pod.metadata
    const evict = (more: object, pods = name) =>
      here().call('POST', `${pathOf(here(), 'pods', pods)}/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: pods, namespace: here().namespace },
        ...more,
      })
    expectCode(await evict({ deleteOptions: { preconditions: { uid: 'another' } } }), 409)
    expectCode(await evict({}, 'nobody'), 404)
    expectCode(await evict({ deleteOptions: { preconditions: { uid } } }), 201)
    const { body } = await here().call('GET', pathOf(here(), 'pods', name))
    if (body.kind === 'Pod') {
      expect(body.metadata.deletionGracePeriodSeconds).toBe(pod.spec.terminationGracePeriodSeconds)
    }
    await running.when(({ status }) => status.availableReplicas === 1 && status.replicas === 1)
  })
}
