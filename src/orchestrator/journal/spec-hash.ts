import { createHash } from 'node:crypto'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import { valueAt, withValueAt } from '../../kernel/json-pointer.ts'
import { subjectOf } from './subject.ts'

/**
 * SHA-256 (hex) of an object's spec in canonical JSON, without `replicas`, which an autoscaler may change at any time and we
 * never do. A map of annotations that is empty counts as one that is not there, as it does for the API server.
 */
export const specHash = (object: unknown): string => {
  const spec = valueAt(subjectOf(object), '/spec')?.value ?? null
  return createHash('sha256')
    .update(canonicalJson(withValueAt(spec, '/replicas', null)))
    .digest('hex')
}
