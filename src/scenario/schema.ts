import { z } from 'zod'
import { CHOREOGRAPHIES, UNDO_MOMENTS } from '../model/choreography.ts'
import { GATE_IDS } from '../model/scenario.ts'
import { labSchema } from './lab-schema.ts'
import {
  choice,
  decimal,
  duration,
  list,
  map,
  optional,
  positive,
  required,
  text,
  textLike,
  wholeNumber,
  yesNo,
} from './schema-fields.ts'
import { shown } from './shown.ts'
import { ablationSchema, gridSchema, studySchema, variantsSchema } from './study/study-schema.ts'

export const API_VERSION = 'rollproof/v1'

const URL_TEXT = 'an http: or https: URL such as http://web.shop/'

/** http(s) only; credentials would not be sent by the engine, and would end up in reports. */
const url = () =>
  text(URL_TEXT, 2000).superRefine((value, context) => {
    const parsed = URL.canParse(value) ? new URL(value) : null
    if (parsed === null || !['http:', 'https:'].includes(parsed.protocol) || parsed.hostname === '') {
      const credentials = value.includes('@')
      context.addIssue({
        code: 'custom',
        message: `expected ${URL_TEXT}${credentials ? '' : `, got ${shown(value)}`}`,
      })
    } else if (parsed.username !== '' || parsed.password !== '') {
      context.addIssue({
        code: 'custom',
        message: 'user and password in a URL are not sent; use an Authorization header in requests[].headers',
      })
    }
  })

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** The engine owns the connection and the framing of a request. */
const OWN_HEADERS = [
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

const headers = z
  .record(z.string(), z.unknown(), { error: 'expected a map of header names to text' })
  .transform((given, context): Record<string, string> => {
    const read: [string, string][] = []
    for (const [name, value] of Object.entries(given)) {
      const wrong = headerProblem(name, value)
      if (wrong === null) read.push([name, String(value)])
      else context.issues.push({ code: 'custom', message: wrong, input: null, path: [name] })
    }
    return Object.fromEntries(read)
  })

/** What is wrong with a header; never names the value, which may be a secret. */
const headerProblem = (name: string, value: unknown): string | null => {
  if (!HEADER_NAME.test(name)) return 'expected a header name: letters, digits and dashes'
  if (OWN_HEADERS.includes(name.toLowerCase())) return 'this header belongs to the engine and cannot be set'
  if (typeof value === 'number' || typeof value === 'boolean') return 'expected text; put quotes around it'
  if (typeof value !== 'string') return 'expected text'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused (RFC 9110, 5.5)
  if (/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(value)) {
    return 'expected a header value: one line of Latin-1 text without control characters'
  }
  return null
}

const CONNECTIONS = 'keep-alive, fresh, mixed:SHARE (such as mixed:0.2) or pool'
const connections = textLike(
  /^(keep-alive|fresh|pool|mixed:(0(\.\d+)?|1(\.0+)?))$/,
  CONNECTIONS,
  40,
).transform((value) =>
  value.startsWith('mixed:')
    ? ({ kind: 'mixed', freshRatio: Number(value.slice(6)) } as const)
    : ({ kind: value as 'keep-alive' | 'fresh' | 'pool' } as const),
)

const HEADER_FIELD = 'a header name such as X-Pod'

const target = map({
  url: optional(url(), {
    description:
      'Where the load goes. Its path is put before the path of each request. May be left out with a lab block: then it is the lab.',
    examples: ['http://web.shop/'],
  }),
  podHeader: optional(textLike(HEADER_NAME, HEADER_FIELD), {
    description:
      "Response header whose value is the name of the pod that answered. Lets a failure be laid to a pod; an app sends it from the downward API's metadata.name.",
    default: 'X-Pod',
  }),
  control: optional(url().nullable(), {
    description:
      'A URL on the same network path that is not rolled. When it fails too, a failure is the path, not the rollout. null = only a loopback echo is watched.',
    default: null,
  }),
  resolver: optional(
    textLike(
      /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):\d{1,5}$/,
      'a DNS server as IP:PORT, such as 10.96.0.10:53',
    ).nullable(),
    {
      description: "DNS server for the target's name, as IP:PORT. null = the machine's own resolution.",
      default: null,
    },
  ),
  targetHealth: optional(url().nullable(), {
    description:
      "A URL that answers with the JSON of `aws elbv2 describe-target-health`, read once a second during a run. null = the states of a load balancer's targets are not watched.",
    default: null,
  }),
  requestIdHeader: optional(textLike(HEADER_NAME, 'a header name such as X-Request-Id, or null').nullable(), {
    description: 'Request header that carries `<run id>-<request id>`. null = none is sent.',
    default: 'X-Request-Id',
  }),
  insecure: optional(yesNo(), {
    description: 'Do not check TLS certificates. Printed in the report.',
    default: false,
  }),
})

