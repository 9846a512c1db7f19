import { expect, test } from 'vitest'
import { type ApiObject, firstOf } from '../../support/api-object.ts'
import type { Backend, Watch } from '../backend.ts'
import {
  conditionOf,
  execProbe,
  expectCode,
  isReady,
  OWN_FILE,
  pathOf,
  readyByFile,
  startPod,
} from '../objects.ts'

const createService = async (backend: Backend, name: string, spec: object = {}): Promise<ApiObject> =>
  expectCode(
    await backend.call('POST', pathOf(backend, 'services'), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
    }),
    201,
  )

const slicesOf = (backend: Backend, name: string): Promise<Watch> =>
  backend.watch(`${pathOf(backend, 'endpointslices')}?labelSelector=kubernetes.io%2Fservice-name%3D${name}`)

const CONDITIONS = ['ready', 'serving', 'terminating'] as const

/** The states that the only endpoint went through: R(eady) S(erving) T(erminating), `gone` when none is listed. */
const statesOf = (slices: Watch): readonly string[] => {
  const states = slices.events
    .filter(({ type }) => type !== 'DELETED')
    .map(({ object }) => {
      const conditions = object.endpoints?.[0]?.conditions
      if (conditions === undefined) return 'gone'
      return CONDITIONS.filter((name) => conditions[name]).join(' ') || 'none'
    })
  return states.filter((state, index) => state !== states[index - 1])
}

export const endpointCases = (here: () => Backend): void => {
  test.concurrent('a pod is ready and serving, then serving and terminating, then terminating, then gone', async () => {
    const name = 'slice-states'
    const slices = await slicesOf(here(), name)
    await createService(here(), name)
    const script = `sleep 2; touch ${OWN_FILE}; trap "exit 0" TERM; sleep 3600 & wait`
    const preStop = { exec: { command: ['sh', '-c', `sleep 2; rm ${OWN_FILE}; sleep 6`] } }
    const container = { readinessProbe: readyByFile, lifecycle: { preStop } }
    const pod = await startPod(here(), name, { script, container, graceSeconds: 20 })
    await slices.next(({ object }) => object.endpoints?.[0]?.conditions.ready === true)
    await pod.end()
    await slices.next(
      (event) =>
        slices.events.indexOf(event) > 0 && statesOf(slices).at(-1) === 'gone' && event !== undefined,
    )
    const states = statesOf(slices)
    expect(states.slice(states.indexOf('none'))).toEqual([
      'none',
      'ready serving',
      'serving terminating',
      'terminating',
      'gone',
    ])
    slices.stop()
  })

  test.concurrent('the slice follows readiness and deletion within a second', async () => {
    const name = 'slice-lag'
    const slices = await slicesOf(here(), name)
    await createService(here(), name)
    const container = { lifecycle: { preStop: { sleep: { seconds: 2 } } } }
    const pod = await startPod(here(), name, { container })
    const ready = await pod.when(isReady)
    const listed = await slices.next(({ object }) => object.endpoints?.[0]?.conditions.ready === true)
    expect(Math.abs(listed.atMs - ready.atMs)).toBeLessThan(1000)
    await pod.delete()
    const marked = await pod.when(({ metadata }) => metadata.deletionTimestamp !== undefined)
    const ending = await slices.next(({ object }) => object.endpoints?.[0]?.conditions.terminating === true)
    expect(firstOf(ending.object.endpoints).conditions).toEqual({
      ready: false,
      serving: true,
      terminating: true,
    })
    expect(Math.abs(ending.atMs - marked.atMs)).toBeLessThan(1000)
    await pod.watch.next(({ type }) => type === 'DELETED')
    slices.stop()
  })

  test.concurrent('a slice names its Service, its pods and their ports', async () => {
    const name = 'slice-shape'
    const slices = await slicesOf(here(), name)
    const service = await createService(here(), name)
    const pod = await startPod(here(), name)
    const { object } = await pod.when(isReady)
    const listed = await slices.next((event) => event.object.endpoints?.[0]?.conditions.ready === true)
    expect(listed.object).toMatchObject({ addressType: 'IPv4' })
    expect(listed.object.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }])
    expect(listed.object.metadata.labels).toMatchObject({
      'kubernetes.io/service-name': name,
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    })
    expect(listed.object.metadata.ownerReferences).toEqual([
      expect.objectContaining({ kind: 'Service', name, uid: service.metadata.uid, controller: true }),
    ])
    expect(listed.object.endpoints?.[0]).toMatchObject({
      addresses: [object.status.podIP],
      nodeName: object.spec.nodeName,
      targetRef: { kind: 'Pod', name, namespace: here().namespace, uid: object.metadata.uid },
    })
    await pod.end()
    slices.stop()
  })

  test.concurrent('publishNotReadyAddresses makes a pod that is not ready count as ready', async () => {
    const name = 'slice-publish'
    const slices = await slicesOf(here(), name)
    await createService(here(), name, { publishNotReadyAddresses: true })
    const pod = await startPod(here(), name, { container: { readinessProbe: execProbe('false') } })
    const { object } = await slices.next((event) => (event.object.endpoints ?? []).length > 0)
    expect(firstOf(object.endpoints).conditions).toMatchObject({ ready: true, terminating: false })
    expect(conditionOf(pod.watch.events.at(-1)?.object, 'Ready')?.status).toBe('False')
    await pod.end()
    slices.stop()
  })
}
