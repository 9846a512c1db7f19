import { describe, expect, test } from 'vitest'
import { conditionNotes, conditionsOf } from '../../../../src/correlator/compare/conditions.ts'
import { type GroupedRun, groupRuns, roundsOf } from '../../../../src/correlator/compare/group-runs.ts'
import { readBundle } from '../../../../src/eventlog/bundle-reader.ts'
import type { RunInfo } from '../../../../src/model/run-info.ts'
import { madeReport } from '../../../support/measured-runs.ts'

const run = (more: Partial<GroupedRun>): GroupedRun => ({
  label: null,
  name: 'shop',
  variant: null,
  parent: 'reports',
  folder: 'one',
  ...more,
})

describe('groups of runs that were made apart', () => {
  test('are by scenario name, else by folder, else each run by itself; a label always counts', () => {
    expect(groupRuns([run({}), run({ name: 'other' })], null)).toEqual({
      by: 'name',
      groups: ['shop', 'other'],
    })
    expect(groupRuns([run({ parent: 'main' }), run({ parent: 'branch' })], null)).toEqual({
      by: 'folder',
      groups: ['main', 'branch'],
    })
    expect(groupRuns([run({}), run({ folder: 'two' })], null)).toEqual({ by: 'run', groups: ['one', 'two'] })
    expect(groupRuns([run({ label: 'old' }), run({ name: 'other' })], 'folder').groups).toEqual([
      'old',
      'reports',
    ])
  })

  test('blocks of a study are grouped by their variant', () => {
    const groups = groupRuns(
      [run({ variant: 'none' }), run({ variant: 'all' }), run({ variant: 'none' })],
      null,
    )
    expect(groups).toEqual({ by: 'variant', groups: ['none', 'all', 'none'] })
  })

  const started = (groups: string) =>
    [...groups].map((group, i) => ({
      group,
      startedAt: new Date(1_700_000_000_000 + i * 60_000).toISOString(),
    }))

  test('that took turns are compared round by round, others as a whole', () => {
    expect(roundsOf(started('ABBAAB'))).toEqual({ blocks: [1, 1, 2, 2, 3, 3], interleaved: true })
    expect(roundsOf(started('AABB'))).toEqual({ blocks: [1, 1, 1, 1], interleaved: false })
    expect(roundsOf(started('AB'))).toMatchObject({ interleaved: false })
    expect(roundsOf(started('ABA'))).toMatchObject({ interleaved: false })
  })
})

describe('what makes runs incomparable', () => {
  const info = async (change: (info: RunInfo) => RunInfo = (same) => same): Promise<RunInfo> =>
    change((await readBundle('reports/sample')).info)
  const of = (variant: string, made: RunInfo) => ({
    variant,
    info: made,
    report: madeReport({ restarts: [[0]] }),
  })

  test('is nothing between runs under the same conditions', async () => {
    const same = await info()
    expect(conditionsOf([of('a', same), of('b', same)])).toEqual({ incomparable: [], settings: [] })
  })

  test('is named with each value and who had it: load, replicas, version, path', async () => {
    const other = await info((base) => ({
      ...base,
      versions: { ...base.versions, rollproof: '9.9.9' },
      scenario: {
        ...base.scenario,
        load: { ...base.scenario.load, connections: { kind: 'fresh' } },
        target: { ...base.scenario.target, url: 'http://web.shop:8080/other?token=secret' },
      },
      cluster:
        base.cluster === null
          ? null
          : { ...base.cluster, serverVersion: 'v9', deployment: { ...base.cluster.deployment, replicas: 7 } },
    }))
    const conditions = conditionsOf([of('a', await info()), of('b', other)])
    expect(conditions.incomparable.map(({ name }) => name)).toEqual([
      'target',
      'connections',
      'replicas',
      'cluster version',
      'rollproof',
    ])
    const notes = conditionNotes(conditions).join('\n')
    expect(notes).toContain('replicas was 4 (a), 7 (b)')
    expect(notes).not.toContain('secret')
  })

  test('does not include the settings that a comparison is about; those are named by themselves', async () => {
    const other = await info((base) => ({
      ...base,
      cluster:
        base.cluster === null
          ? null
          : {
              ...base.cluster,
              deployment: {
                ...base.cluster.deployment,
                maxSurge: 9,
                settings: { ...base.cluster.deployment.settings, preStop: { kind: 'sleep', seconds: 12 } },
              },
            },
    }))
    const { incomparable, settings } = conditionsOf([of('a', await info()), of('b', other)])
    expect(incomparable).toEqual([])
    expect(settings.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['maxSurge', 'pod.preStop.seconds']),
    )
  })
})
