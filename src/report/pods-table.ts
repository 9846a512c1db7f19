import type { PodReport } from '../model/finding.ts'
import { countText, runClockText, sinceText, UNKNOWN } from './format.ts'
import { cell, column, type ReportTable } from './table.ts'

/** 0 and 143 (SIGTERM) are the ordinary ends; unknown is none to point at. */
export const isOrdinaryExit = (exitCode: number | null): boolean =>
  exitCode === null || exitCode === 0 || exitCode === 143

/** Pods in the order of their lives: first by when they began to end, then by when they became ready. */
export const podsInOrder = (pods: readonly PodReport[]): PodReport[] => {
  const at = (value: number | null): number => value ?? Number.MAX_VALUE
  return pods.toSorted(
    (a, b) =>
      (a.revision ?? 0) - (b.revision ?? 0) ||
      at(a.createdAtMs ?? a.readyAtMs) - at(b.createdAtMs ?? b.readyAtMs) ||
      at(a.terminatingAtMs) - at(b.terminatingAtMs) ||
      (a.name < b.name ? -1 : 1),
  )
}

/** One row per pod: when it came, when its end began, and what followed, counted from there. */
export const podsTable = (pods: readonly PodReport[]): ReportTable => ({
  id: 'pods',
  title: 'Pods',
  columns: [
    column('Pod', 24),
    column('Rev', 3, 4, 'right'),
    column('Ready', 7, 5, 'right'),
    column('Terminating', 8, 1, 'right'),
    column('SIGTERM', 7, 6, 'right'),
    column('Last new', 8, 3, 'right'),
    column('Last request', 8, 3, 'right'),
    column('Exited', 7, 2, 'right'),
    column('Code', 4, 1, 'right'),
    column('Gone', 7, 4, 'right'),
    column('Failed', 6, 0, 'right'),
  ],
  rows: podsInOrder(pods).map((pod) => [
    cell(pod.name),
    cell(pod.revision === null ? UNKNOWN : String(pod.revision)),
    cell(runClockText(pod.readyAtMs)),
    cell(runClockText(pod.terminatingAtMs)),
    cell(sinceText(pod.sigtermAtMs, pod.terminatingAtMs)),
    cell(sinceText(pod.lastNewConnectionAtMs, pod.terminatingAtMs)),
    cell(sinceText(pod.lastRequestAtMs, pod.terminatingAtMs)),
    cell(sinceText(pod.exitedAtMs, pod.terminatingAtMs)),
    cell(
      pod.exitCode === null ? UNKNOWN : String(pod.exitCode),
      isOrdinaryExit(pod.exitCode) ? 'quiet' : 'bad',
    ),
    cell(sinceText(pod.goneAtMs, pod.terminatingAtMs)),
    cell(countText(pod.failed), pod.failed > 0 ? 'bad' : 'good'),
  ]),
  notes: [
    'Ready and Terminating are times of the run; what follows is counted from the start of the termination.',
    'Last new: the last new connection that the pod took; last request: the last one that it answered.',
  ],
})
