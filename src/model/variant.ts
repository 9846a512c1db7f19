/** What a variant may change. The Deployment is the one of the scenario; the others stand in its namespace. */
export const VARIANT_KINDS = ['Deployment', 'Service', 'Ingress', 'PodDisruptionBudget'] as const
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
  /** It is the choreography that scales down: it may change the number of replicas. */
  readonly mayScale?: boolean
}
