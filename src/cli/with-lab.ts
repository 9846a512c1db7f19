import { HarnessError } from '../kernel/errors.ts'
import { type LabOptions, labConfig } from '../lab/lab-config.ts'
import { type Lab, startLab } from '../lab/start-lab.ts'
import type { Scenario } from '../model/scenario.ts'
import { DEFAULTS, LAB_DEFAULTS } from '../scenario/defaults.ts'

/**
 * Starts the lab that a scenario asks for, runs `use` with the scenario led to it (target, resolver, control,
 * Deployment), and ends the lab, whatever happens. Throws LAB_FAILED.
 */
export const withLab = async <T>(
  scenario: Scenario,
  options: LabOptions & { readonly targetGiven: boolean; readonly signal?: AbortSignal },
  use: (led: Scenario, lab: Lab) => Promise<T>,
): Promise<T> => {
  const { targetGiven, signal, ...labOptions } = options
  refuseOther(scenario)
  const lab = await startLab(
    labConfig(scenario.lab ?? LAB_DEFAULTS, labOptions),
    signal === undefined ? {} : { signal },
  )
  try {
    return await use(led(scenario, lab, targetGiven), lab)
  } finally {
    await lab.stop()
  }
}

/** The lab has one Deployment; another name is a mistake, not something to pass over. */
const refuseOther = ({ deployment }: Scenario): void => {
  const { labNamespace, labDeployment } = DEFAULTS
  if (deployment === null || (deployment.namespace === labNamespace && deployment.name === labDeployment))
    return
  throw new HarnessError(
    'USAGE',
    `the lab has no deployment ${deployment.namespace}/${deployment.name}, only ${labNamespace}/${labDeployment}`,
    { hint: 'leave --deployment out with --lab, or leave --lab out to run on your cluster' },
  )
}

const led = (scenario: Scenario, lab: Lab, targetGiven: boolean): Scenario => ({
  ...scenario,
  target: {
    ...scenario.target,
    url: targetGiven ? scenario.target.url : lab.targetUrl,
    resolver: scenario.target.resolver ?? lab.resolver,
    control: scenario.target.control ?? lab.controlUrl,
    podHeader: lab.podHeader,
    ...(lab.alb !== null && { targetHealth: scenario.target.targetHealth ?? lab.alb.targetHealthUrl }),
  },
  deployment: { namespace: lab.namespace, name: lab.deployment },
})
