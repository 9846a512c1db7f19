import type { RunReport } from '../model/finding.ts'

/** One line to compare load tools by: `{"requests","rps","p50_ms","p99_ms","max_ms","errors":{kind:n}}`. */
export const peerJson = (report: RunReport): string => {
  const latency =
    report.latency.byPhase.steady ?? report.latency.byPhase.rollout ?? report.latency.byPhase.baseline
  const toMs = (us: number | undefined): number | null => (us === undefined ? null : us / 1000)
  return `${JSON.stringify({
    requests: report.requests.started,
    rps:
      report.durationMs > 0 ? Number(((report.requests.started * 1000) / report.durationMs).toFixed(1)) : 0,
    p50_ms: toMs(latency?.p50Us),
    p99_ms: toMs(latency?.p99Us),
    max_ms: toMs(latency?.maxUs),
    errors: report.failures.byKind,
  })}\n`
}
