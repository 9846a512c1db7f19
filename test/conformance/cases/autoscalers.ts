import { expect, test } from 'vitest'
import type { ApiObject } from '../../support/api-object.ts'
import type { Backend } from '../backend.ts'
import { conditionOf, expectCode, follow, pathOf, startDeployment } from '../objects.ts'

const KIND = 'horizontalpodautoscalers'

const autoscalerOf = (name: string, spec: object): object => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, ...spec },
})

const create = async (backend: Backend, name: string, spec: object): Promise<ApiObject> =>
  expectCode(await backend.call('POST', pathOf(backend, KIND), autoscalerOf(name, spec)), 201)

const setBounds = async (backend: Backend, name: string, spec: object): Promise<ApiObject> =>
  expectCode(
    await backend.call(
      'PATCH',
      pathOf(backend, KIND, name),
      { spec },
      { 'content-type': 'application/strategic-merge-patch+json' },
    ),
    200,
  )

/** No back end has metrics: what is decided, the bounds decide. */
export const autoscalerCases = (here: () => Backend): void => {
  test.concurrent('replicas above maxReplicas go down to it, below minReplicas up to it, and are left alone in between', async () => {
    const backend = here()
    const name = 'scaled'
    const running = await startDeployment(backend, name, { replicas: 3, graceSeconds: 1 })
    await running.rolledOut(1)
    const watch = await follow(backend, KIND, name)
    await create(backend, name, { minReplicas: 1, maxReplicas: 5 })
    const alone = await watch.next(({ object }) => conditionOf(object, 'ScalingActive')?.status === 'False')
    expect(alone.object.status).toMatchObject({ currentReplicas: 3, desiredReplicas: 0 })
    expect(conditionOf(alone.object, 'AbleToScale')).toMatchObject({
      status: 'True',
      reason: 'SucceededGetScale',
      message: "the HPA controller was able to get the target's current scale",
    })
    await setBounds(backend, name, { minReplicas: 1, maxReplicas: 1 })
    const down = await running.when(({ spec }) => spec.replicas === 1)
    // One change of the Deployment, and nothing else of it.
    expect(down.object.metadata.generation).toBe(2)
    expect(
      conditionOf(
        (await watch.next(({ object }) => object.status?.desiredReplicas === 1)).object,
        'AbleToScale',
      ),
    ).toMatchObject({
      status: 'True',
      reason: 'SucceededRescale',
      message: 'the HPA controller was able to update the target scale to 1',
    })
    await setBounds(backend, name, { minReplicas: 2, maxReplicas: 4 })
    await running.when(({ spec }) => spec.replicas === 2)
    const events = expectCode(await backend.call('GET', pathOf(backend, 'events')), 200).items
    const said = events
      .filter(({ involvedObject, reason }) => involvedObject.name === name && reason === 'SuccessfulRescale')
      .map(({ message }) => message)
    expect(said.toSorted()).toEqual([
      'New size: 1; reason: Current number of replicas above Spec.MaxReplicas',
      'New size: 2; reason: Current number of replicas below Spec.MinReplicas',
    ])
    watch.stop()
  })

  test.concurrent('an autoscaler without minReplicas and metrics gets the defaults', async () => {
    const backend = here()
    const { spec } = await create(backend, 'defaults', { maxReplicas: 2 })
    expect(spec).toMatchObject({
      minReplicas: 1,
      maxReplicas: 2,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
      ],
    })
  })

  test.concurrent.each<[string, object, string]>([
    ['maxReplicas below minReplicas', { minReplicas: 3, maxReplicas: 2 }, 'spec.maxReplicas'],
    ['no maxReplicas', {}, 'spec.maxReplicas'],
    ['minReplicas 0', { minReplicas: 0, maxReplicas: 2 }, 'spec.minReplicas'],
    ['nothing that is scaled', { maxReplicas: 2, scaleTargetRef: {} }, 'spec.scaleTargetRef.kind'],
  ])('an autoscaler with %s is refused', async (_, spec, field) => {
    const backend = here()
    const { code, body } = await backend.call('POST', pathOf(backend, KIND), autoscalerOf('refused', spec))
    expect(code).toBe(422)
    expect(body.details.causes.map((cause) => cause.field)).toContain(field)
  })

  test.concurrent('an autoscaler of nothing says that it cannot scale', async () => {
    const backend = here()
    const watch = await follow(backend, KIND, 'of-nothing')
    await create(backend, 'of-nothing', { maxReplicas: 2 })
    const { object } = await watch.next(
      ({ object: scaler }) => conditionOf(scaler, 'AbleToScale')?.status === 'False',
    )
    expect(conditionOf(object, 'AbleToScale')?.reason).toBe('FailedGetScale')
    watch.stop()
  })
}