const load = map({
  vus: optional(wholeNumber(1, 20_000), {
    description:
      'Closed model: virtual users, each with its own connection, each waiting for its answer. Not with rate.',
    otherwise: '50 in run, 10 in load',
  }),
  rate: optional(positive(1_000_000), {
    description:
      'Open model: requests per second on schedule, whether or not the answers come. Not with vus, pace or think.',
  }),
  maxVus: optional(wholeNumber(1, 20_000), {
    description: 'Open model: most requests at once. An arrival that finds all busy is dropped and counted.',
    otherwise: 'min(10000, max(100, rate × timeout in s))',
  }),
  pace: optional(duration(), {
    description:
      "Closed model: time from the start of a user's request to the start of its next. 0 = no pause.",
    otherwise: '1s in run, 0s in load',
  }),
  think: optional(duration(), {
    description: 'Closed model: pause after an answer, before the next request.',
    default: '0s',
  }),
  rampUp: optional(duration(), {
    description: 'The users start spread evenly over this time.',
    otherwise: '0s; with a pace, the first starts are spread over one pace',
  }),
  duration: optional(duration(100, 7 * 86_400_000), {
    description:
      'How long the load lasts. A run lasts at least this long, and until the last old pod is gone and settled.',
    otherwise: 'run: as long as the rollouts take; load: 30s, or until `requests` are sent',
  }),
  requests: optional(wholeNumber(1, 4_294_967_295), {
    description: 'Total requests over all users, after which the load ends.',
    otherwise: 'no limit',
  }),
  connections: optional(connections, {
    description:
      'keep-alive: each user keeps its connection. fresh: a new one for each request. mixed:0.2: a new one for that share of the requests. pool: all users share connections, as behind an API gateway.',
    default: 'keep-alive',
  }),
  timeout: optional(duration(1, 3_600_000), {
    description: 'Deadline of a whole request with its connect.',
    default: '10s',
  }),
  idleTimeout: optional(duration(1), {
    description:
      'The client closes a connection that has been idle this long. A server that closes earlier causes failures of its own (cause D1).',
    default: '75s',
  }),
})

const status = wholeNumber(100, 599)

const expectation = map({
  status: optional(z.union([status, list(status, 'status codes', 50)], { error: STATUS_ERROR }), {
    description: 'Status, or list of them, that counts as ok.',
    otherwise: 'any 2xx or 3xx',
    examples: [200, [200, 204]],
  }),
  bodyContains: optional(text().min(1, 'expected text, got ""'), {
    description: 'Text that the body must contain; otherwise the request failed with kind `check`.',
  }),
  bodySha256: optional(textLike(/^[0-9a-f]{64}$/, '64 hexadecimal digits in lower case'), {
    description: 'SHA-256 of the body; otherwise the request failed with kind `check`.',
  }),
})

function STATUS_ERROR({ input }: { readonly input?: unknown }): string {
  return `expected a status from 100 to 599, or a list of them, got ${shown(input)}`
}

