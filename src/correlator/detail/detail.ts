import type { RunDetail } from '../../model/detail.ts'
import type { FailureVerdict } from '../../model/finding.ts'
import type { HiddenDamage } from '../hidden.ts'
import type { RowPods } from '../row-pods.ts'
import type { World } from '../world.ts'
import { drainDetails } from './drain-detail.ts'
import { failureDetails } from './failure-details.ts'
import { heatMap } from './heat-map.ts'
import { hiddenRequests } from './hidden-requests.ts'
import { podDetails } from './pod-details.ts'
import { seriesOf } from './series.ts'

/** What the HTML report shows beyond `report.json`. A handful of passes over the rows; pure, independent of their order. */
export const detailOf = (
  world: World,
  verdicts: readonly FailureVerdict[],
  hidden: HiddenDamage,
  podOf: RowPods,
): RunDetail => {
  const { requests, timeline, info } = world
  return {
    series: seriesOf(requests, timeline.endMs, info.scenario.load),
    heat: heatMap(requests, timeline.endMs),
    pods: podDetails(world, drainDetails(world, podOf)),
    verdicts,
    failures: failureDetails(world),
    hidden: hiddenRequests(hidden.rows),
  }
}
