import { runMs } from '../../src/kernel/units.ts'
import { type Ending, type PodPlan, StoryBuilder } from './story-builder.ts'
import { ALB_STORIES } from './story-plans-alb.ts'

/** When old-a's and old-b's terminations begin in every story, ms; new-a and new-b are Ready 100 ms before. */
const A = 12_100
const B = 14_300
const END = 24_500

interface Scene {
  readonly old?: PodPlan
  readonly fresh?: PodPlan
  readonly ending?: (at: number, name: string) => Partial<Ending>
  readonly mixed?: boolean
  readonly direct?: boolean
  readonly anonymous?: boolean
  readonly every?: number
  readonly until?: number
  readonly writes?: boolean
  readonly took?: number
  readonly freshOnly?: boolean
  readonly scenario?: ConstructorParameters<typeof StoryBuilder>[1]
}

/** Two old pods replaced one by one by two new ones under steady traffic. */
const rolling = (title: string, scene: Scene = {}): StoryBuilder => {
  const { old = {}, fresh = old, ending = () => ({}), every = 250, until = END } = scene
  const s = new StoryBuilder(title, { endMs: until, ...scene.scenario })
  s.pod('old-a', 0, old).pod('old-b', 0, old)
  s.pod('new-a', A - 100, fresh).pod('new-b', B - 100, fresh)
  const a = { at: A, ...ending(A, 'old-a') }
  const b = { at: B, ...ending(B, 'old-b') }
  s.ends('old-a', a).ends('old-b', b)
  const goneOf = ({ at, exit, gone }: Ending): number => gone ?? (exit ?? at + 300) + 700
  s.rollout(10_000, ['old-a', 'old-b'], B + 500, Math.max(goneOf(a), goneOf(b)) + 20)
  const more = {
    mixed: scene.mixed ?? false,
    direct: scene.direct ?? false,
    anonymous: scene.anonymous ?? false,
    fresh: scene.freshOnly ?? false,
    took: scene.took ?? 20,
  }
  s.traffic(200, A - 50, every, ['old-a', 'old-b'], more)
  s.traffic(A - 20, B - 50, every, ['new-a', 'old-b'], more)
  s.traffic(B - 20, until - 500, every, ['new-a', 'new-b'], more)
  if (scene.writes === true) s.traffic(250, until - 500, 600, ['new-a'], { ...more, template: 'order' })
  return s.controls()
}

/** The pod listens on, and ends in order, long after the news has spread. */
const WELL: Scene = {
  old: { preStop: 5 },
  ending: (at) => ({ exit: at + 5300, code: 0, reason: 'Completed' }),
}

/** Behind a proxy. */
const proxied = { layer: 'proxy', address: '10.250.0.11' } as const

