import { z } from 'zod'
import { scenarioSchema } from './schema.ts'

/** The part of JSON Schema that scenario files need. */
export interface JsonSchema {
  readonly $schema?: string
  readonly $id?: string
  readonly title?: string
  readonly description?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/** JSON Schema (draft 7, which editors know) of scenario files as they are written. `rollproof schema` prints it. */
export const scenarioJsonSchema = (): JsonSchema => {
  const schema = z.toJSONSchema(scenarioSchema, { target: 'draft-7', io: 'input' }) as JsonSchema
  return {
    ...schema,
    title: 'rollproof scenario',
    description: 'A load, a Deployment to restart, and what must hold.',
  }
}
