import { afterAll, beforeAll, describe, vi } from 'vitest'
import { type Backend, openBackend } from './backend.ts'
import { autoscalerCases } from './cases/autoscalers.ts'
import { deploymentCases } from './cases/deployments.ts'
import { differenceCases } from './cases/differences.ts'
import { endpointCases } from './cases/endpoints.ts'
import { podCases } from './cases/pods.ts'
import { readCases } from './cases/reads.ts'
import { rolloutCases } from './cases/rollouts.ts'
import { terminationCases } from './cases/termination.ts'
import { watchCases } from './cases/watches.ts'
import { writeCases } from './cases/writes.ts'

// Nearly all of the time is spent on waiting for pods.
vi.setConfig({ maxConcurrency: 25, testTimeout: 240_000, hookTimeout: 240_000 })

let backend: Backend
const here = (): Backend => backend

beforeAll(async () => {
  backend = await openBackend(process.env)
})
afterAll(() => backend?.stop())

describe(`conformance: ${process.env.ROLLPROOF_CONFORMANCE ?? 'lab'}`, () => {
  describe.concurrent('pods', () => podCases(here))
  describe.concurrent('the end of a pod', () => terminationCases(here))
  describe.concurrent('EndpointSlices', () => endpointCases(here))
  describe.concurrent('Deployments', () => deploymentCases(here))
  describe.concurrent('rollouts', () => rolloutCases(here))
  describe.concurrent('autoscalers', () => autoscalerCases(here))
  describe.concurrent('reading', () => readCases(here))
  describe.concurrent('watching', () => watchCases(here))
  describe.concurrent('writing', () => writeCases(here))
  describe.concurrent('known differences', () => differenceCases(here))
})
