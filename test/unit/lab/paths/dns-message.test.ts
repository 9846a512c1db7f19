import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readQuery, TYPE_A, writeAnswer } from '../../../../src/lab/paths/dns-message.ts'

/** A query as a stub resolver writes it: one question, recursion desired. */
const query = (name: string, type: number, id = 0x1234): Buffer => {
  const header = Buffer.from([id >> 8, id & 0xff, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0])
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')])
  return Buffer.concat([header, Buffer.from([...labels, 0, type >> 8, type & 0xff, 0, 1])])
}

test('a query is read with its name in lower case', () => {
  const read = readQuery(query('Web.SHOP.svc', TYPE_A))
  expect(read).toMatchObject({ id: 0x1234, name: 'web.shop.svc', type: TYPE_A, recursionDesired: true })
})

test('an answer echoes the question as it came and carries the address with a time to live of 0', () => {
  const read = readQuery(query('wEb.shop', TYPE_A))
  if (read === null) throw new Error('not read')
  const answer = writeAnswer(read, 'no-error', ['127.20.1.7'])
  expect(answer.readUInt16BE(0)).toBe(0x1234)
  expect(answer.readUInt16BE(2)).toBe(0x8580)
  expect(answer.readUInt16BE(6)).toBe(1)
  expect(answer.toString('latin1', 13, 16)).toBe('wEb')
  const record = answer.subarray(answer.length - 16)
  expect([...record]).toEqual([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 20, 1, 7])
})

test('an unknown name is answered with NXDOMAIN', () => {
  const read = readQuery(query('nobody.shop', TYPE_A))
  if (read === null) throw new Error('not read')
  expect((writeAnswer(read, 'name-error')[3] ?? 0) & 0x0f).toBe(3)
})

test('responses, other opcodes, several questions and cut messages are no queries', () => {
  const good = query('web.shop', TYPE_A)
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(good)
    copy[at] = value
    return copy
  }
  expect(readQuery(changed(2, 0x81))).toBeNull()
  expect(readQuery(changed(2, 0x29))).toBeNull()
  expect(readQuery(changed(5, 2))).toBeNull()
  for (let length = 0; length < good.length; length++) expect(readQuery(good.subarray(0, length))).toBeNull()
})

test('no bytes at all make the reader throw or run on', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      const message = Buffer.from(bytes)
      readQuery(message)
      const read = readQuery(Buffer.concat([Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), message]))
      return read === null || read.question.length <= message.length
    }),
  )
})

test('any name of plain labels comes back as it was, in lower case', () => {
  const label = fc.stringMatching(/^[a-z0-9-]{1,63}$/)
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), fc.nat(0xffff), (labels, id) => {
      const read = readQuery(query(labels.join('.').toUpperCase(), TYPE_A, id))
      expect(read?.name).toBe(labels.join('.'))
      expect(read?.id).toBe(id)
    }),
  )
})
