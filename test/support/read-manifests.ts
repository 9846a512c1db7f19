import { parseAllDocuments } from 'yaml'
import { isObject, objectAt, textAt } from '../../src/kube/parse.ts'
import { surroundingsOf } from '../../src/kube/surroundings-of.ts'
import type { Surroundings } from '../../src/model/surroundings.ts'

/** As kubectl applies it: identity from the server, and the manifest itself in an annotation. */
const applied = (manifest: unknown, index: number): unknown => {
  if (!isObject(manifest)) throw new Error('a document is no object')
  const metadata = objectAt(manifest, 'metadata')
  return {
    ...manifest,
    metadata: {
      ...metadata,
      uid: `uid-${index}`,
      resourceVersion: '1',
      annotations: {
        ...objectAt(metadata, 'annotations'),
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(manifest),
      },
    },
  }
}

/** The objects of a YAML file as the API server would give them back to a user who may read them all. */
export const surroundingsIn = (yaml: string): Surroundings => {
  const objects = parseAllDocuments(yaml)
    .map((document) => document.toJS() as unknown)
    .filter((manifest) => manifest !== null)
    .map(applied)
  const of = (kind: string) => objects.filter((object) => textAt(object, 'kind') === kind)
  return surroundingsOf({
    deployment: of('Deployment')[0],
    services: of('Service'),
    ingresses: of('Ingress'),
    budgets: of('PodDisruptionBudget'),
    autoscalers: of('HorizontalPodAutoscaler'),
    endpointSlices: of('EndpointSlice'),
    pods: of('Pod'),
    events: of('Event'),
    namespace: of('Namespace')[0] ?? {},
  })
}

/** `# wrong: A1 C1`, `# unseen: A6`: what the head of a fixture says that a rollout shows. */
export const causesSaid = (yaml: string, key: 'wrong' | 'unseen'): readonly string[] =>
  (new RegExp(`^# ${key}: (.*)$`, 'm').exec(yaml)?.[1] ?? '')
    .split(/\s+/)
    .filter((word) => /^[A-F]\d+$/.test(word))
