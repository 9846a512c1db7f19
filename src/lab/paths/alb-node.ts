import type { Server } from 'node:http'
import type { Clock } from '../../kernel/clock.ts'
import type { Random } from '../../kernel/random.ts'
import { type AlbSettings, isSuccess } from '../sim/alb/settings.ts'
import {
  afterCheck,
  type CheckBook,
  type CheckedState,
  NO_CHECKS,
  routable,
} from '../sim/alb/target-health.ts'
import { checkHealth } from './alb-health-check.ts'
import type { AlbStart } from './alb-messages.ts'
import { createHttpProxy, createProxyServer } from './http-proxy.ts'
import type { FromProxy } from './ingress-messages.ts'
import { createUpstreamPools, type Target } from './ingress-upstream.ts'

/** Value of the header `Server` of what an Application Load Balancer answers by itself. */
export const ALB_SERVER = 'awselb/2.0'

/** One node of the load balancer. It learns of targets late, and checks them by itself. */
export interface AlbNode {
  readonly server: Server
  configure(settings: AlbSettings): void
  register(target: Target): void
  /** `endsAtMs`: on the clock, when the deregistration delay is over. */
  deregister(id: string, endsAtMs: number): void
  /** `null` = this node does not know the target (yet, or any more). */
  stateOf(id: string): CheckedState | null
  /** From now on news takes its time. */
  settled(): void
  close(): void
}

export interface AlbNodeOptions extends Omit<AlbStart, 'hosts' | 'seed' | 'apiHost' | 'nobody'> {
  readonly host: string
  readonly clock: Clock
  readonly random: Random
  readonly settings: AlbSettings
  readonly tell: (message: FromProxy) => void
  /** What this node knows of a target has changed. */
  readonly onChange: (id: string) => void
}

interface Known {
  readonly target: Target
  book: CheckBook
  cancel: () => void
}

/**
 * An Application Load Balancer node as AWS documents it ("Target groups for your Application Load Balancers", "Edit
 * target group attributes", "Health checks …", "Troubleshoot your Application Load Balancers"): round robin over the
 * healthy targets, kept-alive connections to them, no second try; 502 when the target refuses, resets or closes, and when
 * the deregistration delay is over while the target still works on the request; 503 without a registered target; 504 when
 * the connect or the idle timeout is over.
 */
export const createAlbNode = (options: AlbNodeOptions): AlbNode => {
  const { clock, random, host, port, timeScale } = options
  let { settings } = options
  let isSettled = false
  let lastDueMs = 0
  let cursor = random.below(97)
  const cancels = new Set<() => void>()
  const known = new Map<string, Known>()
  const scaledMs = (seconds: number): number => seconds * 1000 * timeScale
  const pools = createUpstreamPools({
    clock,
    port,
    localAddress: host,
    connectTimeoutMs: options.connectTimeoutMs,
    readTimeoutMs: () => scaledMs(settings.idleTimeoutSeconds),
  })

  const after = (delayMs: number, act: () => void): void => {
    const cancel = clock.after(delayMs, () => {
      cancels.delete(cancel)
      act()
    })
    cancels.add(cancel)
  }
  /** When the news reaches this node; later news never overtakes earlier ones. */
  const learn = (act: () => void): void => {
    if (!isSettled) {
      act()
      return
    }
    const lagMs = Math.max(0, options.propagationMs + (random.next() * 2 - 1) * options.jitterMs)
    const nowMs = clock.nowMs()
    lastDueMs = Math.max(lastDueMs, nowMs + lagMs)
    after(lastDueMs - nowMs, act)
  }

  const check = async (entry: Known): Promise<void> => {
    const { target } = entry
    const startedMs = clock.nowMs()
    const good = await checkHealth(clock, {
      address: target.place().address,
      port,
      path: settings.healthCheckPath,
      localAddress: host,
      timeoutMs: scaledMs(settings.healthCheckTimeoutSeconds),
      isSuccess: (status) => isSuccess(settings.successCodes, status),
    })
    if (known.get(target.id) !== entry) return
    const before = entry.book.state
    entry.book = afterCheck(entry.book, good, settings)
    if (entry.book.state !== before) options.onChange(target.id)
    // Until the lab is up nothing waits for an interval.
    const everyMs =
      isSettled || entry.book.state === 'healthy' ? scaledMs(settings.healthCheckIntervalSeconds) : 50
    entry.cancel = clock.after(Math.max(0, everyMs - (clock.nowMs() - startedMs)), () => void check(entry))
  }

  const serve = createHttpProxy({
    host,
    serverName: ALB_SERVER,
    pools,
    control: options.control,
    pick: () => {
      const targets = routable([...known.values()].map(({ target, book }) => ({ target, state: book.state })))
      cursor += 1
      return targets[cursor % targets.length]?.target ?? null
    },
    mayTryNext: () => false,
    tell: (message) => options.tell(withHealth(message)),
  })
  /** Adds of each try whether its target was tried for want of a healthy one. */
  const withHealth = (message: FromProxy): FromProxy => ({
    ...message,
    tries: message.tries.map((failed) => ({
      ...failed,
      failedOpen: known.get(failed.upstream.address)?.book.state === 'unhealthy',
    })),
  })

  // Not scaled: a client's own idle time is real, and must not meet a close that AWS would make a minute later.
  const server = createProxyServer(settings.idleTimeoutSeconds * 1000, (request, response) => {
    serve(request, response).catch(() => request.socket.destroy())
  })

  return {
    server,
    configure: (next) => {
      settings = next
      server.keepAliveTimeout = next.idleTimeoutSeconds * 1000
    },
    register: (target) =>
      learn(() => {
        const entry: Known = { target, book: NO_CHECKS, cancel: () => {} }
        known.set(target.id, entry)
        options.onChange(target.id)
        const waitMs = isSettled
          ? options.registrationMs + random.next() * scaledMs(settings.healthCheckIntervalSeconds)
          : 0
        entry.cancel = clock.after(waitMs, () => void check(entry))
      }),
    deregister: (id, endsAtMs) =>
      learn(() => {
        known.get(id)?.cancel()
        known.delete(id)
        pools.keepOnly(new Set([...known.keys(), options.control.address]))
        options.onChange(id)
        after(Math.max(0, endsAtMs - clock.nowMs()), () => pools.cut(id))
      }),
    stateOf: (id) => known.get(id)?.book.state ?? null,
    settled: () => {
      isSettled = true
    },
    close: () => {
      for (const cancel of cancels) cancel()
      for (const { cancel } of known.values()) cancel()
      server.close()
      server.closeAllConnections()
    },
  }
}
