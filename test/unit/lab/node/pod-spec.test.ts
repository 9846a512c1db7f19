import { expect, test } from 'vitest'
import { isKnownImage, versionOf } from '../../../../src/lab/node/images.ts'
import { containerOf } from '../../../../src/lab/node/pod-spec.ts'
import type { Pod } from '../../../../src/lab/sim/types.ts'

const PLACES = { podIP: '127.20.1.1', hostIP: '127.20.0.11' }
const pod = (container: Record<string, unknown>): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'shop', uid: 'u-1', labels: { tier: 'front' } },
  spec: { nodeName: 'node-1', containers: [{ name: 'web', ...container }] },
})

test('probes and hooks get the defaults of the API', () => {
  const spec = containerOf(
    pod({
      ports: [{ name: 'http', containerPort: 8081 }],
      readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
      livenessProbe: {
        tcpSocket: { port: 9000 },
        periodSeconds: 0.5,
        timeoutSeconds: 2,
        failureThreshold: 5,
      },
      startupProbe: { exec: { command: ['cat', '/tmp/up'] }, initialDelaySeconds: 3 },
      lifecycle: { preStop: { sleep: { seconds: 7 } } },
    }),
    8080,
    PLACES,
  )
  expect(spec).toMatchObject({
    port: 8081,
    readiness: {
      handler: { kind: 'http', path: '/readyz', port: 8081 },
      initialDelayMs: 0,
      periodMs: 10_000,
      timeoutMs: 1000,
      successThreshold: 1,
      failureThreshold: 3,
    },
    liveness: { handler: { kind: 'tcp', port: 9000 }, periodMs: 500, timeoutMs: 2000, failureThreshold: 5 },
    startup: { handler: { kind: 'exec', command: ['cat', '/tmp/up'] }, initialDelayMs: 3000 },
    preStop: { kind: 'sleep', durationMs: 7000 },
  })
})

test('a container without probes, hooks and ports has none, and the default port', () => {
  expect(containerOf(pod({ image: 'x:1' }), 8080, PLACES)).toMatchObject({
    port: 8080,
    command: [],
    readiness: null,
    liveness: null,
    startup: null,
    preStop: null,
  })
})

test('the environment has values and the downward API', () => {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
  const spec = containerOf(
    pod({
      env: [
        { name: 'A', value: '1' },
        field('NAME', 'metadata.name'),
        field('UID', 'metadata.uid'),
        field('NODE', 'spec.nodeName'),
        field('IP', 'status.podIP'),
        field('TIER', "metadata.labels['tier']"),
      ],
    }),
    8080,
    PLACES,
  )
  expect(spec?.env).toEqual({
    A: '1',
    NAME: 'web-1',
    UID: 'u-1',
    NODE: 'node-1',
    IP: '127.20.1.1',
    TIER: 'front',
  })
})

test('the sample image is known in every version, others are not', () => {
  expect(isKnownImage('rollproof.local/sample-app:2')).toBe(true)
  expect(isKnownImage('rollproof.local/sample-app')).toBe(true)
  expect(isKnownImage('nginx:1.27')).toBe(false)
  expect(isKnownImage('registry:5000/sample-app')).toBe(false)
  expect(versionOf('rollproof.local/sample-app:2')).toBe('2')
  expect(versionOf('registry:5000/app')).toBe('latest')
})
