import { isMainThread, workerData } from 'node:worker_threads'
import { assertNever } from '../kernel/errors.ts'
import { ROLE_VARIABLE, type Role } from '../kernel/program.ts'

/** What this thread or process was started as. Each role is loaded only where it is played. */
const role = (isMainThread ? (process.env[ROLE_VARIABLE] ?? 'cli') : workerData.role) as Role

/** Runs the command line of this process, and ends the process with its exit code. */
const runCommandLine = async (): Promise<never> => {
  const { processHost } = await import('./host.ts')
  const { main } = await import('./main.ts')
  const host = processHost()
  const code = await main(host)
  await Promise.all([host.stdout.write(''), host.stderr.write('')])
  return host.exitNow(code)
}

switch (role) {
  case 'cli':
    await runCommandLine()
    break
  case 'engine-worker':
    await import('../engine/worker.ts')
    break
  case 'record-writer':
    await import('../eventlog/record-writer-worker.ts')
    break
  case 'judge':
    await import('./judge-worker.ts')
    break
  case 'lab':
    await import('../lab/lab-process.ts')
    break
  case 'lab-app':
    await import('../lab/app/app-process.ts')
    break
  case 'lab-ingress':
    await import('../lab/paths/ingress-process.ts')
    break
  case 'lab-alb':
    await import('../lab/paths/alb-process.ts')
    break
  case 'lab-parking':
    await import('../lab/paths/parking-process.ts')
    break
  default:
    assertNever(role)
}
