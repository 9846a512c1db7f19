import { Client } from 'undici'
import type { AnsweredBy } from '../model/outcome.ts'
import { type AnswerHeaders, answeredBy, headerOf } from './answered-by.ts'
import { type BodyCheck, createBodyCheck } from './body-check.ts'
import { OWN_CODES, type Stage } from './classify.ts'
import { Deadline, type DeadlineParts } from './deadline.ts'
import { type Connection, type DialTarget, dial, newConnection } from './dial.ts'
import type { NameLookup } from './name-lookup.ts'
import { isExpectedStatus, type PreparedTemplate } from './template.ts'

/** What all lanes of one thread to one target share. */
export interface LaneContext extends DeadlineParts {
  readonly target: DialTarget
  readonly origin: string
  readonly names: NameLookup
  readonly nextConnectionId: () => number
  /** `<run id>-`; the request id follows. */
  readonly idPrefix: string
  /** Lower case; `null` = not sent. */
  readonly requestIdHeader: string | null
  /** Lower case. */
  readonly podHeader: string
  readonly idleTimeoutMs: number
  readonly bodyLimitBytes: number
  /** Owners are called in undici's turn, which would take what they throw for an error of the request. */
  readonly onBug: (error: unknown) => void
}

/** Who sent a request, and hears of its end. The lane's fields hold what happened until the next `send`. */
export interface LaneOwner {
  finished(lane: Lane): void
}

/** An end of our own making, told apart by identity. */
const ownEnd = (code: string, message: string): Error & { readonly code: string } =>
  Object.assign(new Error(message), { code })
const DEADLINE = ownEnd(OWN_CODES.deadline, 'no complete answer before our deadline')
const STALL = ownEnd(OWN_CODES.stall, 'our own event loop stood still until the deadline')
const BODY_LIMIT = ownEnd(OWN_CODES.bodyLimit, 'the body is longer than our limit')
const CUT = ownEnd(OWN_CODES.cut, 'ended by us at the end of the run')

/** Kubernetes names are DNS subdomains (RFC 1123). */
const LONGEST_POD_NAME = 253

interface Controller {
  abort(reason: Error): void
}

/**
 * undici is told to wait this much longer than any server's Keep-Alive hint, so that only our own idle timeout counts:
 * browsers, Go clients and proxies ignore the hint too, and a client that obeyed it would hide cause D1.
 */
const IGNORE_KEEP_ALIVE_HINT_MS = -1e12

/**
 * One undici `Client` with one connection and one request at a time, which is also the handler of that request: no
 * object is made per request. Never retries and never follows a redirect. A request whose connection was found closed
 * before it was written goes to a new one, and carries that one's numbers.
 *
 *   idle ─send─► pending ─(connection ready)─► written ─(first byte)─► answering ─► idle
 *                   └── dial fails, deadline ──────┴── reset, FIN, deadline ─┘
 *
 * undici's own timeouts are off: the one deadline covers every stage, and theirs fire up to a second late.
 *
 * The file is long because it is the whole of undici's door: the request's fields, its handler and its connector read and
 * write the same state in the hot path.
 */
export class Lane {
  owner: LaneOwner
  // The request in flight, or the last one.
  requestId = 0
  source = 0
  vu = 0
  phaseTag = 0
  template: PreparedTemplate
  intendedUs = 0
  startUs = 0
  writtenUs = -1
  firstByteUs = -1
  endUs = 0
  status = 0
  bytes = 0
  /** Pod of this answer; '' = none. */
  pod = ''
  /** Only for an unexpected status. */
  layer: AnsweredBy | null = null
  requestsOnConnection = 0
  idleUs = -1
  /** The connection that carried the request, or was to; `null` = it came to none. */
  carrier: Connection | null = null
  /** `null` = the answer came whole. */
  error: Error | null = null
  stage: Stage = 'lookup'
  headSeen = false
  /** What was wrong with a whole body; `null` = nothing. */
  bodyVerdict: string | null = null
  active: boolean = false

  private readonly context: LaneContext
  private readonly fresh: boolean
  private readonly client: Client
  private readonly deadline: Deadline
  private readonly headers: string[] = []
  private connection: Connection | null = null
  private dialing: Connection | null = null
  private giveUpDial: ((reason: Error) => void) | null = null
  private controller: Controller | null = null
  private abortReason: Error | null = null
  private check: BodyCheck | null = null
  private movedOn: boolean = false

  constructor(context: LaneContext, template: PreparedTemplate, owner: LaneOwner, fresh: boolean) {
    this.context = context
    this.template = template
    this.owner = owner
    this.fresh = fresh
    this.deadline = new Deadline(context, () => this.end(DEADLINE))
    this.client = new Client(context.origin, {
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: context.idleTimeoutMs,
      keepAliveMaxTimeout: context.idleTimeoutMs,
      keepAliveTimeoutThreshold: IGNORE_KEEP_ALIVE_HINT_MS,
      connect: (options, callback) => {
        const connection = newConnection(this.context.nextConnectionId())
        this.dialing = connection
        const serverName = options.servername ?? this.context.target.host
        this.giveUpDial = dial(
          this.context.target,
          serverName,
          this.context.names,
          connection,
          this.context.nowUs,
          (error, socket) => {
            this.giveUpDial = null
            if (error === null && socket !== null) {
              this.connection = connection
              callback(null, socket)
            } else {
              callback(error ?? new Error('no socket'), null)
            }
          },
        )
      },
    })
  }

