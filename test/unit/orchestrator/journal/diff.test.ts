import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, sameJson } from '../../../../src/kernel/canonical-json.ts'
import { pointerOf, stepsOf, valueAt, withValueAt } from '../../../../src/kernel/json-pointer.ts'
import { jsonPatch } from '../../../../src/lab/server/json-patch.ts'
import { diffObjects } from '../../../../src/orchestrator/journal/diff.ts'
import { guardedPatch } from '../../../../src/orchestrator/journal/operations.ts'
import { specHash } from '../../../../src/orchestrator/journal/spec-hash.ts'

const paths = (before: unknown, after: unknown): readonly string[] =>
  diffObjects(before, after).changes.map(({ path }) => path)

describe('a diff', () => {
  test.each<[string, unknown, unknown, readonly string[]]>([
    ['of what is equal is empty, whatever the order of keys', { a: 1, b: [2] }, { b: [2], a: 1 }, []],
    ['names the deepest key', { a: { b: { c: 1, d: 1 } } }, { a: { b: { c: 2, d: 1 } } }, ['/a/b/c']],
    ['names a key that comes and one that goes', { a: 1 }, { b: 1 }, ['/a', '/b']],
    ['tells null from nothing', { a: null }, {}, ['/a']],
    ['escapes keys', { m: {} }, { m: { 'a/b~c': 1 } }, ['/m/a~1b~0c']],
    [
      'goes into lists of equally named elements',
      {
        c: [
          { name: 'x', v: 1 },
          { name: 'y', v: 1 },
        ],
      },
      {
        c: [
          { name: 'x', v: 1 },
          { name: 'y', v: 2 },
        ],
      },
      ['/c/1/v'],
    ],
    [
      'takes a list with one element more as one value',
      { c: [{ name: 'x' }] },
      { c: [{ name: 'x' }, { name: 'y' }] },
      ['/c'],
    ],
    ['takes a list without names as one value', { c: [1, 2] }, { c: [1, 3] }, ['/c']],
    [
      'takes reordered names as one value',
      { c: [{ name: 'x' }, { name: 'y' }] },
      { c: [{ name: 'y' }, { name: 'x' }] },
      ['/c'],
    ],
    ['takes a change of type as one value', { a: { b: 1 } }, { a: [1] }, ['/a']],
  ])('%s', (_, before, after, expected) => {
    expect(paths(before, after)).toEqual(expected)
  })

  test('keeps the names on the way, so that an index still means the same element', () => {
    const containers = (v: number) => ({
      containers: [{ name: 'a', env: [{ name: 'K', value: String(v) }] }],
    })
    expect(diffObjects(containers(1), containers(2)).anchors).toEqual([
      { path: '/containers/0/name', value: 'a' },
      { path: '/containers/0/env/0/name', value: 'K' },
    ])
  })

  const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null))
  const tree = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, leaf, tie('fields'), tie('list'), tie('named')),
    fields: fc.dictionary(fc.constantFrom('a', 'b', 'c/d', 'e~f', 'name'), tie('value'), { maxKeys: 4 }),
    list: fc.array(tie('value'), { maxLength: 3 }),
    named: fc.array(fc.record({ name: fc.constantFrom('x', 'y', 'z'), v: tie('value') }), { maxLength: 3 }),
  })).fields

  test('property: its changes turn one object into the other, and back, and none lies below another', () => {
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        const { changes } = diffObjects(before, after)
        const there = changes.reduce<unknown>(
          (root, { path, after: value }) => withValueAt(root, path, value),
          before,
        )
        expect(canonicalJson(there)).toBe(canonicalJson(after))
        const back = changes.reduce<unknown>(
          (root, { path, before: value }) => withValueAt(root, path, value),
          after,
        )
        expect(canonicalJson(back)).toBe(canonicalJson(before))
        for (const a of changes)
          for (const b of changes) expect(a !== b && b.path.startsWith(`${a.path}/`)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  test('property: the JSON patch made of it does the same, and does nothing to an object of another version', () => {
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        const object = (spec: unknown, resourceVersion = '1') => ({
          kind: 'Ingress',
          metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion },
          spec,
        })
        const { changes, anchors } = diffObjects(object(before), object(after))
        const wanted = changes.map(({ path, after: value }) => ({ path, value }))
        const operations = guardedPatch(object(before), wanted, 'journal', anchors)
        expect(sameJson(valueAt(jsonPatch(object(before), operations), '/spec')?.value, after)).toBe(true)
        expect(() => jsonPatch(object(before, '2'), operations)).toThrow(
          'testing path /metadata/resourceVersion failed',
        )
      }),
      { numRuns: 300 },
    )
  })
})

test('property: a pointer is read back as it was written', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (steps) => {
      expect(stepsOf(pointerOf(steps))).toEqual(steps)
    }),
  )
})

describe('the hash of a spec', () => {
  const object = (spec: object) => ({ metadata: { name: 'web' }, spec })
  test('does not depend on the order of keys, on replicas, or on a map of annotations that is empty', () => {
    const template = { metadata: { labels: { a: 'b' } } }
    const hash = specHash(object({ a: 1, template }))
    expect(specHash(object({ template, a: 1, replicas: 7 }))).toBe(hash)
    expect(specHash(object({ a: 1, template: { metadata: { annotations: {}, labels: { a: 'b' } } } }))).toBe(
      hash,
    )
  })
  test.each([
    ['a value', { a: 2 }],
    ['a key', { a: 1, b: null }],
    ['the order of a list', { a: 1, l: [2, 1] }],
  ])('differs by %s', (_, spec) => {
    expect(specHash(object(spec))).not.toBe(specHash(object({ a: 1, ...('l' in spec ? { l: [1, 2] } : {}) })))
  })
  test('is SHA-256 of canonical JSON', () => {
    // printf '{"a":1,"b":[true,null]}' | sha256sum
    expect(specHash(object({ b: [true, null], a: 1 }))).toBe(
      '1cc69c7fa23616ca2ec3ee70d24390a6225c8832db8a4c814c7e0e7f942f8668',
    )
  })
})
