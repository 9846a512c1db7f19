import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { predict } from '../../../../src/orchestrator/predict/predict.ts'
import { causesSaid, surroundingsIn } from '../../../support/read-manifests.ts'

/*
 * Each manifest says in its head which causes a rollout of it shows: `wrong` those that its settings decide, `unseen`
 * those that no manifest can say. The first five are the ones that were rolled under load on a real cluster.
 */
const FOLDER = new URL('./manifests/', import.meta.url)

const cases = readdirSync(FOLDER).map((file) => {
  const yaml = readFileSync(new URL(file, FOLDER), 'utf8')
  return {
    name: file.replace('.yaml', ''),
    wrong: causesSaid(yaml, 'wrong'),
    unseen: causesSaid(yaml, 'unseen'),
    made: predict(surroundingsIn(yaml)),
  }
})

test('at least nine of ten predictions are right, over the five rolled manifests and twenty and more others', () => {
  expect(cases.filter(({ name }) => name.startsWith('kube-'))).toHaveLength(5)
  expect(cases.length).toBeGreaterThanOrEqual(25)
  const made = cases.flatMap(({ wrong, made }) => made.map(({ cause }) => wrong.includes(cause)))
  expect(made.filter(Boolean).length / made.length).toBeGreaterThanOrEqual(0.9)
})

test('the false predictions are these: what a program does inside its image cannot be read', () => {
  const wrong = cases.flatMap(({ name, wrong, made }) =>
    made.filter(({ cause }) => !wrong.includes(cause)).map(({ id }) => `${name}: ${id}`),
  )
  expect(wrong).toEqual(['lame-duck-app: no-pre-stop', 'sh-that-is-bash: shell-pid1'])
})

test('nothing that the settings decide is missed', () => {
  const missed = cases.flatMap(({ name, wrong, made }) =>
    wrong
      .filter((cause) => !made.some((prediction) => prediction.cause === cause))
      .map((cause) => `${name}: ${cause}`),
  )
  expect(missed).toEqual([])
})

test('the misses are these: what an app does with its connections, and when a side-car ends', () => {
  const missed = cases.flatMap(({ name, unseen, made }) =>
    unseen
      .filter((cause) => !made.some((prediction) => prediction.cause === cause))
      .map((cause) => `${name}: ${cause}`),
  )
  expect(missed).toEqual([
    'kube-bare: A6',
    'kube-bare: A7',
    'kube-bare: A16',
    'kube-graceful: A6',
    'kube-graceful: A7',
    'kube-prestop: A6',
    'kube-prestop: A7',
    'kube-prestop: A16',
    'kube-readiness: A6',
    'kube-readiness: A7',
    'kube-readiness: A16',
    'sidecar-goes-first: A11',
  ])
})

test.each(cases)('$name: every prediction names its evidence and what to change', ({ made }) => {
  for (const { because, fix, title, alsoCauses, cause } of made) {
    expect(because.length).toBeGreaterThan(30)
    expect(fix).not.toBe('')
    expect(title).not.toBe('')
    expect(alsoCauses).not.toContain(cause)
  }
})
