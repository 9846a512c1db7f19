import type { DrainCurve, DrainCurvePoint } from '../../src/model/finding.ts'

/** What a real run at this preStop failed. */
export interface MeasuredPoint {
  readonly preStopSeconds: number
  readonly failed: number
  readonly terminations: number
  readonly byCause: Readonly<Record<string, number>>
}

export interface ComparedPoint extends MeasuredPoint {
  readonly predicted: DrainCurvePoint
  readonly inside: boolean
}

/** Each measured point beside what the curve says of it. Only points that the curve has. */
export const compared = (curve: DrainCurve, measured: readonly MeasuredPoint[]): ComparedPoint[] =>
  measured.flatMap((point) => {
    const predicted = curve.points.find(({ preStopSeconds }) => preStopSeconds === point.preStopSeconds)
    if (predicted === undefined) return []
    return [{ ...point, predicted, inside: point.failed >= predicted.low && point.failed <= predicted.high }]
  })

export const comparedText = (points: readonly ComparedPoint[]): string =>
  [
    'preStop  predicted  95 % interval  measured  terminations  inside  by cause',
    ...points.map(({ preStopSeconds, predicted, failed, terminations, inside, byCause }) =>
      [
        `${preStopSeconds} s`.padEnd(7),
        `${predicted.extrapolated ? '≤ ' : ''}${predicted.expected}`.padStart(9),
        `${predicted.low}–${predicted.high}`.padStart(13),
        String(failed).padStart(8),
        String(terminations).padStart(12),
        (inside ? 'yes' : 'no').padStart(6),
        Object.entries(byCause)
          .filter(([, n]) => n > 0)
          .map(([cause, n]) => `${cause} ${n}`)
          .join(', '),
      ].join('  '),
    ),
  ].join('\n')
