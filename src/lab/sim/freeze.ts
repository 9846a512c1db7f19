import type { KubeObject } from './store.ts'

/** Freezes plain JSON data all the way down; returns it. */
export const deepFreeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const child of Object.values(value)) deepFreeze(child)
  return Object.freeze(value)
}

/** A deep copy that may be changed, as it would come over the wire: keys that are `undefined` are gone. */
export const cloneObject = (object: KubeObject): KubeObject => JSON.parse(JSON.stringify(object))
