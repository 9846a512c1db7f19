import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** Which stage may import which others: the table of src/README.md. A file entry (`kube/ports.ts`) allows that file alone. */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  model: ['kernel'],
  scenario: ['model', 'kernel'],
  engine: ['model', 'kernel'],
  kube: ['model', 'kernel'],
  eventlog: ['model', 'kernel'],
  correlator: ['model', 'kernel'],
  report: ['model', 'kernel'],
  orchestrator: ['kube/ports.ts', 'model', 'kernel'],
  watchers: ['kube/ports.ts', 'model', 'kernel'],
  run: [
    'scenario',
    'engine',
    'kube',
    'orchestrator',
    'watchers',
    'eventlog',
    'correlator',
    'model',
    'kernel',
  ],
  lab: ['kernel'],
  cli: ['run', 'scenario', 'eventlog', 'correlator', 'report', 'lab', 'model', 'kernel'],
  'index.ts': ['run', 'scenario', 'eventlog', 'correlator', 'report', 'model', 'kernel'],
}

/** The program's entry plays every role, so it may load any entry module of a thread or process; nothing else of them. */
const ENTRY_LOADS: Readonly<Record<string, readonly string[]>> = {
  'cli/entry.ts': [
    'engine/worker.ts',
    'eventlog/record-writer-worker.ts',
    'lab/lab-process.ts',
    'lab/app/app-process.ts',
    'lab/paths/ingress-process.ts',
    'lab/paths/parking-process.ts',
  ],
}

/** Packages with one door each: the files (or folders, ending in /) that may import them. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  undici: ['engine/http-client.ts', 'kube/client.ts'],
  '@kubernetes/client-node': ['kube/kubeconfig.ts'],
  'hdr-histogram-js': ['kernel/histogram.ts'],
  yargs: ['cli/'],
  hyparquet: ['eventlog/part-reader.ts'],
  'hyparquet-writer': ['eventlog/parquet-writer.ts'],
  'cli-table3': ['report/', 'cli/'],
  'log-update': ['cli/'],
}

const TIME = /(?<![.\w])(process\.hrtime|Date\.now|performance\.now|setTimeout|setInterval|setImmediate)\b/
const TIME_DOORS = ['kernel/clock.ts', 'kernel/timer-wheel.ts']
const HOST = /(?<![-./\w'])(process\.(?!hrtime)\w+|console\.\w+)/
const HOST_DOORS =
  /(^cli\/(host|bootstrap|entry)\.ts$)|(^kernel\/(clock|program)\.ts$)|((^|[-/])(worker|process|entry)\.ts$)/
const PURE = ['model', 'correlator', 'report', 'lab/sim', 'orchestrator/predict']
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

/** Every TypeScript file below a folder. */
export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : path.endsWith('.ts') ? [path] : []
  })

/** Text without comments, so that prose does not count as code; strings stay. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1')

export interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
}

/** The imports and re-exports of a file's text, dynamic ones too. */
export const importsOf = (text: string): Import[] =>
  [...withoutComments(text).matchAll(IMPORT)].map(([, typeOnly, fromSpecifier, dynamicSpecifier]) => ({
    specifier: fromSpecifier ?? dynamicSpecifier ?? '',
    typeOnly: typeOnly !== undefined,
  }))

const packageOf = (specifier: string): string =>
  specifier.startsWith('@')
    ? specifier.split('/').slice(0, 2).join('/')
    : (specifier.split('/')[0] ?? specifier)

const startsWithAny = (path: string, doors: readonly string[]): boolean =>
  doors.some((door) => (door.endsWith('/') ? path.startsWith(door) : path === door))

/** Every breach of the import table below `root`, as `file: what`. Empty = none. */
export const breaches = (root: string): string[] => {
  const found: string[] = []
  for (const path of filesBelow(root)) {
    const file = relative(root, path)
    const stage = file.split('/')[0] ?? file
    const say = (what: string): number => found.push(`${file}: ${what}`)
    const text = readFileSync(path, 'utf8')
    const code = withoutComments(text)
    const allowed = ALLOWED[stage]
    if (allowed === undefined) {
      say(`no stage is called ${stage}`)
      continue
    }
    for (const { specifier, typeOnly } of importsOf(text)) {
      if (specifier.startsWith('.')) {
        const target = relative(root, resolve(dirname(path), specifier))
        const targetStage = target.split('/')[0] ?? target
        const ok =
          targetStage === stage ||
          allowed.includes(targetStage) ||
          allowed.includes(target) ||
          (ENTRY_LOADS[file]?.includes(target) ?? false) ||
          (file === 'cli/version.ts' && target === '../package.json')
        if (!ok) say(`${stage} may not import ${target}`)
      } else if (!specifier.startsWith('node:')) {
        const doors = DOORS[packageOf(specifier)]
        const labTypes = stage === 'lab' && typeOnly && packageOf(specifier) === '@kubernetes/client-node'
        if (doors !== undefined && !startsWithAny(file, doors) && !labTypes)
          say(`may not import ${packageOf(specifier)}`)
      } else if (
        PURE.some((pure) => file.startsWith(`${pure}/`)) &&
        !['node:crypto', 'node:util', 'node:zlib'].includes(specifier)
      ) {
        say(`a pure part may not import ${specifier}`)
      }
    }
    if (!TIME_DOORS.includes(file) && TIME.test(code))
      say(`time outside kernel/clock: ${TIME.exec(code)?.[0]}`)
    if (/\bMath\.random\b/.test(code)) say('Math.random')
    if (!HOST_DOORS.test(file) && HOST.test(code))
      say(`the process outside cli/host: ${HOST.exec(code)?.[0]}`)
  }
  return found
}
