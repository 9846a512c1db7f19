import { type PodPlan, StoryBuilder } from './story-builder.ts'

/** When the rollout begins, and when the old pods' terminations do, ms. */
const START = 10_000
const A = 12_100
const B = 14_300
const END = 60_000

const GATE = 'target-health.elbv2.k8s.aws/k8s-shop-web-0123456789'

/** An answer of the load balancer's own. */
const alb = { layer: 'load-balancer', address: '10.250.0.11' } as const

interface Scene {
  readonly plan?: PodPlan
  /** From the termination of an old pod to its exit, ms. */
  readonly exitMs?: number
  /** Until when the new pods have not answered, ms. */
  readonly quietUntil?: number
  /** Between two answers before the first termination, ms. */
  readonly every?: number
  /** What the load balancer says its targets are. */
  readonly targets?: 'pods' | 'nodes' | 'not told'
}

/** Instance ids of the nodes. */
const NODES = ['i-0a1b2c3d4e5f60718', 'i-0f1e2d3c4b5a69788']

/** Two old pods replaced one by one, behind a load balancer that mixes pods on a connection. */
const behindAlb = (title: string, scene: Scene = {}): StoryBuilder => {
  const { plan = {}, exitMs = 300, quietUntil = B, every = 250, targets = 'pods' } = scene
  const s = new StoryBuilder(title, { endMs: END })
  s.pod('old-a', 0, plan).pod('old-b', 0, plan)
  const told = { pods: [s.ip('old-a'), s.ip('old-b')], nodes: NODES, 'not told': [] }[targets]
  for (const target of told) s.fact(6, { type: 'target.state', target, pod: null, state: 'healthy' })
  s.pod('new-a', A - 100, plan).pod('new-b', B - 100, plan)
  const end = { code: 0, reason: 'Completed' }
  s.ends('old-a', { at: A, exit: A + exitMs, ...end }).ends('old-b', { at: B, exit: B + exitMs, ...end })
  s.rollout(START, ['old-a', 'old-b'], B + 500, B + exitMs + 720)
  s.traffic(200, A - 50, every, ['old-a', 'old-b'], { mixed: true })
  s.traffic(quietUntil + 50, END - 500, 250, ['new-a', 'new-b'], { mixed: true })
  return s.controls()
}

/** A quick 502 at the exit of a pod without a preStop hook, with nothing to tell what became of the connection. */
const AT_THE_EXIT = { cause: 'ambiguous', candidates: ['A1', 'A6', 'A16'] } as const

