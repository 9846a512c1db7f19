/**
 * What a variant may change. The Deployment is the one of the scenario; the others stand in its namespace. Of a
 * HorizontalPodAutoscaler only the choreography that scales down changes anything.
 */
export const VARIANT_KINDS = [
  'Deployment',
  'Service',
  'Ingress',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
] as const
export type VariantKind = (typeof VARIANT_KINDS)[number]

/** An object in the namespace of the scenario's Deployment. */
export interface VariantObject {
  readonly kind: VariantKind
  readonly name: string
}

/** A change of one object, as the API server takes it: a strategic-merge patch, or the operations of a JSON patch (RFC 6902). */
export type VariantPatch =
  | {
      readonly object: VariantObject
      readonly type: 'strategic'
      readonly body: Readonly<Record<string, unknown>>
    }
  | { readonly object: VariantObject; readonly type: 'json'; readonly body: readonly unknown[] }

/** A configuration to be measured: the objects as they were found, with these patches. None = as they were found. */
export interface Variant {
  readonly name: string
  /** At most one for each object. */
  readonly patches: readonly VariantPatch[]
  /** It is the choreography that scales down: it may change the number of replicas, and the bounds of an autoscaler. */
  readonly mayScale?: boolean
  /**
   * To how many replicas an autoscaler will bring the Deployment because of the patches. Not written by the variant itself; it
   * stands in the Deployment's journal, so that a restore puts the number of before back.
   */
  readonly scaledTo?: number
}
