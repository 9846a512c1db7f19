import { describe, expect, test } from 'vitest'
import type { ContainerExit, LabPod } from '../../../../src/lab/node/pod-life.ts'
import type { ContainerSpec } from '../../../../src/lab/node/pod-spec.ts'
import {
  connectCause,
  connectFate,
  lostUpstreamCause,
  openConnectionCause,
} from '../../../../src/lab/truth/causes.ts'
import { createPodRecords, type PodRecord } from '../../../../src/lab/truth/pod-records.ts'

const POD: LabPod = { uid: 'u', name: 'web-1', namespace: 'shop', nodeName: 'node-1', address: '127.20.1.1' }
const CONTAINER: ContainerSpec = {
  name: 'web',
  image: 'i',
  command: [],
  port: 8080,
  env: {},
  readiness: null,
  liveness: null,
  startup: null,
  preStop: null,
}
const EXIT: ContainerExit = {
  exitCode: 143,
  signal: 15,
  killedAtGrace: false,
  terminating: true,
  unhealthy: false,
  connectionTable: null,
}
const S = 1_000_000

/** Started at 0 s, listening at 1 s; deleted at 10 s, out of the slice at 10.1 s, ended at 12 s, gone at 12.3 s. */
const leaver = (container: Partial<ContainerSpec> = {}, exit: Partial<ContainerExit> = {}): PodRecord => {
  const records = createPodRecords()
  const at = { pod: POD }
  records.take({
    ...at,
    type: 'created',
    atUs: 0,
    container: { ...CONTAINER, ...container },
    gracePeriodMs: 30_000,
  })
  records.take({ ...at, type: 'process-started', atUs: 0, restartCount: 0 })
  records.take({ ...at, type: 'listening', atUs: S })
  records.takeReady(new Set([POD.address]), 1.1 * S)
  records.take({ ...at, type: 'deletion-began', atUs: 10 * S, gracePeriodMs: 30_000 })
  records.takeReady(new Set(), 10.1 * S)
  records.take({ ...at, type: 'term-sent', atUs: 11 * S })
  records.take({ ...at, type: 'exited', atUs: 12 * S, ...EXIT, ...exit })
  records.take({ ...at, type: 'sandbox-gone', atUs: 12.3 * S })
  const record = records.at(POD.address)
  if (record === null) throw new Error('no record')
  return record
}

describe('a new connection', () => {
  test('is refused before the process listens, served while it does, refused after it ended, lost when the pod is gone', () => {
    const record = leaver()
    expect([0.5, 1.5, 11.9, 12.1, 13].map((atS) => connectFate(record, atS * S))).toEqual([
      'refused',
      null,
      null,
      'refused',
      'timeout',
    ])
  })

  test('to a pod that did not listen yet is C1', () => {
    expect(connectCause(leaver(), 0.5 * S, 'service', 'refused').cause).toBe('C1')
  })

  test('to a leaving pod is A1 without preStop, A2 with one, A5 when the hook failed', () => {
    const preStop = { kind: 'sleep', durationMs: 1000 } as const
    expect(connectCause(leaver(), 12.1 * S, 'service', 'refused').cause).toBe('A1')
    const short = leaver({ preStop })
    expect(connectCause(short, 12.1 * S, 'service', 'refused').cause).toBe('A2')
    short.preStopFailed = true
    expect(connectCause(short, 12.1 * S, 'service', 'refused').cause).toBe('A5')
  })

  test('more than 3 s after the endpoints changed is the path: B1 for the service, B3 for the ingress', () => {
    expect(connectCause(leaver(), 13.05 * S, 'service', 'timeout').cause).toBe('A1')
    expect(connectCause(leaver(), 13.2 * S, 'service', 'timeout').cause).toBe('B1')
    expect(connectCause(leaver(), 13.2 * S, 'ingress', 'timeout').cause).toBe('B3')
  })

  test('to a crashed container is C8', () => {
    const record = leaver()
    record.deletionUs = null
    expect(connectCause(record, 12.1 * S, 'service', 'refused').cause).toBe('C8')
  })
})

describe('what was open when the process ended', () => {
  const life = (record: PodRecord) => {
    const last = record.lives.at(-1)
    if (last === undefined) throw new Error('no life')
    return last
  }
  const causes = (record: PodRecord) =>
    (['in-flight', 'answering', 'idle'] as const).map((state) => {
      const { cause, root } = openConnectionCause(record, life(record), state)
      return root === undefined ? cause : `${cause}/${root}`
    })

  test('after SIGTERM is A16, a cut body A9, a kept-alive connection A6', () => {
    expect(causes(leaver())).toEqual(['A16', 'A9/A16', 'A6'])
  })

  test('of a process that had stopped reading is A7 on kept-alive connections', () => {
    expect(causes(leaver({ env: { EXIT_LINGER: '700ms' } }))[2]).toBe('A7')
  })

  test('killed at the end of the grace period is A4, or A3 when SIGTERM was ignored', () => {
    expect(causes(leaver({}, { killedAtGrace: true, exitCode: 137 }))).toEqual(['A4', 'A9/A4', 'A4'])
    const env = { ON_SIGTERM: 'ignore' }
    expect(causes(leaver({ env }, { killedAtGrace: true, exitCode: 137 }))).toEqual(['A3', 'A9/A3', 'A3'])
  })

  test('of a crash is C8, of a failed liveness probe E6', () => {
    expect(causes(leaver({}, { terminating: false }))[0]).toBe('C8')
    expect(causes(leaver({}, { terminating: false, unhealthy: true }))[0]).toBe('E6')
  })

  test('is what the ingress lost: in flight, or on its way on a kept-alive connection; D1 when the pod lives on', () => {
    const record = leaver()
    life(record).connections = [
      { state: 'in-flight', clientAddress: '127.20.0.80', clientPort: 1, sinceUs: 0, requestId: 'run-1' },
    ]
    const lost = (requestId: string, atS: number) =>
      lostUpstreamCause(record, { requestId, endedUs: atS * S, bodyCut: false }).cause
    expect(lost('run-1', 12)).toBe('A16')
    expect(lost('run-2', 12)).toBe('A6')
    record.deletionUs = null
    expect(lost('run-3', 5)).toBe('D1')
  })
})
