import { Worker } from 'node:worker_threads'
import type { HistoryRun } from '../correlator/budget/history-run.ts'
import { type ErrorCode, HarnessError } from '../kernel/errors.ts'
import { programUrl, type Role, THREAD_LIMITS } from '../kernel/program.ts'
import type { RunReport } from '../model/finding.ts'

export interface JudgeData {
  readonly role: Extract<Role, 'judge'>
  /** The bundle. */
  readonly dir: string
  readonly history: readonly HistoryRun[] | null
}

export type FromJudge =
  | { readonly ok: true; readonly report: RunReport }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly hint: string | null }

/**
 * Judges a bundle and writes its reports into it, on a thread of its own: a large one takes a while, and meanwhile a Lease must be
 * renewed; and only a thread's heap can be kept from growing with what is read ({@link THREAD_LIMITS}). Throws BUNDLE_INVALID, OUTPUT_NOT_WRITABLE.
 */
export const judgeApart = (dir: string, history: readonly HistoryRun[] | null = null): Promise<RunReport> =>
  new Promise((resolve, reject) => {
    const workerData: JudgeData = { role: 'judge', dir, history }
    const thread = new Worker(programUrl(), { workerData, name: 'judge', resourceLimits: THREAD_LIMITS })
    thread.once('message', (answer: FromJudge) => {
      if (answer.ok) resolve(answer.report)
      else
        reject(
          new HarnessError(answer.code, answer.message, answer.hint === null ? {} : { hint: answer.hint }),
        )
    })
    thread.once('error', (cause) =>
      reject(new HarnessError('INTERNAL', `the judge failed: ${cause}`, { cause })),
    )
    thread.once('exit', (code) => reject(new HarnessError('INTERNAL', `the judge ended with ${code}`)))
  })
