import { openJournal, readJournal } from '../../eventlog/journal-file.ts'
import { systemClock } from '../../kernel/clock.ts'
import { HarnessError } from '../../kernel/errors.ts'
import { silentLogger } from '../../kernel/logger.ts'
import type { LocalJournal } from '../../model/journal.ts'
import { type RestoreAnswer, restoreDeployment } from '../../run/restore.ts'
import type { Command, Flags } from '../command.ts'
import { consentOf } from '../consent-of.ts'
import { EXIT } from '../exit-code.ts'
import { kubeOptions, switchFlag, textFlag, withKubeFlags } from '../flags.ts'
import type { Host } from '../host.ts'
import { interruptible } from '../interrupt.ts'
import { createLogger } from '../logger.ts'
import { renderRestore } from '../restore-text.ts'
import { version } from '../version.ts'

interface Subject {
  readonly target: { readonly namespace: string; readonly name: string }
  readonly local: LocalJournal | null
  /** Why the journal of the folder is not used. */
  readonly notes: readonly string[]
}

/** `[NAMESPACE/]NAME` with `-n`. */
const deploymentFlag = (flags: Flags): Subject['target'] | null => {
  const text = textFlag(flags, 'deployment')
  if (text === null) return null
  const parts = text.split('/')
  const name = parts.at(-1) ?? ''
  const given = textFlag(flags, 'namespace')
  const namespace = parts.length === 2 ? (parts[0] ?? '') : (given ?? 'default')
  const isName = (part: string): boolean => /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(part)
  if (parts.length > 2 || !isName(name) || !isName(namespace)) {
    throw new HarnessError('USAGE', `--deployment: expected [NAMESPACE/]NAME, got ${JSON.stringify(text)}`)
  }
  if (parts.length === 2 && given !== null && given !== namespace) {
    throw new HarnessError('USAGE', `--deployment ${text} and --namespace ${given} name two namespaces`)
  }
  return { namespace, name }
}

const sameName = (a: Subject['target'], b: Subject['target']): boolean =>
  a.namespace === b.namespace && a.name === b.name

/** What is to be restored: by name, by the journal of a folder, or by both. Throws USAGE. */
const subjectOf = async (flags: Flags): Promise<Subject> => {
  const folder = textFlag(flags, 'folder')
  const named = deploymentFlag(flags)
  if (folder === null) {
    if (named !== null) return { target: named, local: null, notes: [] }
    throw new HarnessError('USAGE', 'what is to be restored?', {
      hint: 'give --deployment NAMESPACE/NAME, or the folder of the run or study',
    })
  }
  const read = await readJournal(folder)
  const deployment = read.ok ? read.journal.opened.deployment : read.deployment
  const target = named ?? deployment
  if (target === null) {
    const why = read.ok ? '' : read.why
    throw new HarnessError('USAGE', `the local journal cannot be used: ${why}`, {
      hint: 'the journal in the cluster does as well: rollproof restore --deployment NAMESPACE/NAME',
    })
  }
  if (!read.ok) {
    const note = `the local journal is not used: ${read.why}; the journal in the cluster tells`
    return { target: { namespace: target.namespace, name: target.name }, local: null, notes: [note] }
  }
  if (deployment !== null && !sameName(target, deployment)) {
    throw new HarnessError(
      'USAGE',
      `${folder} is of deployment ${deployment.namespace}/${deployment.name}, not of ${target.namespace}/${target.name}`,
      { hint: 'leave --deployment out, or the folder' },
    )
  }
  return { target: { namespace: target.namespace, name: target.name }, local: read.journal, notes: [] }
}

const print = async (answer: RestoreAnswer, flags: Flags, host: Host): Promise<void> => {
  if (textFlag(flags, 'output') === 'json') {
    const { error, ...rest } = answer
    const restored = error === null
    await host.stdout.write(`${JSON.stringify({ schemaVersion: 1, restored, ...rest }, null, 2)}\n`)
    return
  }
  await host.stdout.write(renderRestore(answer))
}

/** Notes in the folder's journal that all is restored, so that a second call knows it. What cannot be written is no harm. */
const closeLocal = async (
  folder: string | null,
  { local }: Subject,
  answer: RestoreAnswer,
): Promise<void> => {
  if (folder === null || local === null || local.open === null || answer.error !== null || answer.dryRun)
    return
  const { runId, version: by, server, clusterUid, deployment } = local.opened
  try {
    const file = await openJournal(folder, { runId, version: by, server, clusterUid, deployment })
    await file.append({ type: 'restored', detail: 'by rollproof restore' })
    await file.close()
  } catch {
    return
  }
}

export const restoreCommand: Command = {
  usage: 'restore [folder]',
  summary: 'Put back what a killed run or study left changed, and prove it',
  flags: (cli) =>
    withKubeFlags(cli)
      .positional('folder', {
        type: 'string',
        describe: 'Folder of the run or study; --deployment does as well',
      })
      .option('deployment', {
        type: 'string',
        requiresArg: true,
        group: 'Cluster:',
        describe: 'Deployment to put back: [NAMESPACE/]NAME',
      })
      .option('dry-run', { type: 'boolean', describe: 'Say what would be put back, change nothing' })
      .option('yes', { alias: 'y', type: 'boolean', describe: 'Put back without a question' })
      .option('expect-cluster-uid', {
        type: 'string',
        requiresArg: true,
        group: 'Cluster:',
        describe: 'uid of namespace kube-system, for clusters that look like production',
      })
      .option('output', {
        alias: 'o',
        choices: ['text', 'json'] as const,
        describe: 'What to print on stdout [text]',
      })
      .example('$0 restore --deployment shop/web', 'After a run was killed; no local file is needed')
      .example('$0 restore reports/study-20261122-1n5g0k7', 'By the journal of its folder')
      .example('$0 restore --deployment shop/web --dry-run', 'What it would do'),
  run: async (flags, host) => {
    const subject = await subjectOf(flags)
    const folder = textFlag(flags, 'folder')
    return interruptible(host, 'stopping; rollproof restore can be run again', async (interrupt) => {
      const answer = await restoreDeployment({
        kube: kubeOptions(flags, host),
        consent: consentOf(flags, host),
        target: subject.target,
        local: subject.local,
        dryRun: switchFlag(flags, 'dry-run'),
        journal: null,
        version: version(),
        clock: systemClock,
        log: textFlag(flags, 'output') === 'json' ? silentLogger : createLogger(host, 'warn'),
        signal: interrupt.signal,
      })
      const notes = [...subject.notes, ...answer.notes]
      if (notes.length > 0) await host.stderr.write(`${notes.join('\n')}\n`)
      await print({ ...answer, notes }, flags, host)
      await closeLocal(folder, subject, answer)
      if (answer.error !== null) throw answer.error
      return EXIT.passed
    })
  },
}
