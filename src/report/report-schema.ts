import { z } from 'zod'
import type { RunReport } from '../model/finding.ts'
import { FAILURE_KINDS } from '../model/outcome.ts'

const count = z.int().min(0)
const moment = z.number().describe('ms since the start of the run')
const momentOrNull = moment.nullable()
const duration = z.number().min(0).describe('ms')
const counts = z.record(z.string(), count)
const level = z.enum(['high', 'medium', 'low'])
const evidence = z.array(count).describe('seq of facts in events.jsonl')
const ruledOut = z.array(z.object({ cause: z.string(), because: z.string() }))

const drainStatistics = z.object({
  n: count.describe('pod terminations measured'),
  censored: count.describe('of these, the pod stopped listening first: the true value is larger'),
  p50Ms: duration.nullable(),
  p95Ms: duration.nullable(),
  maxMs: duration.nullable(),
})

const percentiles = {
  p50Us: z.number().min(0),
  p90Us: z.number().min(0),
  p99Us: z.number().min(0),
  p999Us: z.number().min(0),
  maxUs: z.number().min(0),
}

const latency = { count, ...percentiles, fromIntended: z.object(percentiles) }

const failure = z.object({
  requestId: count,
  kind: z.enum(FAILURE_KINDS),
  cause: z.string().describe('id of a cause, or ambiguous, harness, unexplained'),
  mechanism: z.string().nullable(),
  confidence: level,
  startedAtMs: moment,
  endedAtMs: moment,
  pod: z.string().nullable(),
  rollout: count.nullable(),
  vu: count,
  method: z.string(),
  path: z.string(),
  template: z.string(),
  status: count.nullable(),
  message: z.string(),
  requestsOnConnection: count,
  localPort: count.nullable(),
  remoteAddress: z.string().nullable(),
  twin: z.string().nullable(),
  evidence,
  ruledOut,
  candidates: z.array(z.string()),
  separator: z.string().nullable(),
})

