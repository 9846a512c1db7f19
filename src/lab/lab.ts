import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, monotonicUs } from '../kernel/clock.ts'
import { messageOf } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import { type Random, seededRandom } from '../kernel/random.ts'
import { albHosts, podsHaveGates, startAlbController, startLabAlb, targetsNodes } from './alb.ts'
import { applyInjections } from './inject.ts'
import type { LabConfig, LabInfo, LabPathConfig } from './lab-config.ts'
import { manifests } from './manifests.ts'
import { type Addresses, claimAddresses } from './node/addresses.ts'
import { startContainerProcess } from './node/container-process.ts'
import { startKubelet } from './node/kubelet.ts'
import type { PodLifeEvent } from './node/pod-life.ts'
import { readPodLog } from './node/pod-log.ts'
import { startControlServer } from './paths/control-server.ts'
import { type ResolveName, startDnsServer } from './paths/dns-server.ts'
import {
  createEndpointTable,
  type Endpoint,
  type EndpointTable,
  pickEndpoint,
} from './paths/endpoint-table.ts'
import { watchEndpoints } from './paths/endpoint-watch.ts'
import { createGraveyard } from './paths/graveyard.ts'
import type { FromIngress, ToIngress } from './paths/ingress-messages.ts'
import { createNames } from './paths/names.ts'
import { startParking } from './paths/parking.ts'
import { startProxyProcess } from './paths/proxy-process.ts'
import { startRole } from './role-process.ts'
import { startApiServer } from './server/api-server.ts'
import { kubeconfigFor } from './server/kubeconfig.ts'
import { untilServing } from './serving.ts'
import { startControlPlane } from './sim/control-plane.ts'
import { createEventRecorder } from './sim/event-recorder.ts'
import { createStore } from './sim/memory-store.ts'
import type { Store } from './sim/store.ts'
import { createTruthKeeper } from './truth/truth-keeper.ts'
import { noTruthLog, openTruthLog } from './truth/truth-log.ts'

const NODES = ['node-1', 'node-2'] as const
const SERVING_TIMEOUT_MS = 60_000

/** The lab in this process. */
export interface RunningLab {
  readonly info: LabInfo
  readonly store: Store
  /** Ends everything it started, and removes its temporary folder. Safe to call twice. */
  stop(): Promise<void>
}

export interface LabParts {
  readonly clock: Clock
  readonly log: Logger
  /** Gives up the start. */
  readonly signal?: AbortSignal
}

/** What has to be ended, last started first. */
const createTeardown = (log: Logger) => {
  const steps: { readonly name: string; readonly end: () => void | Promise<void> }[] = []
  return {
    add: (name: string, end: () => void | Promise<void>): void => {
      steps.push({ name, end })
    },
    run: async (): Promise<void> => {
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step.end()
        } catch (error) {
          log.warn({ error: messageOf(error) }, `${step.name} did not end as it should`)
        }
      }
    },
  }
}

/**
 * Starts the whole lab (DESIGN 8): store, control plane, API, nodes, data paths, truth; creates the shop and waits
 * until it is served on every path. Rejects with LAB_FAILED, or USAGE for an injection that makes no sense, after
 * ending what had been started.
 */
export const startLabHere = async (wanted: LabConfig, parts: LabParts): Promise<RunningLab> => {
  const teardown = createTeardown(parts.log)
  try {
    return await assemble(applyInjections(wanted), parts, teardown)
  } catch (error) {
    await teardown.run()
    throw error
  }
}

