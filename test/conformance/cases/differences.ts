import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { stampMs } from '../../support/api-object.ts'
import type { Backend } from '../backend.ts'
import { type DifferenceId, KNOWN_DIFFERENCES, knownHere } from '../known-differences.ts'
import {
  containerState,
  expectCode,
  IGNORES_TERM,
  isReady,
  mainContainer,
  pathOf,
  podSpec,
  startPod,
  untilTerm,
} from '../objects.ts'

const measures: Readonly<Record<DifferenceId, (backend: Backend) => Promise<unknown>>> = {
  'no-handler': async (backend) => {
    const pod = await startPod(backend, 'no-handler', {
      script: 'while :; do sleep 0.2; done',
      graceSeconds: 2,
    })
    await pod.when(isReady)
    return (await pod.end()).terminated.exitCode
  },
  'shorter-grace': async (backend) => {
    const pod = await startPod(backend, 'shorter-grace', { script: IGNORES_TERM, graceSeconds: 10 })
    await pod.when(isReady)
    const { metadata } = await pod.delete()
    await pod.when((seen) => seen.metadata.deletionTimestamp !== undefined)
    await pod.delete({ gracePeriodSeconds: 1 })
    const gone = await pod.watch.next(({ type }) => type === 'DELETED')
    pod.watch.stop()
    return gone.atMs < stampMs(metadata.deletionTimestamp) - 1000
  },
  'server-side-apply': async (backend) => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' } }
    const path = `${pathOf(backend, 'configmaps', 'applied')}?fieldManager=conformance`
    const headers = { 'content-type': 'application/apply-patch+yaml' }
    return (await backend.call('PATCH', path, object, headers)).code
  },
  'unknown-image': async (backend) => {
    const container = { image: 'rollproof.local/none:1' }
    const pod = await startPod(backend, 'unknown-image', { container })
    const { object } = await pod.when((seen) => {
      const { running, waiting } = containerState(seen)
      return running !== undefined || ['ErrImagePull', 'ImagePullBackOff'].includes(waiting?.reason ?? '')
    })
    await pod.delete()
    return containerState(object).running === undefined ? 'not started' : 'running'
  },
  sidecars: async (backend) => {
    const main = mainContainer(backend)
    const pod = await startPod(backend, 'sidecars', {
      spec: { containers: [main, { ...main, name: 'second', ports: [] }] },
    })
    const { object } = await pod.when(isReady)
    await pod.delete()
    return object.status.containerStatuses?.filter(({ state }) => state.running !== undefined).length
  },
  'init-containers': async (backend) => {
    const initContainers = [{ name: 'first', image: backend.image, command: ['sh', '-c', 'exit 0'] }]
    const pod = await startPod(backend, 'init', { spec: { initContainers } })
    const { object } = await pod.when(isReady)
    await pod.delete()
    const states = object.status.initContainerStatuses ?? []
    return states.filter(({ state }) => state.terminated?.exitCode === 0).length
  },
  exec: async (backend) => {
    const pod = await startPod(backend, 'exec')
    await pod.when(isReady)
    const { code } = await backend.call(
      'GET',
      `${pathOf(backend, 'pods', 'exec')}/exec?command=true&stdout=true`,
    )
    await pod.delete()
    return code
  },
  'port-forward': async (backend) => {
    const pod = await startPod(backend, 'port-forward', { script: untilTerm() })
    await pod.when(isReady)
    const { code } = await backend.call(
      'GET',
      `${pathOf(backend, 'pods', 'port-forward')}/portforward?ports=80`,
    )
    await pod.delete()
    return code
  },
  'read-only-kinds': async (backend) => {
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nobody' }
    const objects: readonly (readonly [string, object])[] = [
      [
        'horizontalpodautoscalers',
        {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          spec: { maxReplicas: 2, scaleTargetRef: reference },
        },
      ],
      ['resourcequotas', { apiVersion: 'v1', kind: 'ResourceQuota', spec: { hard: { pods: '500' } } }],
      ['limitranges', { apiVersion: 'v1', kind: 'LimitRange', spec: { limits: [] } }],
    ]
    return Promise.all(
      objects.map(async ([resource, object]) => {
        const path = `${pathOf(backend, resource)}?dryRun=All`
        return (await backend.call('POST', path, { ...object, metadata: { name: 'read-only' } })).code
      }),
    )
  },
  'other-kinds': (backend) =>
    Promise.all(
      [
        `/apis/apps/v1/namespaces/${backend.namespace}/statefulsets`,
        `/apis/apps/v1/namespaces/${backend.namespace}/daemonsets`,
        `/apis/batch/v1/namespaces/${backend.namespace}/jobs`,
        `/api/v1/namespaces/${backend.namespace}/secrets`,
      ].map(async (path) => (await backend.call('GET', path)).code),
    ),
  fractions: async (backend) => {
    const readinessProbe = { exec: { command: ['true'] }, periodSeconds: 0.5 }
    const object = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'fractions' },
      spec: podSpec(backend, { container: { readinessProbe } }),
    }
    return (await backend.call('POST', `${pathOf(backend, 'pods')}?dryRun=All`, object)).code
  },
  'managed-fields': async (backend) => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'managed' }, data: { a: '1' } }
    const { metadata } = expectCode(await backend.call('POST', pathOf(backend, 'configmaps'), object), 201)
    return metadata.managedFields !== undefined
  },
  'future-version': async (backend) => {
    const startedAtMs = Date.now()
    const path = `${pathOf(backend, 'configmaps')}?resourceVersion=999999999`
    const { body } = await backend.call('GET', path)
    expect([body.code, body.reason]).toEqual([504, 'Timeout'])
    return Date.now() - startedAtMs > 1000
  },
}

export const differenceCases = (here: () => Backend): void => {
  const docs = readFileSync(new URL('../../../docs/lab.md', import.meta.url), 'utf8')
  const ids = Object.keys(KNOWN_DIFFERENCES) as DifferenceId[]

  test.concurrent.each(ids)('%s: each side is as it is known to be', async (id) => {
    expect(await measures[id](here())).toEqual(knownHere(here(), id))
  })

  test.concurrent('all of them are listed in docs/lab.md', () => {
    const missing = Object.values(KNOWN_DIFFERENCES).filter(({ what }) => !docs.includes(what))
    expect(missing).toEqual([])
  })
}
