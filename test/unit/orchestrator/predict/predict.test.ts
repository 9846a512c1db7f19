import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContainerSpec, Surroundings } from '../../../../src/model/surroundings.ts'
import { isShellLess } from '../../../../src/orchestrator/predict/hook-fails.ts'
import { predict } from '../../../../src/orchestrator/predict/predict.ts'
import { NO_HINTS } from '../../../../src/orchestrator/predict/predictor.ts'
import { drainTimeOf, keepAliveOf } from '../../../../src/orchestrator/predict/timings.ts'
import { around, container, probe } from '../../../support/surroundings.ts'

const idsOf = (surroundings: Surroundings, hints = NO_HINTS) =>
  predict(surroundings, hints).map(({ id }) => id)

test('a well set Deployment has nothing predicted', () => {
  expect(predict(around())).toEqual([])
})

test('what could not be read is not concluded from: with nothing but the Deployment, nothing more is predicted', () => {
  const blind = {
    services: null,
    ingresses: null,
    budgets: null,
    autoscalers: null,
    endpoints: null,
    pods: null,
    events: null,
    namespaceLabels: null,
  }
  expect(predict(around({}, {}, blind))).toEqual([])
})

describe('the grace period', () => {
  test('the effective preStop is the smaller of preStop and grace, and the arithmetic is shown', () => {
    const [prediction] = predict(around({ preStop: { kind: 'sleep', seconds: 60 } }))
    expect(prediction).toMatchObject({ id: 'pre-stop-fills-grace', cause: 'A4', severity: 'high' })
    expect(prediction?.because).toContain('min(60, 30) = 30 s')
  })

  test('preStop + drain + margin must fit; a drain that is told wins over the one that the settings name', () => {
    const spring = around({ timings: { SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE: '20s' } })
    expect(idsOf(spring)).toEqual([])
    expect(idsOf(spring, { ...NO_HINTS, drainSeconds: 21 })).toEqual(['grace-too-short'])
    expect(predict(spring, { ...NO_HINTS, drainSeconds: 26 })[0]).toMatchObject({ severity: 'medium' })
  })

  test('the proposed grace period is enough: with it nothing is predicted any more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 200 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 120 }),
        (hook, grace, drain) => {
          const main = {
            preStop: { kind: 'sleep', seconds: hook } as const,
            timings: { DRAIN_TIMEOUT: `${drain}s` },
          }
          const [found] = predict(around(main, { gracePeriodSeconds: grace }))
          if (found === undefined) return hook + drain + 5 <= grace
          const proposed = Number(/(\d+)(?: or more.*)?$/.exec(found.fix)?.[1])
          return predict(around(main, { gracePeriodSeconds: proposed })).length === 0
        },
      ),
    )
  })

  test('a grace period of 0 is no grace', () => {
    expect(idsOf(around({ preStop: { kind: 'none' } }, { gracePeriodSeconds: 0 }))).toEqual(['no-grace'])
  })
})

describe('preStop', () => {
  test('an app that says that it waits by itself makes a missing hook a smaller matter', () => {
    const [prediction] = predict(around({ preStop: { kind: 'none' }, timings: { DRAIN_DELAY: '5s' } }))
    expect(prediction).toMatchObject({ id: 'no-pre-stop', severity: 'medium' })
    expect(prediction?.because).toContain('DRAIN_DELAY=5s')
  })

  test('the words of a hook or a command are never quoted beyond the first two', () => {
    const secret = 'hunter2'
    const made = predict(
      around({
        shellIsPid1: true,
        command: ['sh', '-c', `server --password ${secret}; true`],
        preStop: { kind: 'exec', command: ['/bin/sh', '-c', `nginx -s quit # ${secret}`], seconds: null },
      }),
    )
    expect(made.map(({ id }) => id)).toEqual(['pre-stop-stops-server', 'shell-pid1'])
    expect(JSON.stringify(made)).not.toContain(secret)
  })
})

test.each([
  ['gcr.io/distroless/static-debian12:nonroot', true],
  ['gcr.io/distroless/static-debian12:debug-nonroot', false],
  ['cgr.dev/chainguard/node:latest', true],
  ['cgr.dev/chainguard/node:latest-dev', false],
  ['mcr.microsoft.com/dotnet/aspnet:9.0-noble-chiseled', true],
  ['registry.example/team/web-distroless:3', true],
  ['node:24-alpine', false],
  ['registry.example/undistrolessed:1', false],
])('image %s is known to have no shell: %s', (image, known) => {
  expect(isShellLess(image)).toBe(known)
})

test.each<[Partial<ContainerSpec>, number | null]>([
  [{ timings: { GRACEFUL_TIMEOUT: '25' } }, 25],
  [{ timings: { SHUTDOWN_TIMEOUT_MS: '2500' } }, 2.5],
  [{ timings: { GRACEFUL_SHUTDOWN_TIMEOUT: '30000' } }, 30],
  [{ args: ['gunicorn', '--graceful-timeout', '40', 'app:app'] }, 40],
  [{ command: ['sh', '-c', 'exec uvicorn app:app --timeout-graceful-shutdown=15'] }, 15],
  [{ timings: { CONNECT_TIMEOUT: '3s' } }, null],
  [{}, null],
])('drain time of %j is %s s', (more, seconds) => {
  expect(drainTimeOf(container(more))?.seconds ?? null).toBe(seconds)
})

describe('idle timeouts', () => {
  test('a server that closes before its clients do is D1, whoever reuses the connections', () => {
    const timings = { KEEPALIVE_TIMEOUT: '2s' }
    expect(keepAliveOf(container({ timings }))?.seconds).toBe(2)
    expect(idsOf(around({ timings }))).toEqual([])
    expect(idsOf(around({ timings }), { ...NO_HINTS, clientIdleSeconds: 1 })).toEqual([])
    expect(idsOf(around({ timings }), { ...NO_HINTS, clientIdleSeconds: 2 })).toEqual([
      'idle-timeout-inversion',
    ])
  })
})

describe('probes', () => {
  test('a slowest answer that is known is held against the liveness probe', () => {
    const patient = around({ livenessProbe: { ...probe, timeoutSeconds: 2 } })
    expect(idsOf(patient)).toEqual([])
    expect(idsOf(patient, { ...NO_HINTS, slowestAnswerSeconds: 3 })).toEqual(['liveness-too-tight'])
  })

  test('a readiness probe of another port than the one served is a small matter, and a name counts as its number', () => {
    const service = {
      name: 'web',
      type: 'ClusterIP',
      annotations: {},
      externalTrafficPolicy: null,
      publishNotReadyAddresses: false,
    }
    const served = (targetPort: string, port: string) =>
      idsOf(
        around(
          { readinessProbe: { ...probe, port } },
          {},
          { services: [{ ...service, targetPorts: [targetPort] }] },
        ),
      )
    expect(served('8080', 'http')).toEqual([])
    expect(served('http', '8080')).toEqual([])
    expect(served('http', '9090')).toEqual(['readiness-asks-another-port'])
  })
})

test('ready pods can reach 0 exactly when maxUnavailable leaves none', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 20 }), (replicas, gone) => {
      const pods = Math.min(gone, replicas)
      const made = idsOf(around({}, { replicas, maxUnavailable: { given: String(gone), pods } }))
      return made.includes('ready-reaches-zero') === (pods === replicas)
    }),
  )
})
