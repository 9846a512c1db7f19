import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { parseScenario } from '../../../src/scenario/parse-scenario.ts'
import { type ApiObject, asApiObject } from '../../support/api-object.ts'

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const documents = (path: string): readonly ApiObject[] =>
  parseAllDocuments(read(path)).map((document) => asApiObject(document.toJS()))
const find = (path: string, kind: string): ApiObject => {
  const found = documents(path).find((object) => object.kind === kind)
  if (found === undefined) throw new Error(`no ${kind} in ${path}`)
  return found
}

const JOB = 'docs/in-cluster/job.yaml'
const APP = 'docs/in-cluster/sample-app.yaml'
const K3S_APP = 'docs/in-cluster/k3s-sample-app.yaml'
const { version } = JSON.parse(read('package.json'))

test('the Job runs as nobody, may write to its volumes only, and is not tried again', () => {
  const { spec } = find(JOB, 'Job')
  expect(spec.backoffLimit).toBe(0)
  const pod = spec.template.spec
  expect(pod).toMatchObject({ restartPolicy: 'Never', serviceAccountName: 'rollproof' })
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532 })
  const [container] = pod.containers
  expect(container.image).toBe(`rollproof:${version}`)
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
})

test('the Job says that it means the cluster it runs in, and consents, as anybody else has to', () => {
  const { args } = find(JOB, 'Job').spec.template.spec.containers[0]
  expect(args).toContain('--in-cluster')
  expect(args).toContain('--yes')
})

test('the scenario in the Job is valid', () => {
  const { data } = find(JOB, 'ConfigMap')
  const result = parseScenario(parse(data['scenario.yaml'] ?? ''), {
    command: 'run',
    lab: false,
    name: 'job',
  })
  expect(result).toMatchObject({ ok: true })
})

test('the sample app for k3s differs from the other one in where its program comes from, and in its address', () => {
  const [app, k3s] = [find(APP, 'Deployment'), find(K3S_APP, 'Deployment')]
  expect(app.spec.template.spec.containers[0].image).toBe(`rollproof:${version}`)
  const { volumes, ...pod } = k3s.spec.template.spec
  const { image, args, volumeMounts, ...container } = pod.containers[0]
  const own = app.spec.template.spec.containers[0]
  expect({ ...pod, containers: [{ ...container, image: own.image }] }).toEqual(app.spec.template.spec)
  expect([image, args, volumeMounts?.length, volumes?.length]).toEqual([
    'gcr.io/distroless/nodejs24-debian12:nonroot',
    ['/rollproof/cli.mjs'],
    1,
    1,
  ])
  const { clusterIP, ...service } = find(K3S_APP, 'Service').spec
  expect(service).toEqual(find(APP, 'Service').spec)
  expect(read('docker-compose.yml')).toContain(`http://${clusterIP}/`)
})

test('the image is built from files that the build context lets in, and everything has the version of the package', () => {
  const dockerfile = read('Dockerfile')
  const allowed = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1))
  const copies = [...dockerfile.matchAll(/^COPY ((?:--\S+ )*)(.+) \S+$/gm)].map(
    ([, flags = '', sources = '']) => ({
      isOfTheContext: !flags.includes('--from='),
      sources: sources.split(' '),
    }),
  )
  const ofTheContext = copies.filter((copy) => copy.isOfTheContext).flatMap(({ sources }) => sources)
  expect(ofTheContext.length).toBeGreaterThan(3)
  for (const source of ofTheContext) {
    expect(allowed).toContain(source)
    expect(existsSync(source)).toBe(true)
  }
  const built = copies.filter((copy) => !copy.isOfTheContext).flatMap(({ sources }) => sources)
  expect(built).toEqual(
    ['cli.mjs', 'lab-app.mjs', 'THIRD_PARTY_LICENSES'].map((name) => `/build/dist/${name}`),
  )
  expect(dockerfile).toContain(`ARG VERSION=${version}`)
  expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m)
  expect(dockerfile).toMatch(/^USER 65532:65532$/m)
  expect(read('docker-compose.yml')).toContain(`image: rollproof:${version}`)
})

test('the compose file has a profile for the lab that needs no other service, and one with a real k3s', () => {
  const { services } = parse(read('docker-compose.yml'), { merge: true })
  expect(Object.keys(services)).toEqual(['run', 'k3s', 'run-k3s'])
  expect(services.run).toMatchObject({ profiles: ['lab'], read_only: true, cap_drop: ['ALL'] })
  expect(services.run.depends_on).toBeUndefined()
  expect(services.k3s.profiles).toEqual(['k3s'])
  expect(services['run-k3s']).toMatchObject({ profiles: ['k3s'], network_mode: 'service:k3s' })
})
