import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { importCircles } from './import-circles.ts'
import { breaches } from './import-table.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

test('the source tree keeps to the import table', () => {
  expect(breaches(here('../../src'))).toEqual([])
})

test('each kind of breach in a bad tree is found', () => {
  expect(breaches(here('./bad-tree')).sort()).toEqual([
    'cli/f.ts: cli may not import engine/a.ts',
    'correlator/b.ts: a pure part may not import node:fs',
    'correlator/b.ts: the process outside cli/host: process.env',
    'engine/a.ts: Math.random',
    'engine/a.ts: engine may not import kube/client.ts',
    'engine/a.ts: may not import undici',
    'kube/client.ts: time outside kernel/clock: setTimeout',
    'watchers/c.ts: watchers may not import engine/a.ts',
    'watchers/c.ts: watchers may not import kube/client.ts',
    'widgets/e.ts: no stage is called widgets',
  ])
})

test('no files of the source tree import each other in a circle', () => {
  expect(importCircles(here('../../src'))).toEqual([])
})

test('a circle in a bad tree is found', () => {
  expect(importCircles(here('./bad-tree'))).toEqual([['kube/x.ts', 'kube/y.ts']])
})
