import { expect, test } from 'vitest'
import { classify, OWN_CODES, type Stage } from '../../../src/engine/classify.ts'

const of = (stage: Stage, code: string | null, message = '', headSeen = false) =>
  classify({ stage, code, message, headSeen }).kind

test.each<[Stage, string | null, string, string]>([
  ['lookup', 'ENOTFOUND', '', 'dns'],
  ['lookup', 'ETIMEOUT', '', 'dns'],
  ['lookup', OWN_CODES.deadline, '', 'dns'],
  ['connect', 'ECONNREFUSED', '', 'connect-refused'],
  ['connect', 'ETIMEDOUT', '', 'connect-timeout'],
  ['connect', OWN_CODES.deadline, '', 'connect-timeout'],
  ['connect', 'EHOSTUNREACH', '', 'connect-unreachable'],
  ['connect', 'ECONNRESET', '', 'reset'],
  ['connect', 'EADDRNOTAVAIL', '', 'client'],
  ['connect', 'EMFILE', '', 'client'],
  ['connect', 'ENFILE', '', 'client'],
  ['connect', 'ENETUNREACH', '', 'client'],
  ['connect', 'ENOBUFS', '', 'client'],
  ['handshake', 'CERT_HAS_EXPIRED', '', 'tls'],
  ['handshake', 'ERR_TLS_CERT_ALTNAME_INVALID', '', 'tls'],
  ['handshake', 'ECONNRESET', '', 'tls'],
  ['handshake', OWN_CODES.deadline, '', 'tls'],
  ['written', 'ECONNRESET', '', 'reset'],
  ['written', 'EPIPE', '', 'reset'],
  ['written', 'UND_ERR_SOCKET', 'other side closed', 'closed'],
  ['written', OWN_CODES.deadline, '', 'timeout'],
  ['written', OWN_CODES.stall, '', 'client'],
  ['written', 'HPE_INVALID_CONSTANT', '', 'protocol'],
  ['written', 'UND_ERR_SOCKET', 'bad response', 'protocol'],
  ['answering', 'ECONNRESET', '', 'truncated'],
  ['answering', 'UND_ERR_SOCKET', 'other side closed', 'truncated'],
  ['answering', 'HPE_INVALID_EOF_STATE', '', 'truncated'],
  ['answering', OWN_CODES.deadline, '', 'timeout'],
  ['answering', 'HPE_INVALID_CHUNK_SIZE', '', 'protocol'],
  ['answering', 'UND_ERR_SOCKET', 'bad upgrade', 'protocol'],
  ['answering', 'UND_ERR_HEADERS_OVERFLOW', '', 'protocol'],
  ['answering', 'ERR_ASSERTION', '', 'protocol'],
  ['answering', OWN_CODES.bodyLimit, '', 'check'],
  ['answering', 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REQUIRED', '', 'tls'],
])('%s, %s %s is %s', (stage, code, message, kind) => {
  expect(of(stage, code, message)).toBe(kind)
})

test('a length that does not fit is a cut body after a head, and a malformed head before', () => {
  expect(of('answering', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', '', true)).toBe('truncated')
  expect(of('answering', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', '', false)).toBe('protocol')
})

test('what our own machine did is of no phase of the target', () => {
  expect(classify({ stage: 'connect', code: 'EMFILE', message: '', headSeen: false }).phase).toBe('own')
  expect(classify({ stage: 'connect', code: 'ECONNREFUSED', message: '', headSeen: false }).phase).toBe(
    'connecting',
  )
})
