import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/kernel/clock.ts'
import { type Logger, silentLogger } from '../../src/kernel/logger.ts'
import { kubeconfigFor } from '../../src/lab/server/kubeconfig.ts'
import type { RunEvent } from '../../src/model/events.ts'
import { type RunScenarioResult, runScenario } from '../../src/run/run-scenario.ts'
import { loadScenario } from '../../src/scenario/load-scenario.ts'
import { startTarget } from './cli.ts'
import { type LabApi, startLabApi } from './lab-api.ts'
import { webDeployment, webService } from './lab-objects.ts'

/** A lab whose API is real and whose pods are played, with `shop/web` rolled out, and a target that always answers. */
export interface SmallCluster {
  readonly lab: LabApi
  readonly targetUrl: string
  /** A temporary folder, removed at the end. */
  readonly folder: string
  /** Writes a kubeconfig for this server (the lab's own by default) and returns its path. */
  kubeconfig(server?: string): string
  stop(): Promise<void>
}

export const startSmallCluster = async (
  options: Parameters<typeof startLabApi>[0] = {},
): Promise<SmallCluster> => {
  const lab = await startLabApi(options)
  const target = await startTarget()
  const folder = mkdtempSync(join(tmpdir(), 'rollproof-small-'))
  await lab.call('POST', '/apis/apps/v1/namespaces/shop/deployments', webDeployment())
  await lab.call('POST', '/api/v1/namespaces/shop/services', webService())
  await lab.rolledOut('web')
  let files = 0
  return {
    lab,
    targetUrl: target.url,
    folder,
    kubeconfig: (server = lab.url) => {
      const file = join(folder, `kubeconfig-${++files}`)
      writeFileSync(file, kubeconfigFor(server, 'shop'))
      return file
    },
    stop: async () => {
      await lab.stop()
      await target.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Flags of a run that is over in about two seconds. */
export const SMALL_RUN = {
  vus: '2',
  pace: '200ms',
  set: ['rollout.baseline=300ms', 'rollout.settle=200ms', 'rollout.recovery=100ms'],
} as const

export interface SmallRunOptions {
  readonly kubeconfig: string
  readonly targetUrl: string
  readonly folder: string
  readonly deployment?: string
  readonly restarts?: number
  /** As `--set`. */
  readonly set?: readonly string[]
  readonly signal?: AbortSignal
  readonly log?: Logger
  readonly onFact?: (fact: RunEvent) => void
}

/** A whole run in this process. */
export const smallRun = async (options: SmallRunOptions): Promise<RunScenarioResult> => {
  const scenario = await loadScenario(
    null,
    {
      ...SMALL_RUN,
      set: [...SMALL_RUN.set, ...(options.set ?? [])],
      target: options.targetUrl,
      deployment: options.deployment ?? 'shop/web',
      restarts: String(options.restarts ?? 1),
    },
    { command: 'run', lab: false },
  )
  return runScenario({
    scenario,
    clock: systemClock,
    log: options.log ?? silentLogger,
    signal: options.signal ?? new AbortController().signal,
    versions: { rollproof: '0', node: process.version, undici: '0', os: process.platform },
    outDir: options.folder,
    kube: { kubeconfig: options.kubeconfig, context: null, env: {} },
    consent: { contextGiven: true, yes: true, expectedClusterUid: null, ask: null },
    onOpen: ({ events }) => {
      if (options.onFact !== undefined) events.subscribe(options.onFact)
    },
  })
}
