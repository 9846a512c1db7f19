import type { PredictionReport } from '../../src/model/prediction.ts'

/** What a preflight had said before the made-up runs, one prediction of each outcome. */
export const madeUpPredictions = (failed: Readonly<Record<string, number>>): PredictionReport => ({
  made: [
    {
      id: 'no-pre-stop',
      cause: 'A1',
      alsoCauses: ['A2'],
      severity: 'high',
      title: 'The app is told to stop while requests are still routed to it',
      because: 'container web has no lifecycle.preStop, and the routes lag by about 1 s',
      fix: 'Add a preStop sleep of 5 s.',
      outcome: (failed.A1 ?? 0) > 0 ? 'came-true' : 'not-seen',
      failed: failed.A1 ?? 0,
    },
    {
      id: 'shallow-probe',
      cause: 'C1',
      alsoCauses: [],
      severity: 'medium',
      title: 'A new pod may be Ready before it can serve',
      because: 'the readiness probe of container web asks port 9090, the service sends to 8080',
      fix: 'Ask the port that serves.',
      outcome: (failed.C1 ?? 0) > 0 ? 'possible' : 'not-seen',
      failed: failed.C1 ?? 0,
    },
    {
      id: 'no-budget',
      cause: 'A11',
      alsoCauses: [],
      severity: 'low',
      title: 'A node drain may take all pods at once',
      because: 'no PodDisruptionBudget selects app=web',
      fix: 'Add a PodDisruptionBudget.',
      outcome: 'not-tested',
      failed: 0,
    },
  ],
  unpredicted:
    (failed.A16 ?? 0) > 0
      ? [
          {
            cause: 'A16',
            title: 'The app exited on SIGTERM with requests in flight',
            failed: failed.A16 ?? 0,
          },
        ]
      : [],
})
