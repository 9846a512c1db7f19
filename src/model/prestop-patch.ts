import type { PreStop } from './cluster.ts'

/** How a container sleeps before SIGTERM: natively (Kubernetes 1.30 and later), or by a program of its image. */
export type SleepForm = 'sleep' | 'exec'

export interface PreStopChange {
  /** Name of the container that gets the hook. */
  readonly container: string
  readonly preStopSeconds: number
  readonly graceSeconds: number
  /** The hook that stands there now: the API server takes one handler only, so another kind is taken away. */
  readonly present: PreStop
  readonly form: SleepForm
}

/** `v1.30.2+k3s1` → whether preStop `sleep` is on by default (KEP-3960: beta in 1.30, GA in 1.34). */
export const hasNativeSleep = (serverVersion: string): boolean => {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(serverVersion) ?? []
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 30)
}

const HANDLER_OF: Readonly<Record<PreStop['kind'], string | null>> = {
  none: null,
  sleep: 'sleep',
  exec: 'exec',
  http: 'httpGet',
}

const hookOf = ({ preStopSeconds, present, form }: PreStopChange): Readonly<Record<string, unknown>> => {
  const old = HANDLER_OF[present.kind]
  const gone = old === null || old === form ? {} : { [old]: null }
  return form === 'sleep'
    ? { sleep: { seconds: preStopSeconds }, ...gone }
    : { exec: { command: ['sleep', String(preStopSeconds)] }, ...gone }
}

/** Strategic merge patch of a Deployment that sets preStop and grace of one container, and nothing else. */
export const preStopPatch = (change: PreStopChange): Readonly<Record<string, unknown>> => ({
  spec: {
    template: {
      spec: {
        terminationGracePeriodSeconds: change.graceSeconds,
        containers: [{ name: change.container, lifecycle: { preStop: hookOf(change) } }],
      },
    },
  },
})

/** The same as YAML. Names are quoted: JSON strings are YAML strings (YAML 1.2, 1.2). */
export const preStopPatchYaml = (
  change: PreStopChange,
  deployment: { readonly namespace: string; readonly name: string } | null,
): string => {
  const old = HANDLER_OF[change.present.kind]
  return [
    ...(deployment === null
      ? []
      : [`# kubectl -n ${deployment.namespace} patch deployment ${deployment.name} --patch-file this.yaml`]),
    'spec:',
    '  template:',
    '    spec:',
    `      terminationGracePeriodSeconds: ${change.graceSeconds}`,
    '      containers:',
    `        - name: ${JSON.stringify(change.container)}`,
    '          lifecycle:',
    '            preStop:',
    ...(change.form === 'sleep'
      ? ['              sleep:', `                seconds: ${change.preStopSeconds}`]
      : ['              exec:', `                command: ["sleep", "${change.preStopSeconds}"]`]),
    ...(old === null || old === change.form ? [] : [`              ${old}: null`]),
    '',
  ].join('\n')
}
