import { hookWords, listWords, type Predictor, programOf } from './predictor.ts'

/** Image names that promise to have no shell and no coreutils; a debug or dev tag takes the promise back. */
const SHELL_LESS: readonly RegExp[] = [
  /^gcr\.io\/distroless\//,
  /^cgr\.dev\/chainguard(-private)?\//,
  /^(registry\.k8s\.io|k8s\.gcr\.io)\/pause\b/,
  /[-_/]distroless([-:@]|$)/,
  /^mcr\.microsoft\.com\/dotnet\/.*chiseled/,
]
const HAS_SHELL = /[:-](debug|dev|latest-dev)([-@]|$)|-dev(@|$)/

const IN_A_SHELLS_BOX = new Set(['sh', 'bash', 'ash', 'dash', 'sleep', 'env', 'curl', 'wget', 'kill', 'true'])

export const isShellLess = (image: string): boolean =>
  SHELL_LESS.some((name) => name.test(image)) && !HAS_SHELL.test(image)

/** A5: the hook's program is not in the image, by the image's own name, or because the kubelet said that hooks failed. */
export const predictHookFails: Predictor = ({ workload, events }) => {
  const { preStop, image, name } = workload.main
  if (preStop.kind !== 'exec' && preStop.kind !== 'http') return []
  const failed = (events ?? []).filter(({ reason }) => reason === 'FailedPreStopHook')
  const program = preStop.kind === 'exec' ? programOf(preStop.command) : ''
  const missing = preStop.kind === 'exec' && isShellLess(image) && IN_A_SHELLS_BOX.has(program)
  if (failed.length === 0 && !missing) return []
  const pods = [...new Set(failed.map(({ regarding }) => regarding.name))]
  const seen =
    failed.length === 0
      ? []
      : [
          `the kubelet reported FailedPreStopHook for ${listWords(pods.slice(0, 3))}${pods.length > 3 ? ` and ${pods.length - 3} more` : ''} within the time that Events are kept`,
        ]
  const known = missing
    ? [`container ${name} runs image ${image}, whose name says that it has neither shell nor ${program}`]
    : []
  return [
    {
      id: 'pre-stop-fails',
      cause: 'A5',
      alsoCauses: ['A1'],
      severity: 'high',
      title: 'The preStop hook fails, so SIGTERM comes at once',
      because: `${hookWords(preStop)}; ${[...known, ...seen].join('; ')}`,
      fix: 'use preStop.sleep, which needs no program (on by default from Kubernetes 1.30), or an image that has the program',
    },
  ]
}