const assemble = async (
  wanted: LabConfig,
  { clock, log, signal }: LabParts,
  teardown: ReturnType<typeof createTeardown>,
): Promise<RunningLab> => {
  const random = seededRandom(wanted.seed)
  /** The pods' end at the lab's own end is nobody's failure. */
  let stopping = false
  const folder = mkdtempSync(join(tmpdir(), 'rollproof-lab-'))
  teardown.add('temporary folder', () => rmSync(folder, { recursive: true, force: true }))
  const cache = { NODE_COMPILE_CACHE: join(folder, 'compile-cache') }
  // Which block is free is no part of the seeded story.
  const addresses = await claimAddresses(seededRandom(Math.round(monotonicUs())), wanted.port)
  teardown.add('addresses', addresses.release)
  const config: LabConfig = { ...wanted, port: addresses.port }
  const { port } = config

  const store = createStore(clock)
  if (config.truthFile !== null) writeFileSync(config.truthFile, '')
  const truth = createTruthKeeper({
    clock,
    log: config.truthFile === null ? noTruthLog : openTruthLog(config.truthFile),
    ingressAddress: addresses.ingress,
    ingressRetries: config.ingress.retry,
    albAddresses: albHosts(config, addresses),
    albTargetsNodes: () => targetsNodes(store, config.namespace),
    hasGates: () => podsHaveGates(store, config.namespace),
    nowUs: monotonicUs,
  })
  teardown.add('truth', truth.close)

  const parking = await startParking(
    () => startRole('lab-parking', { stdio: ['pipe', 'pipe', 'inherit'], detached: true, env: cache }),
    port,
  )
  teardown.add('parking', parking.close)
  parking.removeAtEnd(folder)
  const ingress = await startProxyProcess<ToIngress, FromIngress>(
    'ingress',
    () =>
      startRole('lab-ingress', {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        detached: true,
        env: cache,
      }),
    {
      type: 'start',
      host: addresses.ingress,
      port,
      control: { address: addresses.control, pod: 'control' },
      retry: config.ingress.retry,
      reload: config.ingress.endpoints === 'reload',
      connectTimeoutMs: config.ingress.connectTimeoutMs ?? 5000,
      closeRaceMs: config.ingress.closeRaceMs ?? 20,
      seed: config.seed,
    },
    truth.ingressTold,
  )
  teardown.add('ingress', ingress.close)
  const alb = config.path === 'alb' ? await startLabAlb(config, addresses, cache, truth.albTold) : null
  if (alb !== null) teardown.add('load balancer', alb.close)
  const control = await startControlServer(addresses.control, port)
  teardown.add('control target', control.close)

  const table = (
    name: string,
    path: LabPathConfig,
    onChange?: (endpoints: readonly Endpoint[]) => void,
  ): EndpointTable => {
    const made = createEndpointTable({
      name,
      clock,
      random: random.fork(`path-${name}`),
      propagationMs: path.propagationMs,
      jitterMs: path.jitterMs,
      ...(onChange !== undefined && { onChange }),
    })
    teardown.add(`table of ${name}`, made.close)
    return made
  }
  const nodeTables = NODES.map((node, index) =>
    table(
      node,
      {
        propagationMs: config.service.propagationMs + (index === 0 ? config.laggingNodeMs : 0),
        jitterMs: config.service.jitterMs,
      },
      (endpoints) => alb?.nodeEndpoints(node, endpoints),
    ),
  )
  const ingressTable = table('ingress', config.ingress, (endpoints) =>
    ingress.send({
      type: 'endpoints',
      endpoints: endpoints.filter(({ ready }) => ready).map(({ address, pod }) => ({ address, pod })),
    }),
  )
  const tables = [...nodeTables, ingressTable]
  const graveyard = createGraveyard({
    clock,
    parking,
    tables: alb === null ? tables : [...tables, alb.table],
    onError: (error) => log.warn({ error: messageOf(error) }, 'an address could not be parked'),
  })
  teardown.add('graveyard', graveyard.close)

  const nodes = NODES.map((name, index) => ({ name, address: addresses.node(index) }))
  const controlPlane = startControlPlane({
    store,
    clock,
    nodes,
    options: {
      namespaces: [config.namespace],
      random: random.fork('control-plane'),
      autoscalerPeriodMs: config.autoscalerPeriodMs,
    },
  })
  teardown.add('control plane', controlPlane.stop)
  const albController =
    alb === null ? null : startAlbController(alb, config, { store, clock, random: random.fork('alb') })
  if (albController !== null) teardown.add('load balancer controller', albController.stop)
  const kubelet = startKubelet({
    store,
    clock,
    events: createEventRecorder(store, clock),
    config: config.node,
    nodes,
    nextPodAddress: addresses.nextPod,
    startProcess: startContainerProcess,
    guard: parking,
    folder,
    defaultPort: port,
    keepTables: config.truthFile !== null,
    env: {
      ...cache,
      SEED: String(config.seed),
      ROLLPROOF_LAB_PROXIES: [addresses.ingress, ...albHosts(config, addresses)].join(),
      ...(config.truthFile !== null && { ROLLPROOF_LAB_TRUTH: config.truthFile }),
    },
    observe: (event: PodLifeEvent) => {
      if (stopping) return
      truth.podEvent(event)
      if (event.type === 'sandbox-gone') graveyard.bury(event.pod.address)
    },
  })
  teardown.add('nodes', kubelet.stop)
  const unwatch = watchEndpoints({
    store,
    namespace: config.namespace,
    service: config.serviceName,
    onChange: (endpoints) => {
      const ready = endpoints.filter((endpoint) => endpoint.ready).map(({ address }) => address)
      truth.readyAddresses(new Set(ready), monotonicUs())
      for (const each of tables) each.follow(endpoints)
    },
  })
  teardown.add('endpoint watch', unwatch)

  const resolve = nameResolver(config, addresses, nodeTables, random.fork('dns'), truth.directed)
  const dns = await startDnsServer(addresses.dns, resolve)
  teardown.add('DNS', dns.close)
  const api = await startApiServer(store, {
    clock,
    random: random.fork('api-server'),
    secret: randomBytes(16).toString('hex'),
    readLog: (pod, { tailLines }) => readPodLog(folder, pod.name, tailLines),
  })
  teardown.add('API server', api.close)
  const kubeconfig = config.kubeconfigFile ?? join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, kubeconfigFor(api.url, config.namespace), { mode: 0o600 })
  if (config.kubeconfigFile !== null) teardown.add('kubeconfig', () => rmSync(kubeconfig, { force: true }))

  for (const { resource, object } of manifests(config)) store.create(resource, object)
  const balancerServes = (): boolean =>
    alb === null || alb.healthy() >= (targetsNodes(store, config.namespace) ? NODES.length : config.replicas)
  const serving = (): Promise<void> =>
    untilServing(store, clock, config, tables, balancerServes, SERVING_TIMEOUT_MS, signal)
  await serving()
  if (config.app.crashAfterMs != null) {
    // The first pods crash once too; that is not part of any rollout.
    await clock.sleepMs(config.app.crashAfterMs + 1000, signal)
    await serving()
  }
  albController?.settled()
  return {
    info: labInfo(config, addresses, { apiUrl: api.url, kubeconfig, resolver: dns.address }),
    store,
    stop: () => {
      stopping = true
      return teardown.run()
    },
  }
}

