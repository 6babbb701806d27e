import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Backend, routeTo, type Stand, sendRaw, startBackend, startProxy, statusesOf } from './stand.ts'

const lines = (...all: string[]): string => all.join('\r\n')
const hidden = 'GET /hidden HTTP/1.1\r\nHost: app.test\r\n\r\n'

/** Title, bytes, and the status of the only answer; nothing of it reaches the backend. */
const refused: readonly [title: string, bytes: string, status: number][] = [
  [
    'both lengths',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Content-Length: 4', 'Transfer-Encoding: chunked', '', '0', '', hidden),
    400,
  ],
  [
    'both lengths, the other way round',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: chunked', 'Content-Length: 4', '', '0', '', hidden),
    400,
  ],
  [
    'two differing lengths',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Content-Length: 4', 'Content-Length: 0', '', 'abcd'),
    400,
  ],
  [
    'two equal lengths',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Content-Length: 4', 'Content-Length: 4', '', 'abcd'),
    400,
  ],
  ['a list of lengths', lines('POST / HTTP/1.1', 'Host: app.test', 'Content-Length: 4, 4', '', 'abcd'), 400],
  ['a signed length', lines('POST / HTTP/1.1', 'Host: app.test', 'Content-Length: +4', '', 'abcd'), 400],
  ['a hexadecimal length', lines('POST / HTTP/1.1', 'Host: app.test', 'Content-Length: 0x4', '', 'abcd'), 400],
  ['an empty length', lines('POST / HTTP/1.1', 'Host: app.test', 'Content-Length: ', '', 'abcd'), 400],
  [
    'a length by underscore',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Content_Length: x', 'Content-Length: y', '', ''),
    400,
  ],
  [
    'chunked not last',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: chunked, gzip', '', '0', '', ''),
    400,
  ],
  [
    'chunked after another coding',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: gzip, chunked', '', '0', '', ''),
    400,
  ],
  [
    'chunked twice',
    lines(
      'POST / HTTP/1.1',
      'Host: app.test',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: chunked',
      '',
      '0',
      '',
      '',
    ),
    400,
  ],
  [
    'chunked twice in a list',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: chunked, chunked', '', '0', '', ''),
    400,
  ],
  [
    'an unknown coding',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: xchunked', '', '0', '', ''),
    400,
  ],
  ['identity', lines('POST / HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: identity', '', '0', '', ''), 400],
  [
    'a coding with a vertical tab',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: \x0bchunked', '', '0', '', ''),
    400,
  ],
  [
    'a coding in HTTP/1.0',
    lines('POST / HTTP/1.0', 'Host: app.test', 'Transfer-Encoding: chunked', '', '0', '', ''),
    400,
  ],
  ['blank before the colon', lines('GET / HTTP/1.1', 'Host: app.test', 'X-A : b', '', ''), 400],
  [
    'blank before the colon of a coding',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Transfer-Encoding : chunked', '', '0', '', ''),
    400,
  ],
  ['a folded line', lines('GET / HTTP/1.1', 'Host: app.test', 'X-A: b', ' c', '', ''), 400],
  [
    'a folded coding',
    lines('POST / HTTP/1.1', 'Host: app.test', 'Transfer-Encoding:', ' chunked', '', '0', '', ''),
    400,
  ],
  ['a bare LF in the head', 'GET / HTTP/1.1\nHost: app.test\n\n', 400],
  ['a bare LF between headers', 'GET / HTTP/1.1\r\nHost: app.test\nX-A: b\r\n\r\n', 400],
  ['a bare CR in a value', 'GET / HTTP/1.1\r\nHost: app.test\r\nX-A: b\rX-B: c\r\n\r\n', 400],
  ['a bare CR as a line end', 'GET / HTTP/1.1\r\nHost: app.test\r\rX-A: b\r\n\r\n', 400],
  ['NUL in a value', 'GET / HTTP/1.1\r\nHost: app.test\r\nX-A: b\0c\r\n\r\n', 400],
  ['a control character in a value', 'GET / HTTP/1.1\r\nHost: app.test\r\nX-A: b\x01c\r\n\r\n', 400],
  ['DEL in a value', 'GET / HTTP/1.1\r\nHost: app.test\r\nX-A: b\x7fc\r\n\r\n', 400],
  ['an empty name', 'GET / HTTP/1.1\r\nHost: app.test\r\n: b\r\n\r\n', 400],
  ['a name with a blank', 'GET / HTTP/1.1\r\nHost: app.test\r\nX A: b\r\n\r\n', 400],
  ['a line without colon', 'GET / HTTP/1.1\r\nHost: app.test\r\nX-A\r\n\r\n', 400],
  ['a header before Host that begins with a blank', 'GET / HTTP/1.1\r\n X-A: b\r\nHost: app.test\r\n\r\n', 400],
  ['a fragment', lines('GET /a#b HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['a fragment in the query', lines('GET /a?b#c HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['a blank in the target', lines('GET /a b HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['a byte beyond ASCII in the target', lines('GET /\xe4 HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['a tab after the method', lines('GET\t/ HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['asterisk form', lines('OPTIONS * HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['authority form', lines('GET app.test:80 HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['CONNECT', lines('CONNECT app.test:80 HTTP/1.1', 'Host: app.test', '', ''), 405],
  ['TRACE', lines('TRACE / HTTP/1.1', 'Host: app.test', '', ''), 405],
  ['an unknown method', lines('HELLO / HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['HTTP/2 in HTTP/1', lines('GET / HTTP/2.0', 'Host: app.test', '', ''), 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['HTTP/0.9', 'GET /\r\n\r\n', 400],
  ['no Host', lines('GET / HTTP/1.1', 'X-A: b', '', ''), 400],
  ['no Host in HTTP/1.0', lines('GET / HTTP/1.0', '', ''), 400],
  ['an empty Host', lines('GET / HTTP/1.1', 'Host: ', '', ''), 400],
  ['two Hosts', lines('GET / HTTP/1.1', 'Host: app.test', 'Host: app.test', '', ''), 400],
  ['two Hosts that differ', lines('GET / HTTP/1.1', 'Host: app.test', 'Host: other.test', '', ''), 400],
  ['a list of Hosts', lines('GET / HTTP/1.1', 'Host: app.test, other.test', '', ''), 400],
  ['a Host with user', lines('GET / HTTP/1.1', 'Host: a@app.test', '', ''), 400],
  ['a Host with path', lines('GET / HTTP/1.1', 'Host: app.test/x', '', ''), 400],
  ['a Host with a second port', lines('GET / HTTP/1.1', 'Host: app.test:80:80', '', ''), 400],
  ['two trailing dots', lines('GET / HTTP/1.1', 'Host: app.test..', '', ''), 400],
  ['another Host', lines('GET / HTTP/1.1', 'Host: other.test', '', ''), 421],
  ['another port', lines('GET / HTTP/1.1', 'Host: app.test:8080', '', ''), 421],
  ["the backend's address as Host", lines('GET / HTTP/1.1', 'Host: 127.0.0.1', '', ''), 421],
  ['a suffix of Host', lines('GET / HTTP/1.1', 'Host: xapp.test', '', ''), 421],
  ['absolute form for another host', lines('GET http://other.test/ HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['absolute form for another Host', lines('GET http://app.test/ HTTP/1.1', 'Host: other.test', '', ''), 400],
  ['absolute form for an unknown host', lines('GET http://other.test/ HTTP/1.1', 'Host: other.test', '', ''), 421],
  ['absolute form with user', lines('GET http://x@app.test/ HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['absolute form by https', lines('GET https://app.test/ HTTP/1.1', 'Host: app.test', '', ''), 421],
  ['absolute form by ftp', lines('GET ftp://app.test/ HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['absolute form with a fragment', lines('GET http://app.test/#a HTTP/1.1', 'Host: app.test', '', ''), 400],
  ['a target that begins with two slashes', lines('GET //other.test/ HTTP/1.1', 'Host: app.test', '', ''), 400],
  [
    'an upgrade with a body',
    lines(
      'GET / HTTP/1.1',
      'Host: app.test',
      'Connection: upgrade',
      'Upgrade: websocket',
      'Content-Length: 4',
      '',
      'abcd',
    ),
    400,
  ],
]

/** Bodies that a lenient parser would end early: the head may reach the backend, nothing behind it as a request. */
const brokenChunks: readonly [title: string, body: string][] = [
  ['a chunk size that is no number', `x\r\nabc\r\n0\r\n\r\n${hidden}`],
  ['a signed chunk size', `+3\r\nabc\r\n0\r\n\r\n${hidden}`],
  ['a chunk size with 0x', `0x3\r\nabc\r\n0\r\n\r\n${hidden}`],
  ['a chunk size beyond 64 bits', `fffffffffffffffff\r\nabc\r\n0\r\n\r\n${hidden}`],
  ['a chunk longer than its size', `3\r\nabcd\r\n0\r\n\r\n${hidden}`],
  ['a chunk that ends in LF', `3\r\nabc\n0\r\n\r\n${hidden}`],
  ['a chunk size that ends in LF', `3\nabc\r\n0\r\n\r\n${hidden}`],
  ['a bare CR in a chunk extension', `3;a\rb\r\nabc\r\n0\r\n\r\n${hidden}`],
  ['a bare LF in a chunk extension', `3;a\nb\r\nabc\r\n0\r\n\r\n${hidden}`],
  ['a folded trailer', `3\r\nabc\r\n0\r\nX-A: b\r\n c\r\n\r\n${hidden}`],
]

/** Milliseconds for which a connection that is kept may hold back another answer. */
const moment = 400

describe('malformed requests', () => {
  let backend: Backend
  let stand: Stand
  beforeAll(async () => {
    backend = await startBackend()
    stand = await startProxy([routeTo(backend.port)])
  })
  afterAll(async () => {
    await stand.close()
    await backend.close()
  })
  beforeEach(() => void backend.seen.splice(0))

  test('a well-formed one is served: the control', async () => {
    const answer = await sendRaw(stand.port, lines('GET /ok HTTP/1.1', 'Host: app.test', 'Connection: close', '', ''))
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*backend saw \/ok$/)
  })

  test.each(refused)('%s', async (_title, bytes, status) => {
    const answer = await sendRaw(stand.port, bytes, 10_000, moment)
    expect(statusesOf(answer)[0]).toBe(status)
    expect(answer).not.toContain('127.0.0.1')
    expect(backend.seen).toEqual([])
  })

  test.each(brokenChunks)('%s hides no request', async (_title, body) => {
    const head = lines('POST /first HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: chunked', '', '')
    const answer = await sendRaw(stand.port, [head, body], 10_000, moment)
    expect(backend.seen.filter((one) => one.url === '/hidden')).toEqual([])
    expect(statusesOf(answer).filter((status) => status < 400)).toEqual([])
  })

  test('a malformed request behind a good one does not answer in its place', async () => {
    const good = lines('GET /good HTTP/1.1', 'Host: app.test', '', '')
    const answer = await sendRaw(stand.port, `${good}BROKEN\r\n\r\n`, 600)
    expect(statusesOf(answer)[0] ?? 200).toBe(200)
  })
})