const request = map({
  name: optional(textLike(/^[^\p{Cc}\p{Cf}]{1,60}$/u, 'a short name'), {
    description: 'Name in reports.',
    otherwise: 'method and path',
  }),
  weight: optional(positive(1_000_000), {
    description: 'How often this request is chosen, relative to the others.',
    default: 1,
  }),
  method: optional(choice(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']), {
    description: 'HTTP method. Retrying proxies treat writes differently, so a realistic mix has some.',
    default: 'GET',
  }),
  path: optional(textLike(/^\/[\x21-\x22\x24-\x7e]*$/, 'a path from / without spaces and #', 4000), {
    description: 'Path and query, from /.',
    default: '/',
  }),
  headers: optional(headers, {
    description:
      'Request headers. Only the values of harmless ones (Accept, Content-Type, User-Agent and the like) are written to the bundle.',
    default: {},
  }),
  body: optional(text('text', 1_000_000).nullable(), { description: 'Request body.', default: null }),
  expect: optional(expectation, { description: 'What counts as a good answer.' }),
  timeout: optional(duration(1, 3_600_000), {
    description: 'Deadline of this request with its connect.',
    otherwise: "the load's timeout",
  }),
})

const rollout = map({
  restarts: optional(wholeNumber(1, 1000), {
    description: 'How many times the Deployment is restarted, as `kubectl rollout restart` does.',
    default: 1,
  }),
  choreography: optional(choice(CHOREOGRAPHIES), {
    description:
      'What is done each time instead of a plain restart: a second restart half way through the first; replicas to a lower number and back; the pods of one node evicted, as kubectl drain does; another image, and back the next time; a new revision that is rolled back.',
    default: 'restart',
  }),
  scaleTo: optional(wholeNumber(1, 10_000), {
    description: 'Choreography scale-down: to so many replicas.',
    otherwise: 'half of them, rounded down',
  }),
  autoscaler: optional(
    textLike(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'the name of a HorizontalPodAutoscaler', 253),
    {
      description:
        'Choreography scale-down: the HorizontalPodAutoscaler of the Deployment. Its bounds (minReplicas, maxReplicas) are set instead of spec.replicas, so that it is what takes the pods away; put back afterwards.',
    },
  ),
  image: optional(textLike(/^\S+$/, 'an image such as registry.example/web:2', 1000), {
    description:
      'Choreography image-change: the other image of the main container. Choreography rollback: the image of the new revision; without it a restart makes the revision.',
  }),
  undo: optional(choice(UNDO_MOMENTS), {
    description:
      'Choreography rollback: when the old template comes back. Half way is when a pod of the new revision is ready, an old one is ending and others are still there.',
    otherwise: 'half-way',
  }),
  baseline: optional(duration(0), {
    description: 'Load before the first restart: shows failures that have nothing to do with a rollout.',
    default: '10s',
  }),
  settle: optional(duration(0), {
    description: 'Load after the last old pod of each rollout is gone.',
    default: '5s',
  }),
  recovery: optional(duration(0), { description: 'Load after the last settle.', default: '5s' }),
  timeout: optional(duration(1000), { description: 'A rollout that takes longer is stuck.', default: '10m' }),
})

const rate = () => decimal(0, 1000)

const probes = map({
  fresh: optional(rate(), {
    description:
      'Requests per second on a new connection each, beside the users: they measure the outage in ms.',
    default: 10,
  }),
  reused: optional(rate(), { description: 'Requests per second on one kept connection.', default: 5 }),
  control: optional(rate(), {
    description: 'Requests per second to target.control and to a loopback echo.',
    default: 2,
  }),
  twin: optional(rate(), {
    description:
      'Most second tries per second: the same request on a fresh connection at once after a failure, to tell a reset from an outage. Never counted as a request of a user.',
    default: 20,
  }),
})

const limits = map({
  scheduleLag: optional(duration(1), {
    description: 'Gate H3: most p99.9 of (real − intended start) in a rollout window.',
    otherwise: '20ms; 250ms with --lab',
  }),
  stall: optional(duration(1), {
    description: 'Gate H4: an event-loop stall at least this long is recorded.',
    otherwise: '100ms; 500ms with --lab',
  }),
  lateArrivals: optional(wholeNumber(0), {
    description: 'Gate H2: most late or dropped arrivals in rollout windows.',
    default: 0,
  }),
})

