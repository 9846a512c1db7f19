import type { KubeObject } from '../sim/store.ts'
import type { ResourceType } from './resource-types.ts'
import { type Column, columnsOf } from './table-columns.ts'

/** How a client wants objects: as they are, as rows for a terminal, or their metadata alone. */
export type Form = 'objects' | 'table' | 'metadata'

/** The first form of an Accept header that the lab speaks; plain objects when it names none. */
export const formOf = (accept: string): Form => {
  for (const entry of accept.split(',')) {
    if (entry.includes('as=Table')) return 'table'
    if (entry.includes('as=PartialObjectMetadata')) return 'metadata'
    if (entry.includes('application/json') || entry.includes('*/*')) return 'objects'
  }
  return 'objects'
}

export const metadataOnly = ({ metadata }: KubeObject) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
})

export interface TableOptions {
  readonly nowEpochMs: number
  /** What a row says of its object beside the cells. */
  readonly includeObject: 'Metadata' | 'Object' | 'None'
  /** Later events of a watch come without the column definitions. */
  readonly withDefinitions: boolean
}

const definitionOf = ({ name, type, wide }: Column) => ({
  name,
  type,
  format: name === 'Name' ? 'name' : '',
  description: name,
  priority: wide ? 1 : 0,
})

/** A meta.k8s.io/v1 Table with a row for each object. */
export const tableOf = (
  type: ResourceType,
  items: readonly KubeObject[],
  listMetadata: Readonly<Record<string, unknown>>,
  { nowEpochMs, includeObject, withDefinitions }: TableOptions,
) => {
  const columns = columnsOf(type.kind)
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: listMetadata,
    columnDefinitions: withDefinitions ? columns.map(definitionOf) : null,
    rows: items.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, nowEpochMs)),
      ...(includeObject === 'Metadata' && { object: metadataOnly(object) }),
      ...(includeObject === 'Object' && { object }),
    })),
  }
}
