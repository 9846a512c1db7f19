/*
 * A process that applies a variant, restarts the Deployment three times and restores it, as a study does, under the Lease
 * and with a journal; or one that restores what such a process left, as `rollproof restore` does. It waits for its orders over IPC and says how each ended, so that one that lives on can be used again;
 * it can be told to die by SIGKILL in the middle of, or right after, one line of its journal.
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import { openJournal } from '../../src/eventlog/journal-file.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { hasCode } from '../../src/kernel/errors.ts'
import { silentLogger } from '../../src/kernel/logger.ts'
import { connectKube } from '../../src/kube/client.ts'
import type { JournalLog } from '../../src/model/journal.ts'
import { isRolloutComplete } from '../../src/model/rollout.ts'
import { applyVariant } from '../../src/orchestrator/journal/apply-variant.ts'
import type { VariantContext } from '../../src/orchestrator/journal/context.ts'
import { restoreOrSay } from '../../src/orchestrator/journal/restore-variant.ts'
import { patiently } from '../../src/orchestrator/journal/send-guarded.ts'
import { objectsUnderLease, underJournal } from '../../src/orchestrator/journal/under-journal.ts'
import { holdLease, underLease } from '../../src/orchestrator/lease.ts'
import { restartedAtValue, restartPatch } from '../../src/orchestrator/patch.ts'
import { type ChildOrders, type Phase, phaseFileOf } from './kill-case.ts'
import { restoreFrom } from './restore-from.ts'

const dying = (journal: JournalLog, { dieAtLine }: ChildOrders): JournalLog => {
  // Line 1, `opened`, is written when the file is opened.
  let line = 1
  return {
    path: journal.path,
    append: async (entry) => {
      line += 1
      if (dieAtLine?.line === line && dieAtLine.half) {
        appendFileSync(journal.path, JSON.stringify(entry).slice(0, 40))
        process.kill(process.pid, 'SIGKILL')
      }
      await journal.append(entry)
      if (dieAtLine?.line === line) process.kill(process.pid, 'SIGKILL')
    },
  }
}

let runs = 0

const enter = ({ folder }: ChildOrders, phase: Phase): void => writeFileSync(phaseFileOf(folder), phase)

const work = async (orders: ChildOrders): Promise<number> => {
  const closers: (() => Promise<void>)[] = []
  if (orders.task === 'restore') {
    enter(orders, 'restore command')
    const { kubeconfig, namespace, folder, withFolder } = orders
    const { isError } = await restoreFrom(kubeconfig, namespace, withFolder ? folder : null)
    return isError ? 5 : 0
  }
  try {
    return await study(orders, closers)
  } finally {
    for (const close of closers) await close().catch(() => {})
  }
}

const study = async (orders: ChildOrders, closers: (() => Promise<void>)[]): Promise<number> => {
  const { namespace, variant, patienceMs, writeTimeoutMs } = orders
  const clock = systemClock
  const name = 'web'
  const variants = variant.patches.map(({ object }) => object)
  enter(orders, 'locking')
  const kube = await connectKube({
    clock,
    kubeconfig: orders.kubeconfig,
    context: null,
    env: {},
    writes: { namespace, name, variants },
  })
  closers.push(() => kube.close())
  const { uid } = await kube.reader.readDeployment(namespace, name)
  const deployment = { namespace, name, uid }
  const runId = `run-${process.pid}-${runs++}`
  const lease = await holdLease({
    leases: kube.leases,
    target: deployment,
    holder: runId,
    clock,
    log: silentLogger,
    signal: new AbortController().signal,
  })
  closers.unshift(() => {
    enter(orders, 'ending')
    return lease.release()
  })
  const opened = { runId, version: '0.0.0', server: kube.server, clusterUid: null, deployment }
  const file = await openJournal(orders.folder, opened)
  closers.push(() => file.close())
  const journal = dying(file, orders)
  const context: VariantContext = {
    objects: objectsUnderLease(kube.objects, lease, writeTimeoutMs),
    reader: kube.reader,
    deployment,
    runId,
    version: '0.0.0',
    journal,
    clock,
    log: silentLogger,
    patienceMs,
  }
  const restarts: string[] = []
  const rolledOut = async (): Promise<void> => {
    while (
      !isRolloutComplete(
        await patiently(() => kube.reader.readDeployment(namespace, name), { clock, patienceMs }),
      )
    ) {
      await clock.sleepMs(orders.pollMs)
    }
  }
  const control = underLease(underJournal(kube.control, journal), lease)
  let records: Awaited<ReturnType<typeof applyVariant>>['records'] = []
  let failed = false
  try {
    enter(orders, 'applying')
    records = (await applyVariant(variant, context)).records
    enter(orders, 'measuring')
    await rolledOut()
    for (let restart = 1; restart <= orders.restarts; restart++) {
      const restartedAt = restartedAtValue(clock.epochMs(), restarts.at(-1))
      restarts.push(restartedAt)
      await control.patchDeployment(deployment, restartPatch(deployment, restartedAt))
      await rolledOut()
    }
  } catch (error) {
    if (hasCode(error, 'NOT_RESTORED')) return 5
    failed = true
  }
  enter(orders, 'restoring')
  const report = await restoreOrSay({ ...context, local: { records, restarts } })
  return report.isRestored ? (failed ? 1 : 0) : 5
}

process.on('message', (orders: ChildOrders) => {
  void work(orders)
    .catch((error: unknown) => (hasCode(error, 'NOT_RESTORED') ? 5 : 3))
    .then((code) => process.send?.(code))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
