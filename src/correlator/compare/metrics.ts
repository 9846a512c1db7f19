import { assertNever } from '../../kernel/errors.ts'
import type { ComparedMetric } from '../../model/comparison.ts'
import type { MeasuredVariant } from './measured-variant.ts'
import type { MeasuredRestart } from './restarts.ts'

/** The value of a metric for one restart; `null` = not measured. */
export const restartValue = (restart: MeasuredRestart, metric: ComparedMetric): number | null => {
  switch (metric) {
    case 'failures':
      return restart.failed
    case 'outageMs':
      return restart.outageMs
    case 'rolloutMs':
      return restart.rolloutMs
    case 'p50Ms':
      return restart.p50Ms
    case 'p99Ms':
      return restart.p99Ms
    case 'dip':
      return restart.readyBefore === null || restart.fewestReady === null
        ? null
        : Math.max(0, restart.readyBefore - restart.fewestReady)
    default:
      return assertNever(metric)
  }
}

const valuesOf = (restarts: readonly MeasuredRestart[], metric: ComparedMetric): number[] =>
  restarts.flatMap((restart) => restartValue(restart, metric) ?? [])

/** Of all restarts of a variant, in the order in which they were made. */
export const restartValues = (variant: MeasuredVariant, metric: ComparedMetric): number[] =>
  variant.blocks.flatMap(({ measured }) => valuesOf(measured.restarts, metric))

/** The units of one block: terminations for `failures`, else restarts. */
export const unitsIn = (variant: MeasuredVariant, block: number, metric: ComparedMetric): number[] =>
  variant.blocks
    .filter((one) => one.block === block)
    .flatMap(({ measured }) =>
      metric === 'failures'
        ? measured.restarts.flatMap(({ terminations }) => terminations)
        : valuesOf(measured.restarts, metric),
    )

/** The restarts of one block that had a termination, each with the failures of its terminations. */
export const restartUnitsIn = (variant: MeasuredVariant, block: number): (readonly number[])[] =>
  variant.blocks
    .filter((one) => one.block === block)
    .flatMap(({ measured }) => measured.restarts.map(({ terminations }) => terminations))
    .filter((terminations) => terminations.length > 0)