const shape = {
  schemaVersion: z.int().min(1),
  runId: z.string(),
  name: z.string(),
  command: z.enum(['run', 'load']),
  subject: z.object({ target: z.string(), deployment: z.string().nullable(), load: z.string() }).optional(),
  startedAt: z.string().describe('ISO 8601, UTC'),
  durationMs: duration,
  verdict: z.enum(['passed', 'failed', 'inconclusive']),
  exitCode: z.int().min(0).max(255),
  sentences: z.tuple([z.string(), z.string(), z.string()]).describe('what broke, why, what to change'),
  reasons: z.array(
    z.object({
      id: z.string().describe('H1 … H10, or the text of a threshold'),
      claim: z.string(),
      value: z.string(),
      limit: z.string(),
      holds: z.boolean().nullable().describe('null = could not be shown'),
    }),
  ),
  limitations: z.array(z.string()).describe('what this run cannot tell'),
  requests: z
    .object({ planned: count, started: count, ok: count, failed: count, cut: count, dropped: count })
    .describe('planned = started + dropped; started = ok + failed + cut'),
  failures: z.object({
    byKind: counts,
    byCause: counts,
    byRollout: z.array(z.object({ index: count, failed: count })),
    byPod: counts,
    vusersAffected: count,
    hidden: count.describe('successes as slow as a retry by a proxy or a connect timeout'),
  }),
  bounds: z
    .object({
      terminations: count,
      perTermination: z.number().min(0).nullable(),
      requests: count,
      perRequest: z.number().min(0).nullable(),
    })
    .describe('upper 95 % bounds (0–1) on failure'),
  outage: z
    .object({ anyMs: duration, allMs: duration, longestMs: duration, method: z.string() })
    .nullable()
    .describe('null = no probes'),
  drain: z
    .object({
      newConnections: drainStatistics,
      reusedConnections: drainStatistics,
      recommendation: z
        .object({
          preStopSeconds: z.number().min(0),
          terminationGracePeriodSeconds: z.number().min(0),
          patch: z.string().describe('strategic merge patch of the Deployment, YAML'),
          because: z.string(),
        })
        .nullable(),
      curve: z
        .object({
          support: z.number().min(0).describe('s: up to here each arrival that would have failed was seen'),
          terminations: count,
          points: z.array(
            z.object({
              preStopSeconds: z.number().min(0),
              expected: z.number().min(0).describe('failures on new connections'),
              low: z.number().min(0),
              high: z.number().min(0).describe('95 % interval for another run with as many terminations'),
              extrapolated: z.boolean().describe('beyond the support: a bound, not an estimate'),
              reused: count.describe('kept-alive connections that still carried requests later than this'),
            }),
          ),
          validity: z.array(z.string()),
        })
        .nullable()
        .optional()
        .describe('failures that would have been at other values of preStop'),
    })
    .nullable(),
  findings: z.array(
    z.object({
      cause: z.string(),
      mechanism: z.string().nullable(),
      title: z.string(),
      confidence: z.object({ level, p: z.number().min(0).max(1).nullable() }),
      count,
      requestIds: z.array(count).describe('the first 1,000'),
      evidence,
      ruledOut,
      candidates: z.array(z.string()),
      fix: z.string(),
    }),
  ),
  predictions: z
    .object({
      made: z.array(
        z.object({
          id: z.string(),
          cause: z.string(),
          alsoCauses: z.array(z.string()),
          severity: level,
          title: z.string(),
          because: z.string(),
          fix: z.string(),
          outcome: z.enum(['came-true', 'possible', 'not-seen', 'not-tested']),
          failed: count,
        }),
      ),
      unpredicted: z.array(z.object({ cause: z.string(), title: z.string(), failed: count })),
    })
    .optional()
    .describe('what was predicted before the load, and what became of it'),
  rollouts: z.array(
    z.object({
      index: z.int().min(1),
      requestedAtMs: moment,
      completedAtMs: momentOrNull,
      oldPodsGoneAtMs: momentOrNull,
      requests: count,
      failed: count,
      outageMs: duration.nullable().optional().describe('until the next restart; null = no probes'),
      p50Us: z.number().min(0).nullable().optional(),
      p99Us: z.number().min(0).nullable().optional(),
      readyBefore: count.nullable().optional().describe('ready endpoints when it was requested'),
      fewestReady: count.nullable().optional().describe('fewest until its old pods were gone'),
      vusersAffected: count.optional(),
      hidden: count.optional().describe('successes as slow as a retry'),
    }),
  ),
  pods: z.array(
    z.object({
      name: z.string(),
      uid: z.string(),
      revision: z.int().nullable(),
      node: z.string().nullable(),
      createdAtMs: momentOrNull,
      readyAtMs: momentOrNull,
      terminatingAtMs: momentOrNull,
      sigtermAtMs: momentOrNull,
      exitedAtMs: momentOrNull,
      exitCode: z.int().nullable(),
      goneAtMs: momentOrNull,
      lastNewConnectionAtMs: momentOrNull,
      lastRequestAtMs: momentOrNull,
      failed: count,
    }),
  ),
  latency: z.object({
    byPhase: z.record(z.string(), z.object(latency)),
    byPodAge: z
      .array(z.object({ fromMs: duration.nullable(), toMs: duration.nullable(), ...latency }))
      .optional()
      .describe('by ms since the pod was Ready; fromMs null = Ready before the run'),
  }),
  phases: z.array(z.object({ phase: z.string(), rollout: count.nullable(), fromMs: moment, toMs: moment })),
  blind: z
    .array(z.object({ what: z.string(), fromMs: moment, toMs: moment }))
    .describe('watch gaps and stalls'),
  windows: z
    .object({
      started: z.array(count),
      ok: z.array(count),
      failed: z.array(count),
      p50Us: z.array(z.number().min(0).nullable()),
      p99Us: z.array(z.number().min(0).nullable()),
    })
    .describe('entry i is second i of the run'),
  failureList: z.array(failure).describe('the first 10,000 of findings.jsonl'),
} satisfies Record<keyof RunReport, z.ZodType>

/** What `report.json` is. Readers must ignore keys they do not know: more may be added in one schemaVersion. */
export const reportSchema = z.object(shape)

/** The published JSON Schema of `report.json` (draft 2020-12). */
export const reportJsonSchema = (): z.core.JSONSchema.BaseSchema => ({
  ...z.toJSONSchema(reportSchema, { io: 'input' }),
  title: 'rollproof report.json',
})
