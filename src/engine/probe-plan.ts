import type { Clock } from '../kernel/clock.ts'
import type { EventDraft } from '../model/events.ts'
import type { RequestTemplate } from '../model/scenario.ts'
import type { AlarmClock } from './alarm-clock.ts'
import type { EchoServer } from './echo-server.ts'
import type { EngineConfig } from './engine-config.ts'
import type { LaneContext } from './http-client.ts'
import { controlFailures, Probe, type ProbePath, probeTransitions } from './probes.ts'
import type { Sender } from './sender.ts'
import { type PreparedTemplate, prepareTemplate } from './template.ts'

interface ProbeParts {
  readonly sender: Sender
  readonly alarm: AlarmClock
  readonly clock: Clock
  readonly contextFor: (url: string) => LaneContext
  /** `null` = no loopback control. */
  readonly echo: EchoServer | null
  readonly onFact: (draft: EventDraft) => void
}

/** Any answer below 500 shows that the path stands. */
const STANDING = Array.from({ length: 300 }, (_, i) => 200 + i)

const plainGet = (name: string, status: readonly number[]): RequestTemplate => ({
  name,
  weight: 1,
  method: 'GET',
  path: '/',
  headers: {},
  body: null,
  expect: { status, bodyContains: null, bodySha256: null },
  timeoutMs: null,
})

/** What probes ask the target for: the first template that only reads; else its root, where any answer will do. */
const readingTemplate = (config: EngineConfig): PreparedTemplate => {
  const reading = config.requests.find(
    ({ method, body }) => (method === 'GET' || method === 'HEAD') && body === null,
  )
  return prepareTemplate(reading ?? plainGet('probe', STANDING), config.target, config.load.timeoutMs)
}

/** The probes of a scenario: fresh, reused, the user's control, and the loopback echo at the control's rate. */
export const planProbes = (config: EngineConfig, parts: ProbeParts): readonly Probe[] => {
  const { probes, target, load } = config
  const { sender, onFact } = parts
  const template = readingTemplate(config)
  const controlAt = (url: string, name: string): Pick<ProbePath, 'template' | 'context'> => ({
    template: prepareTemplate(plainGet(name, []), { ...target, url }, load.timeoutMs),
    context: parts.contextFor(url),
  })
  const paths: ProbePath[] = [
    {
      source: 'fresh',
      ratePerSec: probes.freshPerSec,
      template,
      context: null,
      fresh: true,
      onResult: probeTransitions('fresh', onFact),
    },
    {
      source: 'reused',
      ratePerSec: probes.reusedPerSec,
      template,
      context: null,
      fresh: false,
      onResult: probeTransitions('reused', onFact),
    },
  ]
  if (target.control !== null) {
    paths.push({
      source: 'control',
      ratePerSec: probes.controlPerSec,
      ...controlAt(target.control, 'control'),
      fresh: true,
      onResult: controlFailures('url', onFact),
    })
  }
  if (parts.echo !== null) {
    paths.push({
      source: 'control',
      ratePerSec: probes.controlPerSec,
      ...controlAt(parts.echo.url, 'loopback'),
      fresh: true,
      onResult: controlFailures('loopback', onFact),
    })
  }
  return paths
    .filter(({ ratePerSec }) => ratePerSec > 0)
    .map((path) => new Probe(path, sender, parts.alarm, parts.clock.nowMs))
}