  /** Sends one request. Its end comes by {@link LaneOwner.finished}, never in this call's turn but for bad arguments. */
  send(
    template: PreparedTemplate,
    requestId: number,
    source: number,
    vu: number,
    phaseTag: number,
    intendedUs: number,
  ): void {
    const startUs = this.context.nowUs()
    this.requestId = requestId
    this.source = source
    this.vu = vu
    this.phaseTag = phaseTag
    this.template = template
    this.intendedUs = intendedUs < 0 ? startUs : intendedUs
    this.startUs = startUs
    this.writtenUs = -1
    this.firstByteUs = -1
    this.status = 0
    this.bytes = 0
    this.pod = ''
    this.layer = null
    this.requestsOnConnection = 0
    this.idleUs = -1
    this.carrier = null
    this.dialing = null
    this.error = null
    this.headSeen = false
    this.bodyVerdict = null
    this.controller = null
    this.abortReason = null
    this.movedOn = false
    this.active = true
    this.check =
      template.bodyContains === null && template.bodySha256 === null
        ? null
        : createBodyCheck(template.bodyContains, template.bodySha256)
    this.deadline.start(startUs, template.timeoutMs)

    const headers = this.headers
    headers.length = 0
    for (let i = 0; i < template.headers.length; i++) headers.push(template.headers[i] ?? '')
    if (this.context.requestIdHeader !== null) {
      headers.push(this.context.requestIdHeader, this.context.idPrefix + requestId)
    }
    this.dispatch()
  }

  private dispatch(): void {
    const { template, headers, fresh } = this
    this.client.dispatch(
      { path: template.path, method: template.method, headers, body: template.body, reset: fresh },
      this,
    )
  }

  /** Ends the request in flight as `cut`. */
  cut(): void {
    if (this.active) this.end(CUT)
  }

  /** Closes the connection; a request in flight is cut. */
  close(): Promise<void> {
    this.deadline.close()
    this.cut()
    return this.client.destroy()
  }

  get wasCut(): boolean {
    return this.error === CUT
  }

  private end(reason: Error): void {
    if (this.controller !== null) this.controller.abort(reason)
    else if (this.giveUpDial !== null) this.giveUpDial(reason)
    else this.abortReason = reason
  }

  // ---- undici's handler

  onRequestStart(controller: Controller): void {
    const connection = this.connection
    if (this.abortReason !== null) {
      // Due while it waited one loop turn for its own, open connection: only our loop can have been that slow.
      controller.abort(this.abortReason === DEADLINE ? STALL : this.abortReason)
      return
    }
    this.controller = controller
    this.carrier = connection
    const nowUs = this.context.nowUs()
    this.writtenUs = nowUs
    if (connection !== null) {
      this.requestsOnConnection = connection.requests++
      if (connection.lastEndUs >= 0) this.idleUs = nowUs - connection.lastEndUs
    }
  }

  /** First byte of an answer, also of an interim one. */
  onResponseStarted(): void {
    if (this.firstByteUs < 0) this.firstByteUs = this.context.nowUs()
  }

  onResponseStart(_controller: Controller, status: number, headers: AnswerHeaders): void {
    if (status < 200) return
    this.status = status
    this.headSeen = true
    const named = headerOf(headers, this.context.podHeader)
    if (named !== null) {
      const pod = named.length > LONGEST_POD_NAME ? named.slice(0, LONGEST_POD_NAME) : named
      this.pod = pod
      if (this.carrier !== null && this.carrier.pod !== pod) this.carrier.pod = pod
    }
    if (!isExpectedStatus(this.template, status)) this.layer = answeredBy(headers, this.context.podHeader)
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.bytes += chunk.length
    this.check?.feed(chunk)
    if (this.bytes > this.context.bodyLimitBytes) controller.abort(BODY_LIMIT)
  }

  onResponseEnd(): void {
    // A body that ends with the connection looks complete to undici even when it was reset in the middle.
    const broken = this.carrier?.broken ?? null
    if (broken !== null) {
      this.fail(broken)
      return
    }
    this.stage = 'complete'
    this.bodyVerdict = this.check?.verdict() ?? null
    this.leave()
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    if (!this.active) return
    if (this.wasNeverWritten()) {
      // The idle connection was reset in the turn before it was used. undici fails what waited for it, where after a
      // FIN it would connect anew; both get a new connection here. Nothing was sent, so that this is no retry.
      this.movedOn = true
      queueMicrotask(() => this.dispatch())
      return
    }
    this.fail(error)
  }

  /** It waited for an open connection that broke before it was written to. */
  private wasNeverWritten(): boolean {
    return (
      !this.movedOn &&
      this.carrier === null &&
      this.dialing === null &&
      this.abortReason === null &&
      (this.connection?.broken ?? null) !== null
    )
  }

  private fail(error: Error): void {
    if (this.carrier === null) {
      this.carrier = this.dialing
      const reached = this.carrier?.stage ?? 'connect'
      this.stage = reached === 'open' ? 'written' : reached
    } else {
      this.stage = this.firstByteUs < 0 ? 'written' : 'answering'
    }
    this.error = error
    this.leave()
  }

  private leave(): void {
    const endUs = this.context.nowUs()
    this.endUs = endUs
    this.active = false
    this.deadline.stop()
    if (this.carrier !== null) this.carrier.lastEndUs = endUs
    try {
      this.owner.finished(this)
    } catch (error) {
      this.context.onBug(error)
    }
  }
}
