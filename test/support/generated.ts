import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { judgeBundle, RUN_FORMATS } from '../../src/cli/render-run.ts'
import { scenarioJsonSchema } from '../../src/scenario/json-schema.ts'
import { scenarioReference } from '../../src/scenario/reference.ts'

const inTree = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Files of docs/ that are made from the schema, by their path in the tree. */
export const generatedDocs = (): Readonly<Record<string, string>> => ({
  'docs/scenario.md': scenarioReference(),
  'docs/scenario.schema.json': `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`,
})

export const readInTree = (path: string): string => readFileSync(inTree(path), 'utf8')
export const pathInTree = inTree

/** The committed sample bundle, judged again: its reports go to `out`. Returns their paths. */
export const judgeSample = async (out: string): Promise<readonly string[]> =>
  (await judgeBundle(inTree('reports/sample'), RUN_FORMATS, out)).written
