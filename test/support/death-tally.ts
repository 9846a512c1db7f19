import { type Death, died } from './death-session.ts'
import type { KillVerdict } from './kill-case.ts'

const VERDICTS: readonly KillVerdict[] = [
  'restored',
  'conflict',
  'closed',
  'silent',
  'crying wolf',
  'stolen',
  'error',
]

const ENDS: Readonly<Record<string, string>> = {
  'kill-before': 'never reached the API server',
  'kill-after': 'applied, its answer lost',
  'kill-answered': 'answered',
}

const KINDS: Readonly<Record<string, string>> = {
  deployments: 'Deployment',
  services: 'Service',
  poddisruptionbudgets: 'budget',
  ingresses: 'Ingress',
  replicasets: 'ReplicaSets',
  leases: 'Lease',
  namespaces: 'namespace',
}

/** `PATCH Deployment (dry run)` for the line of a request. */
export const kindOfRequest = (line: string): string => {
  const [method = '', address = ''] = line.split(' ')
  const { pathname, searchParams } = new URL(address, 'http://api')
  const plural = pathname.split('/').findLast((part) => KINDS[part] !== undefined && part !== 'namespaces')
  const what = plural === undefined ? pathname.split('/').at(-1) : KINDS[plural]
  return `${method} ${what}${searchParams.get('dryRun') === 'All' ? ' (dry run)' : ''}`
}

const endOf = ({ point }: Death): string =>
  point.kind === 'line'
    ? `journal line ${point.half ? 'half written' : 'on disk'}`
    : (ENDS[point.fault] ?? point.fault)

const pointOf = ({ point, request }: Death): string =>
  point.kind === 'line' ? 'journal line' : kindOfRequest(request ?? '')

const table = (title: string, cases: readonly Death[], keyOf: (one: Death) => string): string => {
  const shown = VERDICTS.filter(
    (verdict) => ['silent', 'crying wolf'].includes(verdict) || cases.some((one) => one.verdict === verdict),
  )
  const rows = [...Map.groupBy(cases, keyOf)].sort(([a], [b]) => a.localeCompare(b))
  const line = (name: string, some: readonly Death[]): string => {
    const counts = shown.map((verdict) => some.filter((one) => one.verdict === verdict).length)
    return `| ${name} | ${some.length} | ${counts.join(' | ')} |`
  }
  return [
    `| ${title} | deaths | ${shown.join(' | ')} |`,
    `|---|${'---|'.repeat(shown.length + 1)}`,
    ...rows.map(([name, some]) => line(name, some)),
    line('**all**', cases),
  ].join('\n')
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0

/** What became of how many, as Markdown tables; only what really died counts in them. */
export const tallyDeaths = (all: readonly Death[]): string => {
  const cases = all.filter(died)
  const waited = cases.flatMap(({ waitedMs }) => (waitedMs === null ? [] : [waitedMs])).sort((a, b) => a - b)
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  const waits =
    waited.length === 0
      ? 'no Lease was waited for'
      : `${waited.length} restores waited for the Lease of the dead: ${seconds(waited[0] ?? 0)} to ${seconds(waited.at(-1) ?? 0)}, median ${seconds(quantile(waited, 0.5))}`
  const early = all.filter(({ childCode }) => childCode !== null)
  return [
    `${cases.length} deaths by SIGKILL; ${waits}; ${early.length} ended before their point came (${early.filter(({ verdict }) => verdict === 'silent').length} silent)`,
    table('step', cases, ({ phase }) => phase ?? 'before it began'),
    table('point', cases, pointOf),
    table('the API server had', cases, endOf),
    table('meanwhile', cases, ({ foreign }) => foreign ?? 'nothing'),
    table(
      'restored by',
      cases,
      ({ byProgram, withFolder }) =>
        `${byProgram ? 'the program' : 'its function'}, ${withFolder ? 'with the folder' : 'without it'}`,
    ),
  ].join('\n\n')
}

/** Cases that must not be, each on a line. */
export const badDeaths = (all: readonly Death[]): readonly string[] =>
  all
    .filter(({ verdict }) => !['restored', 'conflict', 'closed'].includes(verdict))
    .map(({ at, seed, victim, where, foreign, withFolder, byProgram, verdict, detail }) => {
      const how = `${withFolder ? ', with the folder' : ''}${byProgram ? ', by the program' : ''}`
      return `seed ${seed} #${at} ${victim}: ${where}, ${foreign ?? 'nobody else'}${how}: ${verdict}: ${detail}`
    })
