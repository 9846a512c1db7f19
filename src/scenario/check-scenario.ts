import { CHOREOGRAPHIES, keepsJournal } from '../model/choreography.ts'
import { isMap } from './is-map.ts'
import { parseThreshold } from './parse-threshold.ts'
import { type Path, type Problem, problem } from './problem.ts'
import { checkStudy } from './study/check-study.ts'

/** What the checks must know beside the scenario. */
export interface CheckContext {
  readonly command: 'run' | 'load'
  /** `true` with --lab, `false` without; `null` = not known yet (validate). */
  readonly lab: boolean | null
}

type Raw = Readonly<Record<string, unknown>>

const given = (value: unknown): boolean => value !== undefined && value !== null

const child = (raw: Raw, key: string): Raw => {
  const value = raw[key]
  return isMap(value) ? value : {}
}

/**
 * What no single field can tell: keys that exclude or need each other. Works on the scenario as it was written, so
 * that these problems are told together with those of the fields.
 */
export const checkScenario = (raw: unknown, context: CheckContext): Problem[] => {
  if (!isMap(raw)) return []
  return [
    ...checkLoad(child(raw, 'load')),
    ...checkTarget(raw, context),
    ...checkRequests(raw.requests),
    ...checkLab(child(raw, 'lab')),
    ...checkThresholds(raw.thresholds),
    ...checkRollout(raw),
    ...(context.command === 'run' ? checkStudy(raw) : []),
  ]
}

const STUDIES = ['variants', 'ablation', 'grid'] as const

const checkRollout = (raw: Raw): Problem[] => {
  const { choreography, scaleTo, autoscaler, image, undo } = child(raw, 'rollout')
  const problems: Problem[] = []
  for (const [key, value] of Object.entries({ scaleTo, autoscaler }))
    if (given(value) && choreography !== 'scale-down')
      problems.push(
        problem(
          ['rollout', key],
          'belongs to choreography scale-down',
          'add choreography: scale-down',
          'key',
        ),
      )
  if (given(image) && choreography !== 'image-change' && choreography !== 'rollback')
    problems.push(
      problem(
        ['rollout', 'image'],
        'belongs to choreography image-change or rollback',
        'add choreography: image-change',
        'key',
      ),
    )
  if (!given(image) && choreography === 'image-change')
    problems.push(
      problem(
        ['rollout', 'image'],
        'is missing; choreography image-change needs the other image of the main container',
        'give rollout.image',
      ),
    )
  if (given(undo) && choreography !== 'rollback')
    problems.push(
      problem(['rollout', 'undo'], 'belongs to choreography rollback', 'add choreography: rollback', 'key'),
    )
  const study = STUDIES.find((key) => {
    const value = raw[key]
    return given(value) && !(Array.isArray(value) && value.length === 0)
  })
  const known = CHOREOGRAPHIES.find((name) => name === choreography)
  if (known !== undefined && keepsJournal(known) && study !== undefined)
    problems.push(
      problem(
        ['rollout', 'choreography'],
        `${known} and ${study} exclude each other: both keep their journal on the Deployment`,
      ),
    )
  return problems
}

const checkLoad = (load: Raw): Problem[] => {
  const problems: Problem[] = []
  const at = (key: string): Path => ['load', key]
  if (given(load.rate)) {
    if (given(load.vus)) {
      problems.push(
        problem(
          at('rate'),
          'rate and vus exclude each other',
          'rate is the open model, vus the closed one',
          'key',
        ),
      )
    }
    for (const key of ['pace', 'think']) {
      if (given(load[key])) {
        problems.push(
          problem(at(key), `${key} belongs to the closed model (vus); rate sets the schedule`, null, 'key'),
        )
      }
    }
  } else if (given(load.maxVus)) {
    problems.push(
      problem(
        at('maxVus'),
        'maxVus belongs to the open model (rate)',
        'use vus for the number of users',
        'key',
      ),
    )
  }
  return problems
}

const checkTarget = (raw: Raw, { command, lab }: CheckContext): Problem[] => {
  const problems: Problem[] = []
  const fromLab = lab ?? given(raw.lab)
  const target = child(raw, 'target')
  if (!given(target.url) && !fromLab) {
    const orLab = given(raw.lab) ? ', or run it on the embedded lab with --lab' : ''
    problems.push(
      problem(['target', 'url'], 'is missing; the load needs a URL', `give target.url or --target${orLab}`),
    )
  }
  if (command === 'run' && !given(raw.deployment) && !fromLab) {
    problems.push(
      problem(
        ['deployment'],
        'is missing; a run needs a Deployment to restart',
        'give deployment: NAMESPACE/NAME or --deployment',
      ),
    )
  }
  const { url } = target
  if (typeof url === 'string' && URL.canParse(url) && Array.isArray(raw.requests)) {
    const { search, hash } = new URL(url)
    if (search !== '' || hash !== '') {
      problems.push(
        problem(
          ['target', 'url'],
          'expected a URL without query or fragment',
          'the query belongs to requests[].path',
        ),
      )
    }
  }
  return problems
}

const checkRequests = (requests: unknown): Problem[] => {
  if (!Array.isArray(requests)) return []
  const seen = new Map<string, number>()
  const problems: Problem[] = []
  requests.forEach((request: unknown, index) => {
    const name = isMap(request) ? request.name : undefined
    if (typeof name !== 'string') return
    const first = seen.get(name)
    if (first === undefined) seen.set(name, index)
    else
      problems.push(
        problem(
          ['requests', index, 'name'],
          `has the name of requests[${first}]`,
          'reports tell requests apart by name',
        ),
      )
  })
  return problems
}

const checkLab = (lab: Raw): Problem[] => {
  const problems: Problem[] = []
  const isZero = (value: unknown): boolean => value === 0 || value === '0%'
  if (isZero(lab.maxSurge) && isZero(lab.maxUnavailable)) {
    problems.push(
      problem(
        ['lab', 'maxUnavailable'],
        'maxSurge and maxUnavailable cannot both be 0: no pod could be replaced',
      ),
    )
  }
  const { minReplicas, maxReplicas } = child(lab, 'autoscaler')
  if (typeof minReplicas === 'number' && typeof maxReplicas === 'number' && minReplicas > maxReplicas) {
    problems.push(problem(['lab', 'autoscaler', 'minReplicas'], 'is more than maxReplicas'))
  }
  const seconds = lab.preStopSeconds
  if (typeof seconds === 'number' && seconds > 0 && lab.preStop === 'none') {
    problems.push(
      problem(['lab', 'preStopSeconds'], 'needs a hook', 'preStop is none; use sleep, exec or http'),
    )
  }
  return problems
}

const checkThresholds = (thresholds: unknown): Problem[] => {
  if (!isMap(thresholds)) return []
  const problems: Problem[] = []
  for (const [metric, value] of Object.entries(thresholds)) {
    const expressions: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (expressions.length === 0) {
      problems.push(problem(['thresholds', metric], 'expected at least one expression'))
    }
    let metricTold = false
    expressions.forEach((expression, index) => {
      if (typeof expression !== 'string') return
      const read = parseThreshold(metric, expression)
      if (!('message' in read)) return
      if (read.in === 'metric') {
        if (!metricTold)
          problems.push({
            ...problem(['thresholds', metric], read.message, null, 'key'),
            offset: read.offset,
          })
        metricTold = true
        return
      }
      const path: Path = Array.isArray(value) ? ['thresholds', metric, index] : ['thresholds', metric]
      problems.push({ ...problem(path, read.message), offset: read.offset })
    })
  }
  return problems
}