/** What the lab's DNS answers, and tells the truth of. */
const nameResolver = (
  config: LabConfig,
  addresses: Addresses,
  tables: readonly EndpointTable[],
  random: Random,
  directed: (address: string | null, sentTo: string, atUs: number) => void,
): ResolveName => {
  const names = createNames(config.serviceName, config.namespace, NODES)
  // A load balancer's name has the addresses of all its nodes; clients take them in turn.
  const albNodes = config.path === 'alb' ? albHosts(config, addresses) : []
  let albTurn = 0
  return (name) => {
    const target = names(name)
    if (target === null) return null
    if (target.kind === 'ingress') return () => addresses.ingress
    if (target.kind === 'control') return () => addresses.control
    if (target.kind === 'alb') return () => albNodes[albTurn++ % albNodes.length] ?? addresses.nobody
    const table = tables.find((each) => each.name === target.node)
    return () => {
      const address = table === undefined ? null : (pickEndpoint(table.endpoints, random)?.address ?? null)
      directed(address, address ?? addresses.nobody, monotonicUs())
      return address ?? addresses.nobody
    }
  }
}

const labInfo = (
  config: LabConfig,
  addresses: Addresses,
  made: Pick<LabInfo, 'apiUrl' | 'kubeconfig' | 'resolver'>,
): LabInfo => {
  const { port, namespace, serviceName } = config
  const serviceUrl = `http://${serviceName}.${namespace}:${port}/`
  const ingressUrl = `http://${addresses.ingress}:${port}/`
  const albUrl = `http://alb.lab:${port}/`
  const ofPath = {
    service: { target: serviceUrl, control: `http://control.${namespace}:${port}/` },
    ingress: { target: ingressUrl, control: `http://control.ingress.lab:${port}/` },
    alb: { target: albUrl, control: `http://control.alb.lab:${port}/` },
  }[config.path]
  return {
    ...made,
    serviceUrl,
    serviceUrls: Object.fromEntries(
      NODES.map((node) => [node, `http://${serviceName}.${namespace}.${node}:${port}/`]),
    ),
    ingressUrl,
    alb:
      config.path === 'alb'
        ? {
            url: albUrl,
            targetHealthUrl: `http://${addresses.albApi}:${port}/?Action=DescribeTargetHealth`,
            timeScale: config.alb.timeScale,
          }
        : null,
    targetUrl: ofPath.target,
    controlUrl: ofPath.control,
    podHeader: 'X-Pod',
    namespace,
    deployment: config.deployment,
    truthFile: config.truthFile,
  }
}
