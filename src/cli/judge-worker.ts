import { parentPort, workerData } from 'node:worker_threads'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import type { FromJudge, JudgeData } from './judge-apart.ts'
import { judgeBundle, RUN_FORMATS } from './render-run.ts'

/** The judge's thread: one bundle, its report into it and back to who asked. */
const { dir, history } = workerData as JudgeData
const port = parentPort
if (port === null) throw new HarnessError('INTERNAL', 'the judge runs only as a worker thread')

const judge = async (): Promise<FromJudge> => {
  try {
    return { ok: true, report: (await judgeBundle(dir, RUN_FORMATS, null, history)).report }
  } catch (error) {
    const { code, message, hint } =
      error instanceof HarnessError ? error : new HarnessError('INTERNAL', messageOf(error), { cause: error })
    return { ok: false, code, message, hint }
  }
}

port.postMessage(await judge())