const STORY_LIST: Readonly<Record<string, () => StoryBuilder>> = {
  // ---- old pod goes away
  'a1-refused-while-still-routed': () =>
    rolling('A refusal after SIGTERM while the pod is still routed, without a preStop hook, is A1', {
      ending: (at) => ({ exit: at + 2500, code: 0 }),
    })
      .fail('connect-refused', { at: A + 400, twin: 'ok' }, { cause: 'A1', pod: 'old-a', mechanism: null })
      .fail('connect-refused', { at: B + 400 }, { cause: 'A1' }),
  'a1-void-after-the-pod-is-gone': () =>
    rolling('A connect that times out, begun after the sandbox went, is A1 by way of B9')
      .fail('connect-timeout', { at: A + 1300, took: 3000, twin: 'ok' }, { cause: 'A1', mechanism: 'B9' })
      .fail('connect-unreachable', { at: A + 1500, took: 3050 }, { cause: 'A1', mechanism: 'B9' }),
  'a1-address-names-the-pod': () =>
    rolling('Where connections go to pod addresses, the refused address names the pod', {
      direct: true,
      ending: (at) => ({ exit: at + 2000, code: 0 }),
    })
      .fail('connect-refused', { at: B + 300, address: '10.244.1.2' }, { cause: 'A1', pod: 'old-b' })
      .fail(
        'connect-timeout',
        { at: B + 2400, took: 3000, address: '10.244.1.2' },
        { cause: 'A1', pod: 'old-b', mechanism: 'B9' },
      ),
  'a1-reset-in-the-listen-queue': () =>
    rolling('A new connection that is reset when the listener closes, long before the exit, is A1', {
      ending: (at) => ({ exit: at + 4000, code: 0 }),
    }).fail('reset', { at: A + 30, took: 3 }, { cause: 'A1' }),
  'a1-ingress-refused-after-the-exit': () =>
    rolling('A fast 502 after the pod has exited cannot be a cut request: A1', {
      mixed: true,
      ending: (at) => ({ exit: at + 50, gone: at + 3000 }),
    })
      .fail('status', { at: A + 1300, took: 2, status: 502, ...proxied }, { cause: 'A1', mechanism: null })
      // The next pod may have begun to end by then, as far as its stamp of a full second says.
      .fail(
        'status',
        { at: A + 1900, took: 2, status: 502, ...proxied },
        { cause: 'ambiguous', candidates: ['A1', 'A6', 'A16'] },
      ),
  'a1-ingress-504-into-the-void': () =>
    rolling('A 504 begun after the pod is gone is A1 by way of B9', { mixed: true })
      .fail('status', { at: A + 1400, took: 5001, status: 504, ...proxied }, { cause: 'A1', mechanism: 'B9' })
      .fail(
        'timeout',
        { at: A + 1500, took: 3000, address: '10.250.0.11', reused: 4 },
        { cause: 'A1', mechanism: 'B9' },
      ),
  'a2-prestop-shorter-than-the-news': () =>
    rolling('A refusal once the preStop hook is over is A2, not A1', {
      old: { preStop: 2 },
      ending: (at) => ({ exit: at + 2900, code: 0 }),
    })
      .fail('connect-refused', { at: A + 2400 }, { cause: 'A2' })
      .fail('connect-timeout', { at: A + 2960, took: 3000 }, { cause: 'A2', mechanism: 'B9' }),
  'a3-sigterm-ignored': () =>
    rolling('A pod that takes new work until it is killed has not heard SIGTERM: A3', {
      old: { grace: 6 },
      ending: (at) => ({ exit: at + 6000, code: 137 }),
    })
      .ok(A + 3000, 'old-a', { reused: 9, connection: 100 })
      .ok(A + 5200, 'old-a', { reused: 10, connection: 100 })
      .fail('closed', { at: A + 5950, took: 55, pod: 'old-a', reused: 11 }, { cause: 'A3', pod: 'old-a' })
      .fail('reset', { at: A + 5900, took: 104, pod: 'old-a', reused: 4 }, { cause: 'A3', pod: 'old-a' }),
  'a4-grace-too-short-for-the-longest-request': () =>
    rolling('A long request that is cut at the end of the grace, by a pod that took no new work, is A4', {
      old: { grace: 6, preStop: 1 },
      ending: (at) => ({ exit: at + 6000, code: 137 }),
    }).fail('closed', { at: A - 700, took: 6705, pod: 'old-a', reused: 2 }, { cause: 'A4', pod: 'old-a' }),
  'a4-the-hook-fills-the-grace': () =>
    rolling('A preStop hook as long as the grace leaves no time to drain: A4', {
      old: { grace: 4, preStop: 10 },
      ending: (at) => ({ exit: at + 6000, code: 137 }),
    })
      .ok(A + 3500, 'old-a', { reused: 9, connection: 100 })
      .fail('closed', { at: A + 3500, took: 2502, pod: 'old-a', reused: 2 }, { cause: 'A4', pod: 'old-a' }),
  'a5-hook-fails': () => {
    const s = rolling(
      'As A1, but a FailedPreStopHook event says that the hook that is configured failed: A5',
      {
        old: { preStop: 5 },
        ending: (at) => ({ exit: at + 2000, code: 0 }),
      },
    )
    for (const name of ['old-a', 'old-b'])
      s.fact((name === 'old-a' ? A : B) + 80, {
        type: 'event.seen',
        reason: 'FailedPreStopHook',
        message: 'PreStopHook failed',
        regarding: { kind: 'Pod', name, uid: `uid-${name}` },
        count: 1,
        cluster: null,
      })
    return s.fail('connect-refused', { at: A + 600 }, { cause: 'A5', pod: 'old-a' })
  },
  'a6-idle-connection-closed-under-a-request': () =>
    rolling(
      'A used connection that closes under a request no older than a round trip, while the pod drains, is A6',
      WELL,
    )
      .fail('closed', { at: A + 5200, took: 1.2, pod: 'old-a', reused: 6 }, { cause: 'A6', pod: 'old-a' })
      .fail('reset', { at: B + 5250, took: 1.1, pod: 'old-b', reused: 3 }, { cause: 'A6', pod: 'old-b' }),
  'a7-pinned-connections-die-together': () => {
    const s = rolling('Many used connections that fail at the instant of the exit are A7', WELL)
    for (let i = 0; i < 5; i++)
      s.fail(
        'closed',
        { at: A + 5300 + i * 0.1, took: 1.2, pod: 'old-a', reused: 6 },
        { cause: 'A7', pod: 'old-a' },
      )
    return s
  },
  'a7-the-pod-stops-answering-before-it-exits': () => {
    const s = rolling(
      'Requests that waited longer than any answer takes, on connections that die together, are A7',
      {
        old: { preStop: 5 },
        ending: (at) => ({ exit: at + 6200, code: 143 }),
      },
    )
    for (let i = 0; i < 5; i++)
      s.fail(
        'reset',
        { at: A + 5300 + i * 180, took: 900 - i * 180, pod: 'old-a', reused: 6 },
        { cause: 'A7', pod: 'old-a' },
      )
    return s
  },
  'a7-silence-from-a-pod-that-is-gone': () =>
    rolling(
      'A request on a used connection to a pod that is gone, without any answer, is A7 by way of B9',
    ).fail(
      'timeout',
      { at: A + 1500, took: 10_000, pod: 'old-a', reused: 6 },
      { cause: 'A7', mechanism: 'B9', pod: 'old-a' },
    ),
  'a9-answer-cut-by-the-exit': () =>
    rolling('An answer that is cut in its body when the pod exits is A9, with A16 behind it').fail(
      'truncated',
      { at: A + 250, took: 60, pod: 'old-a', reused: 2 },
      { cause: 'A9', mechanism: 'A16', pod: 'old-a' },
    ),
  'a9-answer-cut-by-the-kill': () =>
    rolling('An answer that is cut when its pod is killed at the end of its grace is A9, with A4 behind it', {
      old: { grace: 6, preStop: 1 },
      ending: (at) => ({ exit: at + 6000, code: 137 }),
    }).fail(
      'truncated',
      { at: A - 500, took: 6520, pod: 'old-a', reused: 2 },
      { cause: 'A9', mechanism: 'A4', pod: 'old-a' },
    ),
  'a10-503-while-draining': () =>
    rolling('A 503 that the ending app itself answers is A10', {
      ending: (at) => ({ exit: at + 3000, code: 0 }),
    }).fail(
      'status',
      { at: A + 900, took: 3, status: 503, layer: 'app', pod: 'old-a', reused: 3 },
      { cause: 'A10', pod: 'old-a' },
    ),
  'a16-exits-with-requests-in-flight': () =>
    rolling('A request older than a round trip that is cut by an exit before the grace is over is A16')
      .fail('closed', { at: A + 285, took: 17, pod: 'old-a', reused: 7 }, { cause: 'A16', pod: 'old-a' })
      .fail('closed', { at: A + 290, took: 12, pod: 'old-a', reused: 2 }, { cause: 'A16', pod: 'old-a' })
      .fail('reset', { at: A + 292, took: 12, pod: 'old-a', reused: 2 }, { cause: 'A6', pod: 'old-a' })
      .fail('closed', { at: B + 288, took: 14 }, { cause: 'A16' }),
  'a16-ingress-502-of-a-request-in-flight': () =>
    rolling(
      'A 502 that comes when a request was already being worked on is A16: a refusal would have been at once',
      {
        mixed: true,
      },
    ).fail('status', { at: A + 243, took: 60, status: 502, ...proxied }, { cause: 'A16' }),

  // ---- the news spreads too slowly
  'b1-a-node-that-lags': () =>
    rolling('Attempts at the address of a gone pod, long after its slice entry went, are B1', {
      direct: true,
      old: { preStop: 2 },
      ending: (at) => ({ exit: at + 2100, code: 0 }),
    })
      .fail(
        'connect-timeout',
        { at: A + 4500, took: 3000, address: '10.244.1.1' },
        { cause: 'B1', mechanism: 'B9', pod: 'old-a' },
      )
      .fail(
        'connect-timeout',
        { at: A + 6000, took: 3000, address: '10.244.1.1' },
        { cause: 'B1', mechanism: 'B9' },
      ),
  'b3-a-gateway-that-lags': () =>
    rolling('502 and 504 from a proxy that still knows the pod long after its slice entry went are B3', {
      mixed: true,
      ending: (at) => ({ exit: at + 300, gone: at + 7000 }),
    })
      .fail('status', { at: B + 4500, took: 5000, status: 504, ...proxied }, { cause: 'B3', mechanism: 'B9' })
      .fail('status', { at: B + 5200, took: 2, status: 502, ...proxied }, { cause: 'B3', mechanism: null }),
  'b8-stale-conntrack-entry': () =>
    rolling(
      'A connect that times out on a port that was used with a gone pod, while another port works, is B8',
    )
      .ok(A - 400, 'old-a', { port: 33_333 })
      .fail('connect-timeout', { at: B + 5500, took: 3000, port: 33_333, twin: 'ok' }, { cause: 'B8' }),

  // ---- new pod comes up
  'c1-ready-before-it-listens': () => {
    const s = new StoryBuilder(
      'A refusal while only a new pod without a readiness probe is in its start-up is C1',
      { endMs: END },
    )
    s.pod('old-a', 0, { probe: false, preStop: 5 })
      .pod('old-b', 0, { probe: false, preStop: 5 })
      .pod('new-a', 12_500, { probe: false, preStop: 5 })
    s.ends('old-a', { at: 14_500, exit: 19_700, code: 0 }).rollout(10_000, ['old-a'], 15_000, 20_500)
    s.traffic(200, 14_400, 250, ['old-a', 'old-b'])
      .traffic(14_450, END - 500, 250, ['old-b', 'new-a'])
      .controls()
    return s
      .fail('connect-refused', { at: 12_800 }, { cause: 'C1', pod: 'new-a' })
      .fail('connect-refused', { at: 13_400 }, { cause: 'C1', pod: 'new-a' })
  },
  'c1-address-names-the-new-pod': () =>
    rolling(
      'A refusal by the address of a new pod that has not answered yet is C1, although an old pod was ending',
      {
        direct: true,
        fresh: { probe: false },
        ending: (at) => ({ exit: at + 2000, code: 0 }),
      },
    ).fail('connect-refused', { at: A - 60, address: '10.244.1.3', took: 1 }, { cause: 'C1', pod: 'new-a' }),
  'c1-shallow-probe': () =>
    rolling('A 503 from a new pod in its first seconds as Ready is C1: its probe is too shallow', WELL).fail(
      'status',
      { at: B + 400, took: 3, status: 503, layer: 'app', pod: 'new-b' },
      { cause: 'C1', pod: 'new-b' },
    ),
  'c2-cold-pod': () => {
    const s = rolling('A time-out on a new pod whose first answers were far slower than the others is C2', {
      ...WELL,
      until: 40_000,
    })
    for (let i = 0; i < 60; i++)
      s.ok(A + 100 + i * 150, 'new-a', { took: 900, reused: 5, connection: 300 + i })
    return s.fail(
      'timeout',
      { at: A + 2000, took: 10_000, pod: 'new-a', reused: 3 },
      { cause: 'C2', pod: 'new-a' },
    )
  },
  'c5-no-endpoint-left': () => {
    const s = new StoryBuilder('A refusal while no endpoint is ready or serving is C5', { endMs: END })
    s.pod('old-a').pod('old-b').pod('new-a', 15_000).pod('new-b', 15_100)
    for (const name of ['old-a', 'old-b']) s.ends(name, { at: 10_100, exit: 10_300, gone: 11_000 })
    s.rollout(10_000, ['old-a', 'old-b'], 15_500, 15_600)
    s.traffic(200, 10_000, 250, ['old-a', 'old-b'])
      .traffic(15_300, END - 500, 250, ['new-a', 'new-b'])
      .controls()
    return s
      .fail('connect-refused', { at: 12_500 }, { cause: 'C5' })
      .fail('connect-refused', { at: 13_900 }, { cause: 'C5' })
  },
  'c5-ingress-503': () => {
    const s = new StoryBuilder('A 503 from the proxy while no endpoint is ready is C5', { endMs: END })
    s.pod('old-a').pod('old-b').pod('new-a', 15_000).pod('new-b', 15_100)
    for (const name of ['old-a', 'old-b']) s.ends(name, { at: 10_100, exit: 10_300, gone: 11_000 })
    s.rollout(10_000, ['old-a', 'old-b'], 15_500, 15_600)
    s.traffic(200, 10_000, 250, ['old-a', 'old-b'], { mixed: true })
    s.traffic(15_300, END - 500, 250, ['new-a', 'new-b'], { mixed: true }).controls()
    return s.fail('status', { at: 12_500, status: 503, took: 1, ...proxied }, { cause: 'C5' })
  },
  'c8-new-pod-crashes': () =>
    rolling('A refusal by a new pod whose container had ended by itself is C8, not C1', {
      direct: true,
      ...WELL,
    })
      .fact(B + 1700, {
        type: 'pod.container-restarted',
        pod: { namespace: 'shop', name: 'new-a', uid: 'uid-new-a' },
        container: 'app',
        restartCount: 1,
        exitCode: 1,
        reason: 'Error',
        cluster: { earliestAtMs: 1_795_298_015_000 as never, latestAtMs: 1_795_298_016_000 as never },
      })
      .fail('connect-refused', { at: B + 1500, address: '10.244.1.3' }, { cause: 'C8', pod: 'new-a' }),

  // ---- edge
  'd1-idle-timeout-inversion': () => {
    const s = rolling(
      'Used connections that close after one constant idle time, already before the restart, are D1',
      WELL,
    )
    for (const at of [2000, 5000, 8000, 13_000, 16_500])
      s.fail(
        'closed',
        { at, took: 1.1, pod: at < 12_000 ? 'old-a' : 'new-a', reused: 4, idle: 5003 },
        { cause: 'D1' },
      )
    return s
  },
  'd2-proxy-reload': () => {
    const s = rolling(
      'Used client connections of several vUsers that close at one instant behind a proxy, after an endpoint change, are D2',
      {
        mixed: true,
        ...WELL,
      },
    )
    for (let i = 0; i < 3; i++)
      s.fail(
        'closed',
        { at: A + 400 + i, took: 3, reused: 4, vu: i, address: '10.250.0.11' },
        { cause: 'D2' },
      )
    return s
  },
  'd4-only-writes-fail': () => {
    const s = rolling(
      '502 for POST alone, where the proxy repeats all else, is D4 with the cut request behind it',
      {
        mixed: true,
        writes: true,
      },
    )
    for (const at of [A + 240, A + 243, B + 244])
      s.fail(
        'status',
        { at, took: 60, status: 502, template: 'order', ...proxied },
        { cause: 'D4', mechanism: 'A16' },
      )
    return s
  },
  'e6-liveness-restart': () =>
    rolling('A refusal by a container that its liveness probe had restarted is E6', { direct: true, ...WELL })
      .fact(B + 1400, {
        type: 'event.seen',
        reason: 'Unhealthy',
        message: 'Liveness probe failed: context deadline exceeded',
        regarding: { kind: 'Pod', name: 'new-a', uid: 'uid-new-a' },
        count: 3,
        cluster: null,
      })
      .fact(B + 1700, {
        type: 'pod.container-restarted',
        pod: { namespace: 'shop', name: 'new-a', uid: 'uid-new-a' },
        container: 'app',
        restartCount: 1,
        exitCode: 137,
        reason: 'Error',
        cluster: null,
      })
      .fail('connect-refused', { at: B + 1650, address: '10.244.1.3' }, { cause: 'E6', pod: 'new-a' }),

  // ---- the harness fooling itself
  'f1-out-of-ports': () =>
    rolling('An error of the sending machine is F1, even while a pod is ending').fail(
      'client',
      { at: A + 300, took: 0.2, code: 'EADDRNOTAVAIL', address: null },
      { cause: 'F1' },
    ),
  'f2-name-not-resolved': () =>
    rolling('A name that cannot be resolved is F2').fail(
      'dns',
      { at: A + 300, took: 40, code: 'EAI_AGAIN', address: null },
      { cause: 'F2' },
    ),
  'f3-own-stall': () =>
    rolling('A time-out that is judged in a stall of the thread that sent it is F3', WELL)
      .fact(13_400, {
        type: 'loop.stalled',
        thread: 'engine-0',
        startedAtMs: runMs(12_000),
        durationMs: 1400,
      })
      .fail('timeout', { at: A + 100, took: 1000, pod: 'new-a', reused: 3 }, { cause: 'F3' })
      .fail('closed', { at: A + 200, took: 1100, pod: 'old-a', reused: 3 }, { cause: 'F3' }),
  'f3-control-failed-too': () =>
    rolling('A failure while a control request fails as well is F3')
      .fact(A + 700, {
        type: 'control.failed',
        control: 'url',
        startedAtMs: runMs(A + 300),
        endedAtMs: runMs(A + 600),
        kind: 'connect-timeout',
      })
      .fail('connect-refused', { at: A + 500 }, { cause: 'F3' }),
  'f5-clocks-disagree': () => {
    const s = new StoryBuilder(
      'A termination that claims to have begun after we learned of it gives no order: F5',
      { endMs: END },
    )
    s.pod('old-a').pod('old-b')
    s.fact(12_150, {
      type: 'pod.terminating',
      pod: s.ref('old-a'),
      gracePeriodSeconds: 30,
      cluster: s.claim(19_000),
    })
    s.fact(12_400, {
      type: 'pod.container-exited',
      pod: s.ref('old-a'),
      container: 'app',
      exitCode: 0,
      reason: null,
      cluster: null,
    })
    s.fact(13_000, { type: 'pod.deleted', pod: s.ref('old-a'), cluster: null })
    s.rollout(10_000, ['old-a'], 12_500, 13_100)
      .traffic(200, END - 500, 250, ['old-b'])
      .controls()
    return s.fail('connect-refused', { at: 12_050 }, { cause: 'F5' })
  },
  'f7-sent-after-the-load-was-over': () =>
    rolling('A request that starts when the load is over says nothing of the target: F7', WELL).fail(
      'closed',
      { at: END + 5, took: 1 },
      { cause: 'F7' },
    ),
  'f8-port-forward': () => {
    const s = new StoryBuilder('All vUsers fail at once when the one pod behind a port-forward ends: F8', {
      endMs: END,
    })
    s.pod('old-a')
      .pod('old-b')
      .pod('new-a', A - 100)
      .ends('old-a', { at: A })
      .rollout(10_000, ['old-a'], 13_000, 13_200)
    for (let at = 200; at < A; at += 100)
      s.ok(at, 'old-a', { reused: 3, connection: 100, address: '127.0.0.1' })
    for (let vu = 0; vu < 20; vu++)
      s.fail('connect-refused', { at: A + 400 + vu * 10, address: '127.0.0.1', vu }, { cause: 'F8' })
    return s
  },
  'f9-failing-before-the-restart': () => {
    const s = rolling('Failures that came as often before the first restart are F9', {
      ...WELL,
      until: 40_000,
    })
    for (const at of [1500, 3500, 5500, 7500, 9500, 13_000, 20_000, 25_000, 33_000])
      s.fail(
        'status',
        { at, took: 8, status: 500, layer: 'app', pod: at < 12_000 ? 'old-b' : 'new-a', reused: 2 },
        { cause: 'F9' },
      )
    return s
  },
  'f10-deletion-timestamp-as-start': () => {
    const s = new StoryBuilder('A start of a termination that is off by the grace period is F10', {
      endMs: END,
    })
    s.pod('old-a').pod('old-b')
    s.fact(12_150, {
      type: 'pod.terminating',
      pod: s.ref('old-a'),
      gracePeriodSeconds: 30,
      cluster: s.claim(42_100),
    })
    s.fact(12_400, {
      type: 'pod.container-exited',
      pod: s.ref('old-a'),
      container: 'app',
      exitCode: 0,
      reason: null,
      cluster: null,
    })
    s.fact(13_000, { type: 'pod.deleted', pod: s.ref('old-a'), cluster: null })
    s.rollout(10_000, ['old-a'], 12_500, 13_100)
      .traffic(200, END - 500, 250, ['old-b'])
      .controls()
    return s.fail('connect-refused', { at: 12_050 }, { cause: 'F10' })
  },
  'f11-watch-gap': () =>
    rolling('A failure inside a gap of the watch is ambiguous, whatever else fits')
      .fact(A + 1200, {
        type: 'watch.gap',
        resource: 'pods',
        lostAtMs: runMs(A + 200),
        resumedAtMs: runMs(A + 1100),
        why: 'closed',
      })
      .fail('connect-refused', { at: A + 500 }, { cause: 'ambiguous', candidates: ['A1', 'F11'] }),

  // ---- what cannot be told apart
  'ambiguous-a1-or-c1': () =>
    rolling(
      'A refusal while an old pod ends and a new one without a probe has not answered yet is A1 or C1',
      {
        old: { probe: false },
        anonymous: true,
        freshOnly: true,
      },
    ).fail('connect-refused', { at: A + 250 }, { cause: 'ambiguous', candidates: ['A1', 'C1'], pod: null }),
  'ambiguous-a3-or-a4': () =>
    rolling('A pod that took new work for a while after SIGTERM, then was killed, is A3 or A4', {
      old: { grace: 10 },
      ending: (at) => ({ exit: at + 10_000, code: 137 }),
      until: 30_000,
    })
      .ok(A + 2600, 'old-a', { reused: 9, connection: 100 })
      .fail(
        'closed',
        { at: A - 300, took: 10_305, pod: 'old-a', reused: 2 },
        { cause: 'ambiguous', candidates: ['A3', 'A4'], pod: 'old-a' },
      ),
  'ambiguous-a6-or-a16': () =>
    rolling('A request of a few round trips that is cut by an orderly exit is A6 or A16', WELL).fail(
      'closed',
      { at: A + 5290, took: 7, pod: 'old-a', reused: 6 },
      { cause: 'ambiguous', candidates: ['A6', 'A16'], pod: 'old-a' },
    ),
  'ambiguous-ingress-502-without-a-log': () =>
    rolling("A fast 502 around the exit, without the proxy's log, is A1, A6 or A16", {
      mixed: true,
      ending: (at) => ({ exit: at + 300, code: 0 }),
    }).fail(
      'status',
      { at: A + 300, took: 1.2, status: 502, ...proxied },
      { cause: 'ambiguous', candidates: ['A1', 'A6', 'A16'] },
    ),
  'ambiguous-old-and-new-settings': () => {
    const s = new StoryBuilder('When pods with and without a hook end at once, a refusal is A1 or A2', {
      endMs: END,
    })
    s.pod('old-a', 0, {})
      .pod('old-b', 0, { preStop: 1 })
      .pod('new-a', A - 100, { preStop: 1 })
    s.ends('old-a', { at: A, exit: A + 4000, code: 0 }).ends('old-b', { at: A, exit: A + 4000, code: 0 })
    s.rollout(10_000, ['old-a', 'old-b'], A + 500, A + 4800)
    s.traffic(200, A - 100, 250, ['old-a', 'old-b'])
      .traffic(A - 20, END - 500, 250, ['new-a'])
      .controls()
    return s.fail(
      'connect-refused',
      { at: A + 2500 },
      { cause: 'ambiguous', candidates: ['A1', 'A2'], pod: null },
    )
  },

  // ---- near misses: what must not be named
  'not-a2-while-the-hook-still-holds': () =>
    rolling('A refusal while the preStop hook still holds SIGTERM back is neither A1 nor A2', WELL).fail(
      'connect-refused',
      { at: A + 1500 },
      { cause: 'unexplained', pod: null },
    ),
  'not-a3-when-killed-for-memory': () =>
    rolling('A pod that was killed for its memory is neither A3 nor A4', {
      old: { grace: 6 },
      ending: (at) => ({ exit: at + 6000, code: 137, reason: 'OOMKilled' }),
    }).fail('closed', { at: A + 5900, took: 102, pod: 'old-a', reused: 3 }, { cause: 'unexplained' }),
  'not-a6-on-a-pod-that-stays': () =>
    rolling('A used connection to a pod that is not ending closed for another reason', WELL).fail(
      'closed',
      { at: A + 5200, took: 1.2, pod: 'new-a', reused: 6 },
      { cause: 'unexplained' },
    ),
  'not-c1-when-it-had-answered': () =>
    rolling('A new pod that has answered is listening: a refusal after that is not C1', {
      ...WELL,
      fresh: { probe: false, preStop: 5 },
    }).fail('connect-refused', { at: B + 1500 }, { cause: 'unexplained' }),
  'not-d1-on-other-idle-times': () => {
    const s = rolling('A close after another idle time than the constant one of the baseline is not D1', WELL)
    for (const at of [2000, 5000, 8000])
      s.fail('closed', { at, took: 1.1, pod: 'old-a', reused: 4, idle: 5003 }, { cause: 'D1' })
    return s.fail(
      'closed',
      { at: A + 5200, took: 1.2, pod: 'old-a', reused: 6, idle: 950 },
      { cause: 'A6', pod: 'old-a' },
    )
  },
  'not-d2-a-single-connection': () =>
    rolling('One client connection that closes behind a proxy is no reload', { mixed: true, ...WELL }).fail(
      'closed',
      { at: A + 400, took: 3, reused: 4, address: '10.250.0.11' },
      { cause: 'unexplained' },
    ),
  'not-d4-when-reads-fail-too': () => {
    const s = rolling('Where GET fails as well, the proxy does not repeat: not D4', {
      mixed: true,
      writes: true,
    })
    for (const at of [A + 240, A + 243])
      s.fail('status', { at, took: 60, status: 502, template: 'order', ...proxied }, { cause: 'A16' })
    return s.fail('status', { at: B + 244, took: 60, status: 502, ...proxied }, { cause: 'A16' })
  },
  'not-f3-on-another-thread': () =>
    rolling('A stall of a thread that did not send the request explains nothing', {
      ending: (at) => ({ exit: at + 2500, code: 0 }),
    })
      .fact(A + 800, { type: 'loop.stalled', thread: 'main', startedAtMs: runMs(A + 200), durationMs: 600 })
      .fact(A + 800, {
        type: 'loop.stalled',
        thread: 'engine-1',
        startedAtMs: runMs(A + 200),
        durationMs: 600,
      })
      .fail('connect-refused', { at: A + 400 }, { cause: 'A1', pod: 'old-a' }),
  'not-f3-for-a-refusal': () =>
    rolling('A stall of our own cannot make a refusal', { ending: (at) => ({ exit: at + 2500, code: 0 }) })
      .fact(A + 800, {
        type: 'loop.stalled',
        thread: 'engine-0',
        startedAtMs: runMs(A + 200),
        durationMs: 600,
      })
      .fail('connect-refused', { at: A + 400 }, { cause: 'A1', pod: 'old-a' }),
  'not-a1-long-after-the-news': () =>
    rolling('A time-out long after the last pod was gone is not A1').fail(
      'connect-timeout',
      { at: B + 6000, took: 900 },
      { cause: 'B1' },
    ),
  'not-f9-far-above-the-baseline': () => {
    const s = rolling('One such failure before the restart does not excuse many around the terminations', {
      ending: (at) => ({ exit: at + 2500, code: 0 }),
    })
    s.fail('connect-refused', { at: 4000 }, { cause: 'F9' })
    for (let i = 0; i < 6; i++)
      s.fail('connect-refused', { at: A + 300 + i * 100 }, { cause: 'A1', pod: 'old-a' })
    return s
  },
  'clean-run': () => rolling('A clean run has nothing to explain', WELL),
  'load-without-a-cluster': () => {
    const s = new StoryBuilder('Without a cluster only what the wire shows is named', {
      endMs: 12_000,
      command: 'load',
    })
    for (let at = 100; at < 11_500; at += 40) s.ok(at, null, { reused: (at / 40) % 5 < 1 ? 0 : 2, idle: 20 })
    return s
      .fail('reset', { at: 3000, took: 2, reused: 4, idle: 20 }, { cause: 'unexplained' })
      .fail('status', { at: 5000, took: 2, status: 502, ...proxied }, { cause: 'unexplained' })
      .fail('client', { at: 6000, took: 0.1, code: 'EMFILE', address: null }, { cause: 'F1' })
  },
}

export const STORY_PLANS: ReadonlyMap<string, () => StoryBuilder> = new Map(
  Object.entries({ ...STORY_LIST, ...ALB_STORIES }),
)
