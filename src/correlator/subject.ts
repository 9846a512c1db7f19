import { formatDurationMs } from '../kernel/units.ts'
import type { RunReport } from '../model/finding.ts'
import type { RunInfo } from '../model/run-info.ts'

/** What was tested, in words. */
export const subjectOf = ({ scenario }: RunInfo): NonNullable<RunReport['subject']> => {
  const { load, deployment, target } = scenario
  const { connections } = load
  const kept =
    connections.kind === 'mixed' ? `${connections.freshRatio * 100} % fresh connections` : connections.kind
  const pause =
    load.model === 'open'
      ? ''
      : load.paceMs > 0
        ? `, one request per ${formatDurationMs(load.paceMs)} each`
        : load.thinkMs > 0
          ? `, ${formatDurationMs(load.thinkMs)} after each answer`
          : ', without a pause'
  const users = load.model === 'open' ? `${load.ratePerSec} requests/s` : `${load.vus} vUsers`
  return {
    target: target.url,
    deployment: deployment === null ? null : `${deployment.namespace}/${deployment.name}`,
    load: `${users}${pause}, ${kept}`,
  }
}
