import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { correlate } from '../../src/correlator/correlate.ts'
import { readBundle } from '../../src/eventlog/bundle-reader.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { NO_HINTS } from '../../src/orchestrator/predict/predictor.ts'
import { preflightCluster } from '../../src/run/predict-rollout.ts'
import { type SmallCluster, smallRun, startSmallCluster } from '../support/small-run.ts'

const open: SmallCluster[] = []
afterEach(() => Promise.all(open.splice(0).map((cluster) => cluster.stop())))

const start = async (options: Parameters<typeof startSmallCluster>[0] = {}): Promise<SmallCluster> => {
  const cluster = await startSmallCluster(options)
  open.push(cluster)
  return cluster
}

const look = (cluster: SmallCluster, name = 'web') =>
  preflightCluster({
    kube: { kubeconfig: cluster.kubeconfig(), context: null, env: {} },
    clock: systemClock,
    target: { namespace: 'shop', name },
    hints: NO_HINTS,
    signal: new AbortController().signal,
  })

const budget = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { minAvailable: 3, selector: { matchLabels: { app: 'web' } } },
}

test('the objects of a live API are read, and what they say is predicted; nothing is written', async () => {
  const writes: string[] = []
  const cluster = await start({
    forbids: ({ verb, resource }) => {
      if (!['get', 'list', 'watch'].includes(verb)) writes.push(`${verb} ${resource}`)
      return false
    },
  })
  await cluster.lab.call('POST', '/apis/policy/v1/namespaces/shop/poddisruptionbudgets', budget)
  writes.length = 0
  const answer = await look(cluster)
  expect(answer.predictions.map(({ id }) => id)).toEqual([
    'no-pre-stop',
    'no-readiness-probe',
    'budget-blocks-every-eviction',
  ])
  expect(answer.read).toMatchObject({ services: ['web'], disruptionBudgets: ['web'] })
  expect(answer.read.pods).toHaveLength(3)
  expect(answer).toMatchObject({ unread: [], refusal: null })
  expect(writes).toEqual([])
})

test('what may not be read is named, and nothing is concluded from it', async () => {
  const cluster = await start({
    forbids: ({ resource }) => ['poddisruptionbudgets', 'namespaces', 'events'].includes(resource),
  })
  const { unread, predictions } = await look(cluster)
  expect(unread.map(({ what, why }) => `${what}: ${why}`).sort()).toEqual([
    'events: not permitted',
    'poddisruptionbudgets: not permitted',
    'the labels of the namespace: not permitted',
  ])
  expect(predictions.map(({ cause }) => cause)).toEqual(['A1', 'C1'])
})

test('a Deployment that is not there is an error with its name', async () => {
  const cluster = await start()
  await expect(look(cluster, 'wbe')).rejects.toThrow(
    expect.objectContaining({ code: 'KUBE_NOT_FOUND', hint: 'did you mean web?' }),
  )
})

test('a run records what was predicted, and its report says what came true, from the bundle alone', async () => {
  const cluster = await start()
  const { dir } = await smallRun({ ...cluster, kubeconfig: cluster.kubeconfig() })
  const info = JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'))
  expect(info.cluster.predictions.map(({ cause }: { cause: string }) => cause)).toEqual(['A1', 'C1'])
  const { report } = correlate(await readBundle(dir))
  // The target of this run is a server that always answers: nothing that was predicted can show.
  expect(report.predictions?.made.map(({ cause, outcome }) => [cause, outcome])).toEqual([
    ['A1', 'not-seen'],
    ['C1', 'not-seen'],
  ])
  expect(report.predictions?.unpredicted).toEqual([])
})
