import { expect, test } from 'vitest'
import { type ApiObject, firstOf } from '../../support/api-object.ts'
import type { Backend, Seen } from '../backend.ts'
import {
  conditionOf,
  expectCode,
  isReady,
  pathOf,
  revisionOf,
  startDeployment,
  strategy,
  templatePatch,
  untilTerm,
} from '../objects.ts'

/** `count` of all objects after each event, from the first `skip` on. */
const countsOf = (
  events: readonly Seen[],
  skip: number,
  count: (object: ApiObject) => number,
): readonly number[] => {
  const objects = new Map<string, ApiObject>()
  const counts = events.map(({ type, object }) => {
    if (type === 'DELETED') objects.delete(object.metadata.uid)
    else objects.set(object.metadata.uid, object)
    return [...objects.values()].reduce((sum: number, each) => sum + count(each), 0)
  })
  return counts.slice(skip)
}

export const rolloutCases = (here: () => Backend): void => {
  test.concurrent('a restart replaces all pods within the limits of surge and unavailable', async () => {
    const name = 'restart'
    const running = await startDeployment(here(), name, { replicas: 3, deployment: strategy(1, 1) })
    await running.rolledOut(1)
    const before = await running.pods()
    const { resourceVersion } = expectCode(await here().call('GET', pathOf(here(), 'pods')), 200).metadata
    const pods = await here().watch(
      `${pathOf(here(), 'pods')}?labelSelector=app%3D${name}&resourceVersion=${resourceVersion}`,
    )
    const restartedAt = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() }
    const sets = await here().watch(`${pathOf(here(), 'replicasets')}?labelSelector=app%3D${name}`)
    const { metadata } = await running.patch({
      spec: { template: { metadata: { annotations: restartedAt } } },
    })
    expect(metadata.generation).toBe(2)
    await running.rolledOut(2)
    for (const pod of before)
      await pods.next(({ type, object }) => type === 'DELETED' && object.metadata.uid === pod.metadata.uid)
    pods.stop()
    const started = before.map((object): Seen => ({ type: 'ADDED', object, atMs: 0 }))
    sets.stop()
    // What is wanted never exceeds the surge; pods themselves may, while a ReplicaSet has not yet scaled down.
    expect(Math.max(...countsOf(sets.events, 0, ({ spec }) => spec.replicas))).toBe(4)
    const serves = (pod: ApiObject): number =>
      pod.metadata.deletionTimestamp === undefined && isReady(pod) ? 1 : 0
    const serving = countsOf([...started, ...pods.events], started.length, serves)
    expect(Math.min(...serving)).toBeGreaterThanOrEqual(2)
    const after = await running.pods()
    const uids = before.map((pod) => pod.metadata.uid)
    expect(after.filter((pod) => uids.includes(pod.metadata.uid))).toEqual([])
  })

  test.concurrent('pods carry the hash of their template, which is in the names of ReplicaSet and pod', async () => {
    const running = await startDeployment(here(), 'hash', { replicas: 1 })
    await running.rolledOut(1)
    const set = firstOf(await running.replicaSets())
    const pod = firstOf(await running.pods())
    const hash = set.metadata.labels?.['pod-template-hash']
    expect(set.metadata.name).toBe(`hash-${hash}`)
    expect(set.spec.selector.matchLabels).toEqual({ app: 'hash', 'pod-template-hash': hash })
    expect(pod.metadata.labels?.['pod-template-hash']).toBe(hash)
    expect(pod.metadata.name).toMatch(new RegExp(`^hash-${hash}-[a-z0-9]{5}$`))
    expect(pod.metadata.generateName).toBe(`hash-${hash}-`)
    expect(pod.metadata.ownerReferences?.[0]).toMatchObject({
      kind: 'ReplicaSet',
      uid: set.metadata.uid,
      controller: true,
    })
  })

  test.concurrent('a rollback takes up the old ReplicaSet under a new revision', async () => {
    const running = await startDeployment(here(), 'rollback', { replicas: 1 })
    await running.patch(templatePatch('1'))
    await running.rolledOut(2)
    const first = firstOf((await running.replicaSets()).filter(({ spec }) => spec.replicas === 1))
    await running.patch(templatePatch('2'))
    await running.rolledOut(3)
    await running.patch(templatePatch('1'))
    const { object } = await running.rolledOut(4)
    const sets = await running.replicaSets()
    const active = firstOf(sets.filter(({ spec }) => spec.replicas === 1))
    expect(active.metadata.uid).toBe(first.metadata.uid)
    expect(Number(revisionOf(active))).toBeGreaterThan(Number(revisionOf(first)))
    expect(revisionOf(object)).toBe(revisionOf(active))
    expect(new Set(sets.map(revisionOf)).size).toBe(sets.length)
  })

  test.concurrent('a finished rollout says so in its conditions and counts', async () => {
    const running = await startDeployment(here(), 'finished')
    const { object } = await running.when(
      (seen) => conditionOf(seen, 'Progressing')?.reason === 'NewReplicaSetAvailable',
    )
    expect(conditionOf(object, 'Progressing')?.status).toBe('True')
    expect(conditionOf(object, 'Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
    })
    expect(object.status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    })
    expect(object.status.unavailableReplicas).toBeUndefined()
    const reasons = running.watch.events.map((event) => conditionOf(event.object, 'Progressing')?.reason)
    const order = [...new Set(reasons.filter((reason) => reason !== undefined))]
    expect(order).toEqual(['NewReplicaSetCreated', 'ReplicaSetUpdated', 'NewReplicaSetAvailable'])
  })

  test.concurrent('Recreate ends all old pods before it makes a new one', async () => {
    const name = 'recreate'
    const running = await startDeployment(here(), name, { deployment: { strategy: { type: 'Recreate' } } })
    await running.rolledOut(1)
    const old = (await running.pods()).map((pod) => pod.metadata.uid)
    const { resourceVersion } = expectCode(await here().call('GET', pathOf(here(), 'pods')), 200).metadata
    const pods = await here().watch(
      `${pathOf(here(), 'pods')}?labelSelector=app%3D${name}&resourceVersion=${resourceVersion}`,
    )
    await running.patch(templatePatch('2'))
    await pods.next(({ type }) => type === 'ADDED')
    // A pod that has ended counts as gone, even while its object is still there.
    const isOver = ({ type, object }: Seen): boolean =>
      type === 'DELETED' || ['Succeeded', 'Failed'].includes(object.status.phase ?? '')
    const firstNew = pods.events.findIndex(({ type }) => type === 'ADDED')
    for (const uid of old)
      expect(
        pods.events.findIndex((event) => event.object.metadata.uid === uid && isOver(event)),
      ).toBeLessThan(firstNew)
    await running.rolledOut(2)
    pods.stop()
  })

  test.concurrent('revisionHistoryLimit bounds how many old ReplicaSets are kept', async () => {
    const name = 'history'
    const running = await startDeployment(here(), name, {
      replicas: 1,
      deployment: { revisionHistoryLimit: 1 },
    })
    await running.rolledOut(1)
    const sets = await here().watch(`${pathOf(here(), 'replicasets')}?labelSelector=app%3D${name}`)
    const first = await sets.next(({ type }) => type === 'ADDED')
    for (const version of ['2', '3']) {
      const { metadata } = await running.patch(templatePatch(version))
      await running.rolledOut(metadata.generation)
    }
    await sets.next(
      ({ type, object }) => type === 'DELETED' && object.metadata.uid === first.object.metadata.uid,
    )
    sets.stop()
    expect(await running.replicaSets()).toHaveLength(2)
  })

  test.concurrent('a template that changes in the middle of a rollout leaves the half-done one behind', async () => {
    const running = await startDeployment(here(), 'overtaken', {
      script: untilTerm(),
      deployment: strategy(1, 0),
    })
    await running.rolledOut(1)
    await running.patch(templatePatch('2'))
    const { metadata } = await running.patch(templatePatch('3'))
    const { object } = await running.rolledOut(metadata.generation)
    const sets = await running.replicaSets()
    const living = sets.filter(({ spec }) => spec.replicas > 0)
    expect(living).toHaveLength(1)
    expect(revisionOf(firstOf(living))).toBe(revisionOf(object))
    expect(firstOf(living).spec.template.metadata.annotations?.['rollproof.test/version']).toBe('3')
  })
}
