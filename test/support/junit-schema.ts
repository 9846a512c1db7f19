import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { memoryPages, validateXML } from 'xmllint-wasm'

const OURS = fileURLToPath(new URL('./junit.xsd', import.meta.url))

/** Folder with the schemas of others, as they are published: junit-10.xsd and surefire-test-report.xsd. `null` = none given. */
export const FOREIGN_SCHEMAS = process.env.ROLLPROOF_JUNIT_XSD ?? null

const validate = async (schemaPath: string, documents: readonly string[]): Promise<readonly string[]> => {
  if (!existsSync(schemaPath)) throw new Error(`there is no schema at ${schemaPath}`)
  const { errors } = await validateXML({
    xml: documents.map((contents, i) => ({ fileName: `junit-${i}.xml`, contents })),
    schema: readFileSync(schemaPath, 'utf8'),
    initialMemoryPages: 256,
    maxMemoryPages: 4 * memoryPages.GiB - 1,
  })
  return errors.map(({ rawMessage }) => rawMessage)
}

/** Each suite as a document of its own: Surefire writes one file per suite. */
const suitesOf = (xml: string): string[] => xml.match(/<testsuite [\s\S]*?<\/testsuite>/g) ?? []

/** What libxml2 has against these JUnit files, by our own schema, and by those of {@link FOREIGN_SCHEMAS}; empty = valid. */
export const junitErrors = async (...files: readonly string[]): Promise<readonly string[]> => [
  ...(await validate(OURS, files)),
  ...(FOREIGN_SCHEMAS === null
    ? []
    : [
        ...(await validate(join(FOREIGN_SCHEMAS, 'junit-10.xsd'), files)),
        ...(await validate(join(FOREIGN_SCHEMAS, 'surefire-test-report.xsd'), files.flatMap(suitesOf))),
      ]),
]
