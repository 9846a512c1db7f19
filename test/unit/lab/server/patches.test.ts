import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonPatch } from '../../../../src/lab/server/json-patch.ts'
import type { JsonObject } from '../../../../src/lab/server/json-value.ts'
import { mergePatch } from '../../../../src/lab/server/merge-patch.ts'
import { strategicMergePatch } from '../../../../src/lab/server/strategic-merge-patch.ts'

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, 'x', 1, 2),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  ),
})).value

test('the examples of RFC 7386 come out as printed there', () => {
  const cases: readonly (readonly [unknown, unknown, unknown])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, result] of cases) expect(mergePatch(target, patch)).toEqual(result)
})

test('applying a merge patch twice is the same as once, and the target stays as it was', () => {
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const before = JSON.stringify(target)
      const once = mergePatch(target, patch)
      expect(mergePatch(once, patch)).toEqual(once)
      expect(JSON.stringify(target)).toBe(before)
    }),
  )
})

test('the six operations of RFC 6902', () => {
  const target = { a: { 'x/y': 1, '~': 2 }, list: [1, 2, 3] }
  const patched = jsonPatch(target, [
    { op: 'test', path: '/a/x~1y', value: 1 },
    { op: 'replace', path: '/a/~0', value: 5 },
    { op: 'add', path: '/list/1', value: 9 },
    { op: 'add', path: '/list/-', value: 4 },
    { op: 'remove', path: '/list/0' },
    { op: 'copy', from: '/a', path: '/copy' },
    { op: 'move', from: '/a/x~1y', path: '/moved' },
  ])
  expect(patched).toEqual({ a: { '~': 5 }, copy: { 'x/y': 1, '~': 5 }, list: [9, 2, 3, 4], moved: 1 })
  expect(target.list).toEqual([1, 2, 3])
  for (const [patch, code] of [
    [[{ op: 'remove', path: '/nope' }], 422],
    [[{ op: 'replace', path: '/list/7', value: 1 }], 422],
    [[{ op: 'test', path: '/list', value: [] }], 422],
    [[{ op: 'jump', path: '/a' }], 400],
    [{}, 400],
  ] as const)
    expect(() => jsonPatch(target, patch)).toThrow(expect.objectContaining({ code }))
})

const template = (containers: unknown): JsonObject => ({ spec: { template: { spec: { containers } } } })
const containersOf = (object: unknown): unknown =>
  (object as { spec: { template: { spec: { containers: unknown } } } }).spec.template.spec.containers

test('lists with a merge key are merged by it, others replaced', () => {
  const current = template([
    { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }], args: ['x', 'y'] },
    { name: 'b', image: 'b:1' },
  ])
  const patch = template([
    { name: 'a', env: [{ name: 'Y', value: '2' }], args: ['z'] },
    { name: 'c', image: 'c:1' },
  ])
  expect(containersOf(strategicMergePatch('Deployment', current, patch))).toEqual([
    {
      name: 'a',
      image: 'a:1',
      env: [
        { name: 'X', value: '1' },
        { name: 'Y', value: '2' },
      ],
      args: ['z'],
    },
    { name: 'b', image: 'b:1' },
    { name: 'c', image: 'c:1' },
  ])
})

test('$patch deletes or replaces, null removes, $setElementOrder orders', () => {
  const current = template([{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  const apply = (patch: unknown): unknown =>
    containersOf(strategicMergePatch('Deployment', current, patch as JsonObject))
  expect(apply(template([{ name: 'b', $patch: 'delete' }]))).toEqual([{ name: 'a' }, { name: 'c' }])
  expect(apply(template([{ name: 'z' }, { $patch: 'replace' }]))).toEqual([{ name: 'z' }])
  const ordered = {
    spec: {
      template: {
        spec: {
          '$setElementOrder/containers': [{ name: 'c' }, { name: 'n' }, { name: 'a' }],
          containers: [{ name: 'n' }],
        },
      },
    },
  }
  expect(apply(ordered)).toEqual([{ name: 'b' }, { name: 'c' }, { name: 'n' }, { name: 'a' }])
  const strategy = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } }
  expect(
    strategicMergePatch('Deployment', strategy, {
      spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    }),
  ).toEqual({ spec: { strategy: { type: 'Recreate' } } })
})

test('ports are told apart by containerPort in pods and by port in Services', () => {
  const pod = { spec: { containers: [{ name: 'a', ports: [{ containerPort: 1, name: 'x' }] }] } }
  const podPatch = { spec: { containers: [{ name: 'a', ports: [{ containerPort: 1, protocol: 'UDP' }] }] } }
  expect(strategicMergePatch('Pod', pod, podPatch)).toEqual({
    spec: { containers: [{ name: 'a', ports: [{ containerPort: 1, name: 'x', protocol: 'UDP' }] }] },
  })
  const service = { spec: { ports: [{ port: 80, name: 'x' }] } }
  expect(strategicMergePatch('Service', service, { spec: { ports: [{ port: 80, targetPort: 8 }] } })).toEqual(
    {
      spec: { ports: [{ port: 80, name: 'x', targetPort: 8 }] },
    },
  )
})

test('finalizers are a set, with its own directive to take some out', () => {
  const current = { metadata: { finalizers: ['a', 'b'] } }
  const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['b', 'c'] } }
  expect(strategicMergePatch('Pod', current, patch)).toEqual({ metadata: { finalizers: ['b', 'c'] } })
})

test('an item without its merge key is refused', () => {
  expect(() => strategicMergePatch('Deployment', template([]), template([{ image: 'x' }]))).toThrow(
    expect.objectContaining({ code: 400 }),
  )
})

test('without lists, a strategic merge patch is a merge patch', () => {
  const plain = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(true, 'x', 1),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
    ),
  })).value
  const object = fc.dictionary(fc.constantFrom('a', 'b', 'c'), plain)
  const patch = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(plain, fc.constant(null)))
  fc.assert(
    fc.property(object, patch, (current, change) => {
      expect(strategicMergePatch('Deployment', current, change)).toEqual(mergePatch(current, change))
    }),
  )
})

test('items that a patch does not name keep their order and their content', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'))
  fc.assert(
    fc.property(names, names, (current, changed) => {
      const before = current.map((name) => ({ name, image: `${name}:1` }))
      const patch = changed.map((name) => ({ name, image: `${name}:2` }))
      const after = containersOf(strategicMergePatch('Deployment', template(before), template(patch)))
      expect(after).toEqual([
        ...current.map((name) => ({ name, image: `${name}:${changed.includes(name) ? 2 : 1}` })),
        ...changed.filter((name) => !current.includes(name)).map((name) => ({ name, image: `${name}:2` })),
      ])
    }),
  )
})
