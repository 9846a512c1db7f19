import type { Prediction, PredictionSeverity } from '../../model/prediction.ts'
import type { Surroundings } from '../../model/surroundings.ts'
import { predictAnnotations } from './annotations.ts'
import { predictCapacity } from './capacity.ts'
import { predictDisruptionBudget } from './disruption-budget.ts'
import { predictEndpointSlices } from './endpoint-slices.ts'
import { predictExternalTraffic } from './external-traffic.ts'
import { predictGrace } from './grace.ts'
import { predictHookFails } from './hook-fails.ts'
import { predictIdleTimeout } from './idle-timeout.ts'
import { predictLiveness } from './liveness.ts'
import { predictPreStop } from './pre-stop.ts'
import { type Hints, NO_HINTS, type Predictor } from './predictor.ts'
import { predictReadiness } from './readiness.ts'
import { predictReadinessGate } from './readiness-gate.ts'
import { predictShellPid1 } from './shell-pid1.ts'

/** Everything that is looked for. A new prediction is a file beside this one and a line here. */
const PREDICTORS: readonly Predictor[] = [
  predictPreStop,
  predictHookFails,
  predictGrace,
  predictShellPid1,
  predictReadiness,
  predictCapacity,
  predictEndpointSlices,
  predictLiveness,
  predictReadinessGate,
  predictExternalTraffic,
  predictIdleTimeout,
  predictAnnotations,
  predictDisruptionBudget,
]

const RANK: Readonly<Record<PredictionSeverity, number>> = { high: 0, medium: 1, low: 2 }

/**
 * What a rolling update of this Deployment will do, from the objects in the cluster alone: most severe first. What could
 * not be read, and what an app does by itself on SIGTERM, is not predicted.
 */
export const predict = (around: Surroundings, hints: Hints = NO_HINTS): readonly Prediction[] =>
  PREDICTORS.flatMap((predictor) => predictor(around, hints)).sort(
    (a, b) => RANK[a.severity] - RANK[b.severity],
  )
