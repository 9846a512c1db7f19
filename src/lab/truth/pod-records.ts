import { type ConnectionState, readConnectionTable } from '../app/connection-table.ts'
import type { ContainerExit, LabPod, PodLifeEvent } from '../node/pod-life.ts'
import type { ContainerSpec } from '../node/pod-spec.ts'

/** One process of a pod: from its start to its end. Times are monotonic µs; `null` = not yet, or not known. */
export interface ProcessLife {
  readonly startedUs: number
  readonly restartCount: number
  listeningUs: number | null
  listenerClosedUs: number | null
  exitedUs: number | null
  exit: ContainerExit | null
  /** What was open when it ended; not of a command of the user's. */
  connections: readonly ConnectionState[]
}

/** What the lab knows of one pod, kept beyond its end. */
export interface PodRecord {
  readonly pod: LabPod
  readonly container: ContainerSpec
  readonly lives: ProcessLife[]
  deletionUs: number | null
  preStopFailed: boolean
  termUs: number | null
  sandboxGoneUs: number | null
  /** From when the EndpointSlice no longer had it as ready. */
  endpointDownUs: number | null
}

/** Books on all pods, by address. */
export interface PodRecords {
  take(event: PodLifeEvent): void
  /** The EndpointSlice's ready addresses, now. */
  takeReady(addresses: ReadonlySet<string>, atUs: number): void
  at(address: string): PodRecord | null
  all(): Iterable<PodRecord>
}

const newRecord = (pod: LabPod, container: ContainerSpec): PodRecord => ({
  pod,
  container,
  lives: [],
  deletionUs: null,
  preStopFailed: false,
  termUs: null,
  sandboxGoneUs: null,
  endpointDownUs: null,
})

export const createPodRecords = (): PodRecords => {
  const records = new Map<string, PodRecord>()
  let ready: ReadonlySet<string> = new Set()

  const take = (event: PodLifeEvent): void => {
    const { pod, atUs } = event
    if (event.type === 'created') records.set(pod.address, newRecord(pod, event.container))
    const record = records.get(pod.address)
    if (record === undefined) return
    const life = record.lives.at(-1)
    switch (event.type) {
      case 'created':
      case 'removed':
        return
      case 'process-started':
        record.lives.push({
          startedUs: atUs,
          restartCount: event.restartCount,
          listeningUs: null,
          listenerClosedUs: null,
          exitedUs: null,
          exit: null,
          connections: [],
        })
        return
      case 'listening':
        if (life !== undefined) life.listeningUs = atUs
        return
      case 'listener-closed':
        if (life !== undefined) life.listenerClosedUs = atUs
        return
      case 'deletion-began':
        record.deletionUs ??= atUs
        return
      case 'pre-stop-failed':
        record.preStopFailed = true
        return
      case 'term-sent':
        record.termUs ??= atUs
        return
      case 'exited':
        if (life === undefined) return
        life.exitedUs = atUs
        life.exit = event
        life.connections = event.connectionTable === null ? [] : readConnectionTable(event.connectionTable)
        return
      case 'sandbox-gone':
        record.sandboxGoneUs = atUs
        return
    }
  }

  return {
    take,
    takeReady: (addresses, atUs) => {
      for (const address of ready) {
        const record = records.get(address)
        if (!addresses.has(address) && record !== undefined) record.endpointDownUs = atUs
      }
      for (const address of addresses) {
        const record = records.get(address)
        if (record !== undefined) record.endpointDownUs = null
      }
      ready = addresses
    },
    at: (address) => records.get(address) ?? null,
    all: () => records.values(),
  }
}
