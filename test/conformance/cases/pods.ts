import { expect, test } from 'vitest'
import { firstOf, stampMs } from '../../support/api-object.ts'
import type { Backend } from '../backend.ts'
import {
  conditionOf,
  containerState,
  execProbe,
  expectCode,
  isReady,
  OWN_FILE,
  pathOf,
  readyByFile,
  startPod,
  untilTerm,
} from '../objects.ts'

const ORDER = ['PodScheduled', 'Initialized', 'PodReadyToStartContainers', 'ContainersReady', 'Ready']

export const podCases = (here: () => Backend): void => {
  test.concurrent('conditions become true in order, and their stamps are whole seconds', async () => {
    const pod = await startPod(here(), 'conditions', { container: { readinessProbe: execProbe('true') } })
    await pod.when(isReady)
    const firstTrue = ORDER.map((type) =>
      pod.watch.events.findIndex(({ object }) => conditionOf(object, type)?.status === 'True'),
    )
    expect(firstTrue).toEqual(firstTrue.toSorted((a, b) => a - b))
    expect(firstTrue[0]).toBeGreaterThanOrEqual(0)
    const stamps = ORDER.map((type) => conditionOf(pod.watch.events.at(-1)?.object, type)?.lastTransitionTime)
    for (const stamp of stamps) expect(stamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(stamps).toEqual(stamps.toSorted())
    await pod.end()
  })

  test.concurrent('goes from Pending to Running, and has its address before it is ready', async () => {
    const pod = await startPod(here(), 'phases')
    const { object } = await pod.when(isReady)
    const phases = pod.watch.events.map((event) => event.object.status.phase)
    expect([...new Set(phases)]).toEqual(['Pending', 'Running'])
    expect(object.status.podIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
    expect(object.status.podIPs).toEqual([{ ip: object.status.podIP }])
    expect(object.status.hostIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
    expect(object.spec.nodeName).toBeTypeOf('string')
    expect(object.status.containerStatuses?.[0]).toMatchObject({
      ready: true,
      started: true,
      restartCount: 0,
    })
    await pod.end()
  })

  test.concurrent('without a readiness probe is ready as soon as it runs', async () => {
    const pod = await startPod(here(), 'no-probe')
    const { object } = await pod.when((seen) => containerState(seen).running !== undefined)
    expect(isReady(object)).toBe(true)
    await pod.end()
  })

  test.concurrent('is not ready before the initial delay of its probe is over', async () => {
    const readinessProbe = execProbe('true', { initialDelaySeconds: 2 })
    const pod = await startPod(here(), 'initial-delay', { container: { readinessProbe } })
    const running = await pod.when((seen) => containerState(seen).running !== undefined)
    expect(conditionOf(running.object, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
    })
    const { object } = await pod.when(isReady)
    const startedAtMs = stampMs(containerState(object).running?.startedAt)
    const readyAtMs = stampMs(conditionOf(object, 'Ready')?.lastTransitionTime)
    // Both stamps are cut to the second.
    expect(readyAtMs - startedAtMs).toBeGreaterThan(1000 - 1)
    expect(readyAtMs - startedAtMs).toBeLessThan(30_000)
    await pod.end()
  })

  test.concurrent('loses Ready when its probe fails, keeps running, and is not restarted', async () => {
    const script = `touch ${OWN_FILE}; trap "exit 0" TERM; sleep 8; rm ${OWN_FILE}; sleep 3600 & wait`
    const pod = await startPod(here(), 'unready', { script, container: { readinessProbe: readyByFile } })
    const ready = await pod.when(isReady)
    const lost = await pod.watch.next(
      ({ object, atMs }) => atMs > ready.atMs && conditionOf(object, 'Ready')?.status === 'False',
    )
    expect(lost.object.status.phase).toBe('Running')
    expect(lost.object.status.containerStatuses?.[0]).toMatchObject({
      ready: false,
      started: true,
      restartCount: 0,
    })
    expect(conditionOf(lost.object, 'ContainersReady')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [main]',
    })
    await pod.end()
  })

  test.concurrent('with a readiness gate is ready only when somebody sets its condition', async () => {
    const type = 'rollproof.test/gate'
    const pod = await startPod(here(), 'gate', { spec: { readinessGates: [{ conditionType: type }] } })
    const gated = await pod.when((seen) => conditionOf(seen, 'ContainersReady')?.status === 'True')
    expect(conditionOf(gated.object, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
    })
    const path = `${pathOf(here(), 'pods', 'gate')}/status`
    const patch = { status: { conditions: [{ type, status: 'True' }] } }
    const headers = { 'content-type': 'application/strategic-merge-patch+json' }
    expectCode(await here().call('PATCH', path, patch, headers), 200)
    await pod.when(isReady)
    await pod.end()
  })

  test.concurrent('with a startup probe is neither started nor ready before that has passed', async () => {
    const script = `sleep 2; touch ${OWN_FILE}; trap "exit 0" TERM; sleep 3600 & wait`
    const startupProbe = execProbe(`test -f ${OWN_FILE}`, { failureThreshold: 30 })
    const pod = await startPod(here(), 'startup', { script, container: { startupProbe } })
    const running = await pod.when((seen) => containerState(seen).running !== undefined)
    expect(running.object.status.containerStatuses?.[0]).toMatchObject({ started: false, ready: false })
    const { object } = await pod.when(isReady)
    expect(object.status.containerStatuses?.[0]).toMatchObject({ started: true, restartCount: 0 })
    await pod.end()
  })

  test.concurrent('is restarted at once after its first crash, then backs off', async () => {
    const pod = await startPod(here(), 'crash', { script: 'sleep 1; exit 3' })
    const again = await pod.when((seen) => seen.status.containerStatuses?.[0]?.restartCount === 1)
    expect(firstOf(again.object.status.containerStatuses).lastState.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
    })
    const waiting = await pod.when((seen) => containerState(seen).waiting?.reason === 'CrashLoopBackOff')
    expect(isReady(waiting.object)).toBe(false)
    expect(waiting.object.status.phase).toBe('Running')
    await pod.end()
  })

  test.concurrent('is restarted when its liveness probe fails, with the exit code of its end', async () => {
    const livenessProbe = execProbe('false', { failureThreshold: 2 })
    const pod = await startPod(here(), 'liveness', { script: untilTerm(5), container: { livenessProbe } })
    const { object } = await pod.when((seen) => seen.status.containerStatuses?.[0]?.restartCount === 1)
    expect(firstOf(object.status.containerStatuses).lastState.terminated).toMatchObject({ exitCode: 5 })
    const path = `${pathOf(here(), 'events')}?fieldSelector=involvedObject.name%3Dliveness`
    const { items } = expectCode(await here().call('GET', path), 200)
    const reasons = items.map(({ reason }) => reason)
    for (const reason of ['Scheduled', 'Created', 'Started', 'Unhealthy', 'Killing'])
      expect(reasons).toContain(reason)
    await pod.end()
  })

  test.concurrent('waits for an image that cannot be had', async () => {
    const image = 'rollproof.local/none:1'
    const pod = await startPod(here(), 'no-image', { container: { image, command: null } })
    const { object } = await pod.when((seen) =>
      ['ErrImagePull', 'ImagePullBackOff'].includes(containerState(seen).waiting?.reason ?? ''),
    )
    expect(object.status.phase).toBe('Pending')
    expect(isReady(object)).toBe(false)
    await pod.delete()
  })
}