const expression = text('an expression such as count==0 or p(99)<300', 200)

/** A scenario file. Unknown keys are errors. Durations become ms; defaults are filled in by resolve-scenario.ts. */
export const scenarioSchema = map({
  apiVersion: required(
    z.literal(API_VERSION, {
      error: ({ input }) =>
        input === undefined
          ? `is missing; the first line of a scenario is apiVersion: ${API_VERSION}`
          : `expected ${API_VERSION}, got ${shown(input)}`,
    }),
    { description: `Version of this format: ${API_VERSION}.` },
  ),
  name: optional(
    textLike(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
      'a name of letters, digits, dots, dashes and underscores',
      63,
    ),
    {
      description: "Name of the run; the bundle's folder starts with it.",
      otherwise: "the file's name, or the Deployment's",
    },
  ),
  target: optional(target, { description: 'Where the load goes.' }),
  deployment: optional(
    textLike(
      /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
      'a Deployment as NAMESPACE/NAME, such as shop/web',
      320,
    ).refine((value) => !/^(deploy|deployments?)\//.test(value), {
      error: ({ input }) => `expected NAMESPACE/NAME, got ${shown(input)}, which is kubectl's TYPE/NAME`,
    }),
    {
      description:
        "The Deployment to restart, as NAMESPACE/NAME. Without a namespace: --namespace, or the context's.",
      examples: ['shop/web'],
    },
  ),
  load: optional(load, { description: 'Who sends how many requests, how fast, over which connections.' }),
  requests: optional(list(request, 'requests', 1000).min(1, 'expected at least one request'), {
    description: 'What is sent: each time one of these, chosen by weight.',
    default: [{ method: 'GET', path: '/' }],
  }),
  rollout: optional(rollout, {
    description: 'How often the Deployment is restarted, and the load around it.',
  }),
  probes: optional(probes, {
    description: 'Requests beside the users, at fixed rates per second; 0 = none.',
  }),
  limits: optional(limits, {
    description: 'What the machine that sends the load may get wrong before a run proves nothing.',
  }),
  thresholds: optional(
    z.record(
      z.string(),
      z.union([expression, list(expression, 'expressions', 50)], {
        error: 'expected an expression such as count==0, or a list of them',
      }),
      {
        error: 'expected a map of metrics to expressions',
      },
    ),
    {
      description:
        "What must hold, in k6's grammar: metric or metric{tag:value} → expressions. Metrics: failures (count, rate; tags cause, kind, phase, pod), http_req_duration in ms (tag phase), outage_ms, dropped, rollout_duration in ms.",
      default: { failures: ['count==0'] },
      examples: [{ failures: ['count==0'], 'http_req_duration{phase:rollout}': ['p(99)<300'] }],
    },
  ),
  acceptUnproven: optional(list(choice(GATE_IDS), 'gates', 10), {
    description: 'Gates that need not hold for `passed`. Printed in the verdict.',
    default: [],
    examples: [['H7']],
  }),
  seed: optional(wholeNumber(0, 4_294_967_295), {
    description: 'Seed of all random choices of the load.',
    default: 1,
  }),
  lab: optional(labSchema, { description: 'How the embedded lab is set up. Only read with --lab.' }),
  variants: optional(variantsSchema, {
    description: 'Configurations to be compared, by name. One without a patch is the Deployment as it is.',
    default: [],
  }),
  ablation: optional(ablationSchema, {
    description: 'Which of these settings are needed, and which are enough: variants are made from the list.',
  }),
  grid: optional(gridSchema, {
    description:
      'Dimension → level → patch: one variant for each combination. A level of null is the Deployment as it is.',
  }),
  study: optional(studySchema, { description: 'How the variants are compared.' }),
})

/** A scenario that fits the schema: units converted, nothing filled in. */
export type ScenarioInput = z.output<typeof scenarioSchema>
