import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeProtobuf } from '../../../../src/lab/server/protobuf.ts'

const field = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes])
const text = (number: number, value: string): Buffer => field(number, Buffer.from(value))
const envelope = (kind: string, raw: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    field(1, Buffer.concat([text(1, 'v1'), text(2, kind)])),
    field(2, raw),
  ])

test('names, maps and nested messages come out as JSON', () => {
  const entry = Buffer.concat([text(1, 'app'), text(2, 'web')])
  const metadata = Buffer.concat([text(1, 'settings'), text(2, ''), field(11, entry)])
  const raw = Buffer.concat([field(1, metadata), field(2, Buffer.concat([text(1, 'key'), text(2, 'value')]))])
  expect(decodeProtobuf(envelope('ConfigMap', raw))).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', labels: { app: 'web' } },
    data: { key: 'value' },
  })
})

test('a kind without a table is refused by name', () => {
  expect(() => decodeProtobuf(envelope('CronJob', Buffer.alloc(0)))).toThrow(/does not read CronJob/)
})

test('whatever the bytes, the answer is an object or a bad request', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom('Deployment', 'ConfigMap'),
      (bytes, kind) => {
        try {
          expect(decodeProtobuf(envelope(kind, Buffer.from(bytes)))).toMatchObject({ kind })
        } catch (error) {
          expect(error).toMatchObject({ code: 400 })
        }
      },
    ),
  )
})
