import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeploymentSnapshot } from '../../../src/model/cluster.ts'
import { refusalFor } from '../../../src/orchestrator/judge-deployment.ts'
import { restartedAtValue } from '../../../src/orchestrator/patch.ts'
import { planRollouts, restartDueMs } from '../../../src/orchestrator/plan.ts'
import { preflight } from '../../../src/orchestrator/preflight.ts'
import { editDistance, similarNames } from '../../../src/orchestrator/similar-names.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { deployment } from '../watchers/snapshots.ts'
import { createFakeCluster, type FakeOptions } from './fake-cluster.ts'

const check = (more: Partial<FakeOptions> = {}, name = 'web') => {
  const clock = createManualClock()
  const cluster = createFakeCluster({ clock, ...more })
  return { cluster, result: () => preflight({ ...cluster, namespace: 'shop', name, clock }) }
}

test('a Deployment that can be rolled passes, with a dry run as the only write and what may disturb it', async () => {
  const { cluster, result } = check()
  expect(await result()).toMatchObject({
    deployment: { name: 'web' },
    services: ['web'],
    canWatchEvents: true,
    warnings: [expect.stringContaining('web-hpa may scale web')],
  })
  expect(cluster.patches).toMatchObject([{ dryRun: true }])
})

test('all missing permissions are named at once', async () => {
  const permissions = ({ verb, resource }: { verb: string; resource: string }) =>
    !(verb === 'patch' || (verb === 'watch' && resource === 'pods'))
  await expect(check({ permissions }).result()).rejects.toThrow(
    expect.objectContaining({
      code: 'KUBE_FORBIDDEN',
      message:
        'these credentials may not patch deployments.apps, watch pods in namespace shop; nothing was changed',
    }),
  )
})

test('events are not needed: without them there is a warning', async () => {
  const { warnings, canWatchEvents } = await check({
    permissions: ({ resource }) => resource !== 'events',
  }).result()
  expect(canWatchEvents).toBe(false)
  expect(warnings[0]).toContain('events may not be watched')
})

test('an unknown name gets the nearest ones, and the namespaces that have it', async () => {
  await expect(check({}, 'wbe').result()).rejects.toThrow(
    expect.objectContaining({ code: 'KUBE_NOT_FOUND', hint: 'did you mean web?' }),
  )
  await expect(check({}, 'api').result()).rejects.toThrow(
    expect.objectContaining({ hint: expect.stringContaining('there is a api in namespace other') }),
  )
})

describe('a Deployment is refused when', () => {
  const status = deployment().status
  test.each<[string, Partial<DeploymentSnapshot>, string]>([
    ['it has 0 replicas', { replicas: 0 }, 'has 0 replicas'],
    ['it has 1 replica', { replicas: 1 }, 'has 1 replica'],
    ['it is paused', { paused: true }, 'is paused'],
    ['it recreates', { strategy: 'Recreate' }, 'Recreate'],
    ['its controller lags', { generation: 5, observedGeneration: 4 }, 'was just changed'],
    [
      'it rolls already',
      { status: { ...status, updatedReplicas: 2 } },
      'is already rolling: 2 of 4 pods updated',
    ],
    [
      'a pod of it is missing',
      { status: { ...status, availableReplicas: 3 } },
      'is not whole: 3 of 4 pods available',
    ],
  ])('%s', (_, more, words) => {
    const refusal = refusalFor(deployment(more))
    expect(refusal).toMatchObject({ code: 'DEPLOYMENT_REFUSED', message: expect.stringContaining(words) })
    expect(refusal?.message).toContain('nothing was changed')
    expect(refusal?.hint).toBeTruthy()
  })

  test('nothing of that holds it back otherwise', () => {
    expect(refusalFor(deployment())).toBeNull()
  })
})

describe('the plan', () => {
  const plan = { restarts: 5, baselineMs: 10_000, settleMs: 5000, recoveryMs: 5000, timeoutMs: 600_000 }

  test('spreads restarts evenly over what the baseline leaves of the duration', () => {
    expect([1, 2, 3, 4, 5].map((index) => restartDueMs(plan, 310_000, index))).toEqual([
      10_000, 70_000, 130_000, 190_000, 250_000,
    ])
    expect([1, 5].map((index) => restartDueMs(plan, null, index))).toEqual([10_000, 10_000])
    expect(planRollouts(plan, 310_000, deployment())[4]).toEqual({
      index: 5,
      notBeforeMs: 250_000,
      pods: 4,
      maxSurge: 1,
      maxUnavailable: 0,
    })
  })

  test('never starts a restart in the baseline, nor one before another', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.nat(1e5),
        fc.integer({ min: 1, max: 50 }),
        (durationMs, baselineMs, restarts) => {
          const dues = planRollouts({ ...plan, baselineMs, restarts }, durationMs, deployment()).map(
            ({ notBeforeMs }) => notBeforeMs,
          )
          expect(dues).toEqual(dues.toSorted((a, b) => a - b))
          expect(Math.min(...dues)).toBe(baselineMs)
          expect(Math.max(...dues)).toBeLessThanOrEqual(Math.max(baselineMs, durationMs))
        },
      ),
    )
  })
})

test('two restarts never share a value', () => {
  const first = restartedAtValue(1_795_000_000_000, undefined)
  expect(restartedAtValue(1_795_000_000_000, first)).not.toBe(first)
})

test('names are near when a few edits apart, or when one contains the other', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3)
  expect(similarNames('web', ['wbe', 'database', 'web-frontend', 'we'])).toEqual([
    'we',
    'wbe',
    'web-frontend',
  ])
  expect(similarNames('web', ['database'])).toEqual([])
})

test('a Deployment that bears the journal of a variant is refused, but for the run whose variant it is', () => {
  const record = {
    schemaVersion: 1,
    runId: 'run-1',
    version: '0',
    variant: 'prestop-5',
    writtenAtMs: 1,
    object: { kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'd1' },
    changes: [],
    anchors: [],
    restart: null,
    specHash: 'a',
    templateHash: null,
    others: [],
  }
  const bearing = deployment({ journal: JSON.stringify(record) })
  expect(refusalFor(bearing)).toMatchObject({
    code: 'DEPLOYMENT_REFUSED',
    message: expect.stringContaining('still bears variant prestop-5 of run run-1'),
    hint: expect.stringContaining('rollproof restore --deployment shop/web'),
  })
  expect(refusalFor(bearing, 'run-2')?.code).toBe('DEPLOYMENT_REFUSED')
  expect(refusalFor(bearing, 'run-1')).toBeNull()
  expect(refusalFor(deployment({ journal: 'nonsense' }), 'run-1')?.code).toBe('DEPLOYMENT_REFUSED')
})
