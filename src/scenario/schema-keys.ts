import { z } from 'zod'
import type { Path } from './problem.ts'
import { scenarioSchema } from './schema.ts'

/** The schema inside optional(), nullable() and transforms. */
const unwrap = (schema: unknown): unknown => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return unwrap(schema.unwrap())
  if (schema instanceof z.ZodPipe) return unwrap(schema.in)
  return schema
}

const childOf = (schema: unknown, step: string | number): unknown => {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodObject && typeof step === 'string') return inner.shape[step]
  if (inner instanceof z.ZodArray) return inner.element
  if (inner instanceof z.ZodRecord) return inner.valueType
  return undefined
}

/** Keys that the map at `path` may have; empty where there is no map with fixed keys. */
export const keysAt = (path: Path): readonly string[] => {
  const schema = unwrap(path.reduce<unknown>(childOf, scenarioSchema))
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

/** Paths of all keys of a scenario; a list's items are index 0. */
export const allKeys = (): readonly Path[] => below(scenarioSchema, [])

const below = (schema: unknown, path: Path): Path[] => {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodArray) return below(inner.element, [...path, 0])
  if (!(inner instanceof z.ZodObject)) return []
  return Object.entries(inner.shape).flatMap(([key, value]) => [
    [...path, key],
    ...below(value, [...path, key]),
  ])
}
