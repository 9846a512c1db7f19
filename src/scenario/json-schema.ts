import { z } from 'zod'
import { scenarioSchema } from './schema.ts'

/** The part of JSON Schema that scenario files need. */
export interface JsonSchema {
  readonly $schema?: string
  readonly $id?: string
  readonly title?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  /** Ours: the default, and the default in words where it depends on something. */
  readonly fallback?: unknown
  readonly otherwise?: string
  /** Ours: what text or number stands for. */
  readonly kind?: 'duration'
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
export const scenarioJsonSchema = (): JsonSchema => ({
  ...convert(({ jsonSchema }) => {
    const { otherwise, fallback, description } = jsonSchema
    for (const ours of ['otherwise', 'fallback', 'kind']) delete jsonSchema[ours]
    if (fallback !== undefined && fallback !== null) jsonSchema.default = fallback
    if (typeof otherwise === 'string') jsonSchema.description = `${description ?? ''} Default: ${otherwise}.`
  }),
  title: 'rollproof scenario',
  description: 'A load, a Deployment to restart, and what must hold.',
})

/** The same with our own keywords left in, for the reference page. */
export const annotatedJsonSchema = (): JsonSchema => convert(() => {})

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>

const convert = (override: Override): JsonSchema =>
  z.toJSONSchema(scenarioSchema, { target: 'draft-7', io: 'input', override }) as JsonSchema