/** What the load balancer makes of a rolling update: decision table rows "ALB" of the design. */
export const ALB_STORIES: Readonly<Record<string, () => StoryBuilder>> = {
  'a1-alb-502-then-504': () =>
    behindAlb(
      'An ALB that still sends gives 502 while the sandbox is there and 504 afterwards: A1 by way of B4. At the exit a 502 may be a cut request too',
    )
      .fail('status', { at: A + 320, took: 2, status: 502, ...alb }, AT_THE_EXIT)
      .fail('status', { at: A + 800, took: 2, status: 502, ...alb }, { cause: 'A1', mechanism: 'B4' })
      .fail('status', { at: B + 1400, took: 10_002, status: 504, ...alb }, { cause: 'A1', mechanism: 'B4' }),
  'a1-alb-504-half-a-minute-later': () =>
    behindAlb(
      'A 504 half a minute after the pod was gone is no gateway that lags (B3) but the way of an ALB',
    ).fail('status', { at: B + 30_000, took: 10_004, status: 504, ...alb }, { cause: 'A1', mechanism: 'B4' }),
  'a2-alb-prestop-shorter-than-the-propagation': () =>
    behindAlb('With a preStop hook that is over before the ALB has learned, it is A2', {
      plan: { preStop: 5 },
      exitMs: 5200,
    })
      .fail('status', { at: A + 5300, took: 2, status: 502, ...alb }, { cause: 'A2', mechanism: 'B4' })
      .fail('status', { at: B + 8000, took: 10_002, status: 504, ...alb }, { cause: 'A2', mechanism: 'B4' }),
  'a16-alb-502-of-a-request-in-flight': () =>
    behindAlb('A 502 at the exit for a request that was being worked on is A16 behind an ALB too', {
      exitMs: 5200,
      plan: { preStop: 5 },
    }).fail('status', { at: A + 4960, took: 245, status: 502, ...alb }, { cause: 'A16' }),
  'a1-alb-502-after-a-silence': () =>
    behindAlb(
      'A pod that answered every 40 ms and has been silent for 0.3 s holds no connection in use: a 502 then is a refusal, A1',
      { every: 20 },
    )
      .fail('status', { at: A + 150, took: 2, status: 502, ...alb }, AT_THE_EXIT)
      .fail('status', { at: A + 320, took: 2, status: 502, ...alb }, { cause: 'A1', mechanism: 'B4' }),
  'not-a16-while-machines-are-busy': () =>
    behindAlb('While other answers take as much longer, the age of a 502 says nothing: A16 is not named')
      .ok(A + 100, 'old-b', { took: 260 })
      .fail('status', { at: A + 110, took: 245, status: 502, ...alb }, AT_THE_EXIT),
  'a1-alb-instance-502-then-504': () =>
    behindAlb(
      'Behind node ports it is kube-proxy that still leads to the pod, not a load balancer that learns late: A1 without B4',
      { targets: 'nodes' },
    )
      .fail('status', { at: A + 320, took: 2, status: 502, ...alb }, AT_THE_EXIT)
      .fail('status', { at: A + 800, took: 2, status: 502, ...alb }, { cause: 'A1', mechanism: null })
      .fail('status', { at: A + 1500, took: 10_002, status: 504, ...alb }, { cause: 'A1', mechanism: 'B9' }),
  'b1-alb-instance-504-long-after-the-news': () =>
    behindAlb('Behind node ports a 504 ten seconds after the slice changed is a kube-proxy that lags: B1', {
      targets: 'nodes',
    }).fail(
      'status',
      { at: B + 10_000, took: 10_002, status: 504, ...alb },
      { cause: 'B1', mechanism: 'B9' },
    ),
  'ambiguous-alb-instance-after-the-hook': () =>
    behindAlb(
      'Behind node ports, with a hook that outlasts the news, a quick 502 at the exit is no A2 any more',
      {
        targets: 'nodes',
        plan: { preStop: 5 },
        exitMs: 5200,
      },
    )
      .traffic(A, A + 5160, 250, ['old-a'], { mixed: true })
      .fail(
        'status',
        { at: A + 5190, took: 3, status: 502, ...alb },
        { cause: 'ambiguous', candidates: ['B1', 'A6', 'A16'] },
      )
      .fail('status', { at: A + 4960, took: 245, status: 502, ...alb }, { cause: 'A16' }),
  'a1-alb-of-unknown-targets': () =>
    behindAlb(
      'Where nothing tells what the targets are, B4 is named only once kube-proxy cannot be so late',
      {
        targets: 'not told',
      },
    )
      .fail('status', { at: A + 800, took: 2, status: 502, ...alb }, { cause: 'A1', mechanism: null })
      .fail('status', { at: B + 9000, took: 10_002, status: 504, ...alb }, { cause: 'A1', mechanism: 'B4' }),
  'not-d6-behind-node-ports': () =>
    behindAlb('Nodes are not deregistered by a rollout: no D6 behind node ports', {
      targets: 'nodes',
      plan: { preStop: 30, grace: 60 },
      exitMs: 30_200,
    }).fail('status', { at: A - 200, took: 10_200, status: 502, ...alb }, { cause: 'unexplained' }),
  'c4-alb-503-without-a-gate': () =>
    behindAlb('A 503 of the ALB while new pods without its gate are Ready is C4', {
      plan: { preStop: 20 },
      exitMs: 20_200,
      quietUntil: B + 4000,
    })
      .fail('status', { at: B + 1000, took: 1, status: 503, ...alb }, { cause: 'C4' })
      .fail('status', { at: B + 3000, took: 1, status: 503, ...alb }, { cause: 'C4' }),
  'c3-alb-503-in-spite-of-the-gate': () =>
    behindAlb('The same with the gate on the new pods is C3', {
      plan: { preStop: 20, gates: [GATE] },
      exitMs: 20_200,
      quietUntil: B + 4000,
    }).fail('status', { at: B + 1000, took: 1, status: 503, ...alb }, { cause: 'C3' }),
  'c4-alb-502-to-an-unchecked-target': () =>
    behindAlb(
      'A 502 while the only targets are new ones that nobody has checked is C4, not a shallow probe',
      {
        plan: { preStop: 20 },
        exitMs: 20_200,
        quietUntil: B + 4000,
      },
    ).fail('status', { at: B + 1500, took: 1, status: 502, ...alb }, { cause: 'C4' }),
  'd6-alb-delay-over-in-flight': () =>
    behindAlb('A 502 for a long request to a pod that still runs: the deregistration delay was over, D6', {
      plan: { preStop: 30, grace: 60 },
      exitMs: 30_200,
    })
      .fail('status', { at: A - 1000, took: 11_000, status: 502, ...alb }, { cause: 'D6' })
      .fail('status', { at: A - 200, took: 10_200, status: 502, ...alb }, { cause: 'D6' }),
  'd6-alb-target-unused-while-another-pod-exits': () =>
    behindAlb('That its target became unused at that moment tells D6 from the exit of another pod', {
      plan: { preStop: 5, grace: 60 },
      exitMs: 5200,
    })
      .fact(B + 40, { type: 'target.state', target: '10.244.1.2', pod: null, state: 'draining' })
      .fact(A + 5900, { type: 'target.state', target: '10.244.1.2', pod: null, state: 'unused' })
      .fail('status', { at: A + 3000, took: 2200, status: 502, ...alb }, { cause: 'D6', pod: 'old-b' }),
  'c5-alb-503-no-pod-ready': () => {
    const s = new StoryBuilder('A 503 of the ALB while no pod is ready is C5: nothing could be registered', {
      endMs: END,
    })
    s.pod('old-a').pod('old-b').pod('new-a', 15_000).pod('new-b', 15_100)
    for (const name of ['old-a', 'old-b']) s.ends(name, { at: 10_100, exit: 10_300, gone: 11_000 })
    s.rollout(START, ['old-a', 'old-b'], 15_500, 15_600)
    s.traffic(200, 10_000, 250, ['old-a', 'old-b'], { mixed: true })
    s.traffic(20_000, END - 500, 250, ['new-a', 'new-b'], { mixed: true }).controls()
    return s
      .fail('status', { at: 13_500, status: 503, took: 1, ...alb }, { cause: 'C5' })
      .fail('status', { at: 17_500, status: 503, took: 1, ...alb }, { cause: 'C4' })
  },
}
