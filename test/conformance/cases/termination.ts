import { expect, test } from 'vitest'
import { firstOf, stampMs } from '../../support/api-object.ts'
import type { Backend } from '../backend.ts'
import {
  conditionOf,
  expectCode,
  IGNORES_TERM,
  isReady,
  OWN_FILE,
  pathOf,
  podSpec,
  readyByFile,
  startPod,
  untilTerm,
} from '../objects.ts'

/** Stamps have whole seconds, and a kubelet looks once a second: an end may look earlier or later by this. */
const GRAIN_MS = 1000
const SLACK_MS = 5000

export const terminationCases = (here: () => Backend): void => {
  test.concurrent('deletionTimestamp is the time of the deletion plus the grace period', async () => {
    const pod = await startPod(here(), 'stamp', { graceSeconds: 40 })
    await pod.when(isReady)
    const beforeMs = Date.now()
    const { metadata } = await pod.delete()
    expect(metadata.deletionGracePeriodSeconds).toBe(40)
    const endsAtMs = stampMs(metadata.deletionTimestamp)
    expect(endsAtMs).toBeGreaterThanOrEqual(beforeMs + 40_000 - GRAIN_MS)
    expect(endsAtMs).toBeLessThanOrEqual(Date.now() + 40_000 + GRAIN_MS)
    await pod.watch.next(({ type }) => type === 'DELETED')
  })

  test.concurrent('the grace period of the request wins; a later deletion can only shorten it', async () => {
    const pod = await startPod(here(), 'shorter', { graceSeconds: 12, script: IGNORES_TERM })
    await pod.when(isReady)
    const first = await pod.delete({ gracePeriodSeconds: 8 })
    expect(first.metadata.deletionGracePeriodSeconds).toBe(8)
    const longer = await pod.delete({ gracePeriodSeconds: 10 })
    expect(longer.metadata.deletionGracePeriodSeconds).toBe(8)
    expect(longer.metadata.deletionTimestamp).toBe(first.metadata.deletionTimestamp)
    const shorter = await pod.delete({ gracePeriodSeconds: 1 })
    expect(shorter.metadata.deletionGracePeriodSeconds).toBe(1)
    expect(stampMs(shorter.metadata.deletionTimestamp)).toBeLessThan(
      stampMs(first.metadata.deletionTimestamp),
    )
    // When its container really ends is a known difference.
    await pod.watch.next(({ type }) => type === 'DELETED')
  })

  test.concurrent('a pod that no node runs yet is gone at once', async () => {
    const spec = { nodeSelector: { 'rollproof.test/nowhere': 'yes' } }
    const pod = await startPod(here(), 'unscheduled', { spec, graceSeconds: 30 })
    await pod.when(() => true)
    await pod.delete()
    const gone = await pod.watch.next(({ type }) => type === 'DELETED')
    expect(gone.object.spec.nodeName ?? '').toBe('')
  })

  test.concurrent('SIGTERM comes at once without a preStop hook; exit code 0 ends as Completed', async () => {
    const pod = await startPod(here(), 'exit-0', { script: untilTerm(0), graceSeconds: 30 })
    await pod.when(isReady)
    const { terminated, phase, beganAtMs, goneAtMs } = await pod.end()
    expect(terminated).toMatchObject({ exitCode: 0, reason: 'Completed' })
    expect(phase).toBe('Succeeded')
    expect(terminated.finishedAtMs - beganAtMs).toBeLessThan(SLACK_MS)
    expect(goneAtMs - beganAtMs).toBeLessThan(2 * SLACK_MS)
  })

  test.concurrent('another exit code after SIGTERM ends as Error', async () => {
    const pod = await startPod(here(), 'exit-7', { script: untilTerm(7) })
    await pod.when(isReady)
    const { terminated, phase } = await pod.end()
    expect(terminated).toMatchObject({ exitCode: 7, reason: 'Error' })
    expect(phase).toBe('Failed')
  })

  test.concurrent('SIGKILL comes at the end of the grace period: 137', async () => {
    const pod = await startPod(here(), 'killed', { script: IGNORES_TERM, graceSeconds: 3 })
    await pod.when(isReady)
    const { terminated, phase, beganAtMs } = await pod.end()
    expect(terminated.exitCode).toBe(137)
    expect(terminated.reason).toBe('Error')
    expect(phase).toBe('Failed')
    expect(terminated.finishedAtMs - beganAtMs).toBeGreaterThanOrEqual(3000 - GRAIN_MS)
    expect(terminated.finishedAtMs - beganAtMs).toBeLessThan(3000 + SLACK_MS)
  })

  test.concurrent('preStop sleep holds SIGTERM back', async () => {
    const container = { lifecycle: { preStop: { sleep: { seconds: 3 } } } }
    const pod = await startPod(here(), 'pre-sleep', { container, graceSeconds: 20, script: untilTerm(6) })
    await pod.when(isReady)
    const { terminated, beganAtMs } = await pod.end()
    expect(terminated.exitCode).toBe(6)
    expect(terminated.finishedAtMs - beganAtMs).toBeGreaterThanOrEqual(3000 - GRAIN_MS)
    expect(terminated.finishedAtMs - beganAtMs).toBeLessThan(3000 + SLACK_MS)
  })

  test.concurrent('preStop exec holds SIGTERM back', async () => {
    const container = { lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 3'] } } } }
    const pod = await startPod(here(), 'pre-exec', { container, graceSeconds: 20, script: untilTerm(6) })
    await pod.when(isReady)
    const { terminated, beganAtMs } = await pod.end()
    expect(terminated.exitCode).toBe(6)
    expect(terminated.finishedAtMs - beganAtMs).toBeGreaterThanOrEqual(3000 - GRAIN_MS)
    expect(terminated.finishedAtMs - beganAtMs).toBeLessThan(3000 + SLACK_MS)
  })

  test.concurrent('the grace period runs during preStop; SIGTERM still gets its 2 s', async () => {
    const container = { lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 30'] } } } }
    const pod = await startPod(here(), 'pre-long', { container, graceSeconds: 2, script: untilTerm(9) })
    await pod.when(isReady)
    const { terminated, beganAtMs } = await pod.end()
    // The process had its chance: it is its own exit code, and not 137.
    expect(terminated.exitCode).toBe(9)
    expect(terminated.finishedAtMs - beganAtMs).toBeGreaterThanOrEqual(2000 - GRAIN_MS)
    expect(terminated.finishedAtMs - beganAtMs).toBeLessThan(2000 + SLACK_MS)
  })

  test.concurrent('preStop that took all the grace leaves a process that ignores SIGTERM 2 s more', async () => {
    const container = { lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 30'] } } } }
    const pod = await startPod(here(), 'pre-deaf', { container, graceSeconds: 2, script: IGNORES_TERM })
    await pod.when(isReady)
    const { terminated, beganAtMs } = await pod.end()
    expect(terminated.exitCode).toBe(137)
    expect(terminated.finishedAtMs - beganAtMs).toBeGreaterThanOrEqual(4000 - GRAIN_MS)
    expect(terminated.finishedAtMs - beganAtMs).toBeLessThan(4000 + SLACK_MS)
  })

  test.concurrent('preStop that cannot run is an event, and SIGTERM comes at once', async () => {
    const container = { lifecycle: { preStop: { exec: { command: ['/no-such-program'] } } } }
    const pod = await startPod(here(), 'pre-broken', { container, graceSeconds: 30, script: untilTerm(4) })
    await pod.when(isReady)
    const { terminated, beganAtMs } = await pod.end()
    expect(terminated.exitCode).toBe(4)
    expect(terminated.finishedAtMs - beganAtMs).toBeLessThan(SLACK_MS)
    const path = `${pathOf(here(), 'events')}?fieldSelector=involvedObject.name%3Dpre-broken`
    const events = await here().watch(path)
    await events.next(({ object }) => object.reason === 'FailedPreStopHook' && object.type === 'Warning')
    events.stop()
  })

  test.concurrent('preStop sleep longer than the grace period is refused', async () => {
    const container = { lifecycle: { preStop: { sleep: { seconds: 6 } } } }
    const spec = podSpec(here(), { container, graceSeconds: 5 })
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pre-refused' }, spec }
    const status = expectCode(await here().call('POST', pathOf(here(), 'pods'), object), 422)
    expect(status.details.causes[0].field).toBe('spec.containers[0].lifecycle.preStop.sleep')
  })

  test.concurrent('a pod that ends keeps Ready until its probe fails', async () => {
    const script = `touch ${OWN_FILE}; trap "exit 0" TERM; sleep 3600 & wait`
    const preStop = { exec: { command: ['sh', '-c', `sleep 2; rm ${OWN_FILE}; sleep 6`] } }
    const container = { readinessProbe: readyByFile, lifecycle: { preStop } }
    const pod = await startPod(here(), 'keeps-ready', { script, container, graceSeconds: 20 })
    await pod.when(isReady)
    await pod.end()
    const ending = pod.watch.events.filter(({ object }) => object.metadata.deletionTimestamp !== undefined)
    const statuses = ending.map(({ object }) => conditionOf(object, 'Ready')?.status)
    expect(statuses[0]).toBe('True')
    expect(statuses).toContain('False')
    const lostAt = ending.findIndex(({ object }) => !isReady(object))
    const began = ending[0]
    const lost = ending[lostAt]
    expect((lost?.atMs ?? 0) - (began?.atMs ?? 0)).toBeGreaterThan(1000)
    // Still running then: only the probe said so.
    expect(firstOf(lost?.object.status.containerStatuses).state.running).toBeDefined()
  })

  test.concurrent('a finalizer holds the object after the containers have ended', async () => {
    const finalizers = ['rollproof.test/hold']
    const pod = await startPod(here(), 'held', { metadata: { finalizers }, script: untilTerm(0) })
    await pod.when(isReady)
    await pod.delete()
    const { object } = await pod.when((seen) => seen.status.phase === 'Succeeded')
    expect(object.metadata.finalizers).toEqual(finalizers)
    const headers = { 'content-type': 'application/merge-patch+json' }
    const released = { metadata: { finalizers: null } }
    expectCode(await here().call('PATCH', pathOf(here(), 'pods', 'held'), released, headers), 200)
    await pod.watch.next(({ type }) => type === 'DELETED')
  })
}
