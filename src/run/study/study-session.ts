import { createHash } from 'node:crypto'
import { mkdir, rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { bundleName, makeFolders } from '../../eventlog/bundle-writer.ts'
import { fileError } from '../../eventlog/file-error.ts'
import { JOURNAL_FILE, openJournal, readJournal } from '../../eventlog/journal-file.ts'
import { redactScenario } from '../../eventlog/redact.ts'
import { createRunId } from '../../eventlog/run-id.ts'
import { openStudyProgress, readStudyFolder, writeStudyInfo } from '../../eventlog/study-folder.ts'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import type { Clock } from '../../kernel/clock.ts'
import { HarnessError } from '../../kernel/errors.ts'
import { epochMs } from '../../kernel/units.ts'
import type { KubeConnection } from '../../kube/client.ts'
import { SCHEMA_VERSION } from '../../model/events.ts'
import type { JournalLog } from '../../model/journal.ts'
import type { RunInfo } from '../../model/run-info.ts'
import type { Scenario } from '../../model/scenario.ts'
import type { PlannedBlock } from '../../model/study.ts'
import type { StudyInfo, StudyProgress } from '../../model/study-record.ts'
import type { LocalKnowledge } from '../../orchestrator/journal/look.ts'
import { orderBlocks } from '../../scenario/study/block-order.ts'
import type { Teardown } from '../teardown.ts'

/** The folder of a study, open for one program's work on it. */
export interface StudyFiles {
  readonly dir: string
  readonly info: StudyInfo
  readonly journal: JournalLog
  /** What was written so far, of all sessions. */
  readonly entries: readonly StudyProgress[]
  /** Adds an entry; it is on disk when this resolves. */
  note(entry: StudyProgress): Promise<void>
  /** What the journal on disk knows. */
  local(): Promise<LocalKnowledge | null>
}

export interface StudyIdentity {
  /** As it was read: what is led to the lab is not in it. */
  readonly source: Scenario
  readonly cluster: StudyInfo['cluster']
  readonly versions: RunInfo['versions']
}

/** Changes with anything in the scenario, secrets too, and tells none of them. */
const hashOf = (scenario: Scenario): string =>
  createHash('sha256').update(canonicalJson(scenario)).digest('hex')

/** Makes the folder of a new study. Throws OUTPUT_NOT_WRITABLE. */
export const createStudyFolder = async (
  outDir: string,
  id: string,
  startedAtMs: number,
  { source, cluster, versions }: StudyIdentity,
): Promise<{ readonly dir: string; readonly info: StudyInfo }> => {
  if (source.study === undefined) throw new HarnessError('INTERNAL', 'the scenario has no study')
  const started = epochMs(startedAtMs)
  const dir = join(resolve(outDir), bundleName({ name: source.name, startedAtMs: started, runId: id }))
  const info: StudyInfo = {
    schemaVersion: SCHEMA_VERSION,
    id,
    name: source.name,
    startedAtMs: started,
    versions,
    scenario: redactScenario(source),
    scenarioHash: hashOf(source),
    order: orderBlocks(source.study),
    cluster,
  }
  try {
    await makeFolders(resolve(outDir))
    await mkdir(dir)
    await mkdir(join(dir, 'blocks'))
  } catch (error) {
    throw fileError(`cannot create the folder ${dir}`, error)
  }
  await writeStudyInfo(dir, info)
  return { dir, info }
}

/** The study in a folder, when this is the same scenario, cluster and Deployment. Throws USAGE, BUNDLE_INVALID. */
export const resumeStudyFolder = async (
  path: string,
  { source, cluster, versions }: StudyIdentity,
): Promise<{ readonly dir: string; readonly info: StudyInfo }> => {
  const { dir, info } = await readStudyFolder(path)
  const refuse = (what: string, hint: string): HarnessError =>
    new HarnessError('USAGE', `the study in ${path} cannot be gone on with: ${what}; nothing was changed`, {
      hint,
    })
  if (info.scenarioHash !== hashOf(source)) {
    throw refuse(
      info.versions.rollproof === versions.rollproof
        ? 'it was started with another scenario, or with other flags'
        : `it was started by rollproof ${info.versions.rollproof}, which read the scenario in another way, or with another scenario`,
      'give the same file and flags, or start a new study',
    )
  }
  if (info.cluster.isOwnLab !== cluster.isOwnLab) {
    throw refuse(
      info.cluster.isOwnLab ? 'it was started with --lab' : 'it was not started with --lab',
      'add --lab, or leave it out, as before',
    )
  }
  // A lab of --lab ended with its program: the next one is as good, and nothing is left to restore.
  if (cluster.isOwnLab) return { dir, info }
  if (info.cluster.uid !== cluster.uid) {
    throw refuse(
      `it was started on another cluster (${info.cluster.server}, uid ${info.cluster.uid ?? 'unknown'})`,
      'choose its cluster with --context or --kubeconfig',
    )
  }
  const { namespace, name, uid } = info.cluster.deployment
  if (uid !== cluster.deployment.uid) {
    throw refuse(`deployment ${namespace}/${name} was deleted and created again`, 'start a new study')
  }
  return { dir, info }
}

/** Opens the journal and the progress of a study. Throws OUTPUT_NOT_WRITABLE, BUNDLE_INVALID. */
export const openStudyFiles = async (
  { dir, info }: { readonly dir: string; readonly info: StudyInfo },
  { cluster, versions }: Omit<StudyIdentity, 'source'>,
  clock: Clock,
  cleanup: Teardown,
): Promise<StudyFiles> => {
  const entries = [...(await readStudyFolder(dir)).progress]
  const sessions = entries.filter(({ type }) => type === 'session.started').length
  if (cluster.isOwnLab && sessions > 0) {
    // That lab is gone, and its journal with what it was about.
    await rename(join(dir, JOURNAL_FILE), join(dir, `journal-${sessions}.jsonl`)).catch(() => {})
  }
  const progress = await openStudyProgress(dir)
  cleanup.add('progress of the study', () => progress.close())
  const note = async (entry: StudyProgress): Promise<void> => {
    entries.push(entry)
    await progress.append(entry)
  }
  const local = async (): Promise<LocalKnowledge | null> => {
    const read = await readJournal(dir)
    return read.ok ? { records: read.journal.open ?? [], restarts: read.journal.restarts } : null
  }
  const atMs = epochMs(clock.epochMs())
  await note({ type: 'session.started', atMs, sessionId: createRunId(atMs), version: versions.rollproof })
  const journal = await openJournal(dir, {
    runId: info.id,
    version: versions.rollproof,
    server: cluster.server,
    clusterUid: cluster.uid,
    deployment: cluster.deployment,
  })
  cleanup.add('journal', () => journal.close())
  return { dir, info, journal, entries, note, local }
}

/** Who the cluster and the Deployment are. Throws the KUBE_ codes. */
export const clusterIdentity = async (
  { server, context, serverVersion, reader }: KubeConnection,
  deployment: { readonly namespace: string; readonly name: string; readonly uid: string },
  isOwnLab: boolean,
): Promise<StudyInfo['cluster']> => ({
  server,
  context,
  serverVersion,
  uid: await reader.clusterUid().catch(() => null),
  deployment: { namespace: deployment.namespace, name: deployment.name, uid: deployment.uid },
  isOwnLab,
})

/** The blocks of a study by index. */
export const blockText = ({ index, variant }: PlannedBlock, of: number): string =>
  index > of ? `${variant} once more` : `block ${index} of ${of}: ${variant}`
