import { expect, test } from 'vitest'
import { finishPod, newPodDraft } from '../../../src/correlator/pod-draft.ts'

const ref = { namespace: 'shop', name: 'web-1', uid: 'u1' }
const at = (ms: number) => ({ earliest: ms, latest: ms, receivedAtMs: ms, seq: ms })

test('a pod that one rollout made and replaced itself is not counted as made by the rollout before it', () => {
  const draft = newPodDraft(ref)
  draft.created = at(150)
  const first = { index: 1, fromMs: 0, old: new Set<string>() }
  const second = { index: 2, fromMs: 100, old: new Set(['u1']) }
  expect(finishPod(draft, null, [first, second])).toMatchObject({
    madeBy: null,
    replacedBy: 2,
    interim: true,
  })
  const third = { index: 3, fromMs: 200, old: new Set(['u1']) }
  expect(finishPod(draft, null, [first, { ...second, old: new Set() }, third])).toMatchObject({
    madeBy: 2,
    replacedBy: 3,
    interim: false,
  })
})
