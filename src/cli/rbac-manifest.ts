import { Document, isMap, isScalar, isSeq, visit } from 'yaml'
import { type AccessNeed, accessNeeds } from '../model/access.ts'
import { type Choreography, keepsJournal } from '../model/choreography.ts'
import type { VariantObject } from '../model/variant.ts'

export interface RbacSubject {
  readonly namespace: string
  readonly deployment: string
  /** Name of the ServiceAccount. */
  readonly serviceAccount: string
  /** The other objects that the variants of a scenario change. */
  readonly variants?: readonly VariantObject[]
  /** What is done to the Deployment; absent = `restart`. */
  readonly choreography?: Choreography
}

interface PolicyRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

type Manifest = Readonly<Record<string, unknown>>

/** As a Role names it: `pods/eviction`. */
const resourceOf = ({ resource, subresource }: AccessNeed): string =>
  subresource === undefined ? resource : `${resource}/${subresource}`

/** Needs on the same objects, joined: one rule with its verbs and what is lost without it. */
const grouped = (needs: readonly AccessNeed[]): readonly (readonly AccessNeed[])[] => {
  const groups = new Map<string, AccessNeed[]>()
  for (const need of needs) {
    const key = JSON.stringify([need.group, resourceOf(need), need.name ?? null])
    const group = groups.get(key) ?? []
    groups.set(key, group)
    group.push(need)
  }
  return [...groups.values()]
}

const ruleOf = (needs: readonly AccessNeed[]): PolicyRule => {
  const [first] = needs
  return {
    apiGroups: [first?.group ?? ''],
    resources: [first === undefined ? '' : resourceOf(first)],
    ...(first?.name === undefined ? {} : { resourceNames: [first.name] }),
    verbs: needs.map(({ verb }) => verb),
  }
}

/** ServiceAccount, Role and RoleBinding with which a run of this Deployment works, and nothing more. */
export const rbacManifests = ({
  namespace,
  deployment,
  serviceAccount,
  variants = [],
  choreography,
}: RbacSubject): readonly Manifest[] => {
  const labels = { 'app.kubernetes.io/name': 'rollproof' }
  const role = `${serviceAccount}-${deployment}`
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: serviceAccount, namespace, labels },
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: role, namespace, labels },
      rules: grouped(accessNeeds(deployment, variants, choreography)).map(ruleOf),
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: role, namespace, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
      subjects: [{ kind: 'ServiceAccount', name: serviceAccount, namespace }],
    },
  ]
}

const yamlOf = (manifest: Manifest, comments: readonly (string | null)[]): string => {
  const document = new Document(manifest)
  const rules = document.get('rules')
  if (isSeq(rules)) {
    rules.items.forEach((rule, at) => {
      const comment = comments[at] ?? null
      if (comment === null || !isMap(rule)) return
      // A comment before the first key would join the dash: it belongs before the whole item.
      rule.commentBefore = ` ${comment}`
    })
  }
  visit(document, {
    Seq: (_, words) => {
      if (words.items.every(isScalar)) words.flow = true
    },
  })
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

/** The manifests as one JSON List, as kubectl takes it. */
export const rbacJson = (subject: RbacSubject): string =>
  `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: rbacManifests(subject) }, null, 2)}\n`

/** The manifests as YAML with a word on each rule that a run can do without. */
export const rbacYaml = (subject: RbacSubject): string => {
  const { namespace, deployment, serviceAccount, variants = [], choreography = 'restart' } = subject
  const comments = grouped(accessNeeds(deployment, variants, choreography)).map(([first]) =>
    first?.without == null ? null : `Optional. Without it: ${first.without}.`,
  )
  const others = [
    ...new Set(
      variants.filter(({ kind }) => kind !== 'Deployment').map(({ kind, name }) => `${kind} ${name}`),
    ),
  ]
  const also = choreography === 'node-drain' ? ' and evict the pods of' : ''
  const own = `${variants.length === 0 && !keepsJournal(choreography) ? 'restart' : 'restart and change'}${also}`
  const changes = others.length === 0 ? own : `change ${others.join(', ')}, and ${own}`
  const head = [
    `# What \`rollproof run --deployment ${namespace}/${deployment}\` needs, and nothing more. It may ${changes} this one Deployment and`,
    '# hold one Lease; it may not read secrets, open shells in pods, or see other namespaces.',
    `#   rollproof rbac --deployment ${namespace}/${deployment} | kubectl apply -f -`,
    `#   kubectl -n ${namespace} create token ${serviceAccount}`,
  ].join('\n')
  const bodies = rbacManifests(subject).map((manifest) => yamlOf(manifest, comments))
  return `${head}\n${bodies.join('---\n')}`
}
