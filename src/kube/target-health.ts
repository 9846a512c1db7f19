import { get } from 'node:http'
import { HarnessError } from '../kernel/errors.ts'
import { arrayAt, isObject, objectAt, textAt } from './parse.ts'

/** One target of a load balancer, as DescribeTargetHealth tells of it. */
export interface TargetHealthSnapshot {
  /** Address or instance id. */
  readonly target: string
  /** `initial`, `healthy`, `unhealthy`, `draining`, `unused` … */
  readonly state: string
}

const MOST_BYTES = 1 << 20

/** Reads the JSON that `aws elbv2 describe-target-health` prints. Throws USAGE when it is something else. */
export const parseTargetHealth = (text: string): readonly TargetHealthSnapshot[] => {
  let value: unknown = null
  try {
    value = JSON.parse(text)
  } catch {
    // Told below.
  }
  if (!isObject(value) || !Array.isArray(value.TargetHealthDescriptions))
    throw new HarnessError('USAGE', 'target.targetHealth does not answer as describe-target-health does')
  return arrayAt(value, 'TargetHealthDescriptions').flatMap((item) => {
    const target = textAt(objectAt(item, 'Target'), 'Id')
    const state = textAt(objectAt(item, 'TargetHealth'), 'State')
    return target === null || state === null ? [] : [{ target, state }]
  })
}

/** One read-only question to such a URL. Rejects when it does not answer with that. */
export const readTargetHealth = (
  url: string,
  signal: AbortSignal,
): Promise<readonly TargetHealthSnapshot[]> =>
  new Promise((done, fail) => {
    const request = get(url, { signal }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > MOST_BYTES) request.destroy(new Error('the answer is too long'))
      })
      response.once('error', fail)
      response.once('end', () => {
        try {
          done(parseTargetHealth(text))
        } catch (error) {
          fail(error)
        }
      })
    })
    request.once('error', fail)
  })
