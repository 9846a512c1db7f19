import type { Random } from '../../kernel/random.ts'
import { sameJson } from './same-json.ts'
import type { PodTemplate } from './types.ts'

/** The letters of generated names: no vowels, no look-alikes (apimachinery, util/rand). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const letterAt = (index: number): string => ALPHABET.charAt(index % ALPHABET.length)

export const HASH_LABEL = 'pod-template-hash'

/** Five letters, as the API appends them to `generateName`. */
export const nameSuffix = (random: Random): string =>
  Array.from({ length: 5 }, () => letterAt(random.below(ALPHABET.length))).join('')

/** Any JSON value with the keys of its objects in order, so that equal values give equal text. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, child]) => child !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${canonical(child)}`).join(',')}}`
}

/**
 * A pod template → the `pod-template-hash` of its ReplicaSet: 32-bit FNV-1a over the template (and the number of
 * collisions so far), written in the name alphabet as Kubernetes does (ComputeHash, SafeEncodeString). The hashed
 * text is JSON and not Go's dump, so the letters differ from a real cluster's for the same template.
 */
export const templateHash = (template: PodTemplate, collisionCount: number | undefined): string => {
  const text = canonical(template) + (collisionCount === undefined ? '' : `#${collisionCount}`)
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return [...String(hash >>> 0)].map((digit) => letterAt(digit.charCodeAt(0))).join('')
}

const withoutHash = (template: PodTemplate): unknown => {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {}
  const metadata = { ...template.metadata, labels }
  return { ...template, metadata }
}

/** Whether two templates are the same but for the hash label (EqualIgnoreHash). */
export const sameTemplate = (a: PodTemplate, b: PodTemplate): boolean =>
  sameJson(withoutHash(a), withoutHash(b))
