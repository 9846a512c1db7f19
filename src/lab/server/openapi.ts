import { VERSION } from './discovery.ts'
import { apiVersionOf, GROUP_VERSIONS, RESOURCE_TYPES } from './resource-types.ts'

const INFO = { title: 'rollproof lab', version: VERSION.gitVersion }

/** The version's place under /openapi/v3: `api/v1`, `apis/apps/v1`. */
const rootOf = (served: { group: string; version: string }): string =>
  `${served.group === '' ? 'api' : 'apis'}/${apiVersionOf(served)}`

/** `GET /openapi/v3`: where the documents of the group versions are. */
export const openApiIndex = () => ({
  paths: Object.fromEntries(
    GROUP_VERSIONS.map((served) => {
      const root = rootOf(served)
      return [root, { serverRelativeURL: `/openapi/v3/${root}?hash=LAB1` }]
    }),
  ),
})

const parameter = (name: string) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })

/**
 * `GET /openapi/v3/apis/apps/v1`: paths and parameters without schemas. It tells kubectl that the server checks
 * fields itself; for the three-way patch of `apply` kubectl then uses the types that are built into it.
 * `null` for a group version that is not served.
 */
export const openApiDocument = (root: string) => {
  const served = GROUP_VERSIONS.find((candidate) => rootOf(candidate) === root)
  if (served === undefined) return null
  const types = RESOURCE_TYPES.filter(
    ({ group, version }) => group === served.group && version === served.version,
  )
  const paths = types.map((type) => {
    const { group, version, kind, plural, namespaced } = type
    const operation = {
      operationId: `patch${kind}`,
      parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(parameter),
      responses: { 200: { description: 'OK' } },
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group, version, kind },
    }
    return [`/${root}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}/{name}`, { patch: operation }]
  })
  return {
    openapi: '3.0.0',
    info: INFO,
    paths: Object.fromEntries(paths),
    components: { schemas: {} },
  }
}

/** `GET /openapi/v2` as JSON: no paths, no definitions; old clients then skip their own checks. */
export const SWAGGER = { swagger: '2.0', info: INFO, paths: {}, definitions: {} }

/** How kubectl asks for the protobuf form, and what the answer is called (`@` is not allowed in a content type). */
export const SWAGGER_PROTOBUF_ACCEPT = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
export const SWAGGER_PROTOBUF_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/** The same as the protobuf message openapi.v2.Document {swagger = 1: "2.0"}. */
export const SWAGGER_PROTOBUF = Buffer.from([0x0a, 0x03, ...Buffer.from('2.0')])
