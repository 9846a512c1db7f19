import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the container writes to stdout and stderr. */
export const podLogFile = (folder: string, podName: string): string => join(folder, `${podName}.log`)

/** The last lines (all for `null`) of a pod's log; `null` when there is none. */
export const readPodLog = (folder: string, podName: string, tailLines: number | null): string | null => {
  try {
    const text = readFileSync(podLogFile(folder, podName), 'utf8')
    if (tailLines === null) return text
    const lines = text.split('\n')
    const last = lines.at(-1) === '' ? 1 : 0
    return lines.slice(Math.max(0, lines.length - last - tailLines)).join('\n')
  } catch {
    return null
  }
}
