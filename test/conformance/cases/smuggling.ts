/** Request smuggling: whether an engine refuses a malformed message or not, nothing hidden in a body becomes a request. */
import type { Case, ExchangeCase, Expectation } from '../case.ts'

const hidden = 'GET /hidden HTTP/1.1\r\nHost: app.test\r\n\r\n'
const smuggle = (
  name: string,
  head: readonly string[],
  body: string,
  status: Expectation['status'] = 'any',
): ExchangeCase => ({
  name: `smuggling: ${name}`,
  features: ['smuggling-refused'],
  send: `POST /outer HTTP/1.1\r\nHost: {authority}\r\n${head.join('\r\n')}\r\n\r\n${body}`,
  answer: { status },
  saw: 'no-hidden',
})

const chunked = 'Transfer-Encoding: chunked'
const asChunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`
const ended = `0\r\n\r\n${hidden}`

/** Bodies that begin with a whole message: what follows is a second request only to who reads them otherwise. */
const both: readonly ExchangeCase[] = [
  smuggle('Content-Length before Transfer-Encoding', [`Content-Length: ${ended.length}`, chunked], ended),
  smuggle('Transfer-Encoding before Content-Length', [chunked, `Content-Length: ${ended.length}`], ended),
  smuggle('two lengths that differ', ['Content-Length: 0', `Content-Length: ${hidden.length}`], hidden, 'refused'),
  smuggle('two lengths in one line', [`Content-Length: 0, ${hidden.length}`], hidden, 'refused'),
  smuggle('a length with a sign', [`Content-Length: +${hidden.length}`], hidden, 'refused'),
  smuggle('a length with a blank inside', ['Content-Length: 1 0'], hidden, 'refused'),
  smuggle('a length in hexadecimal', [`Content-Length: 0x${hidden.length.toString(16)}`], hidden, 'refused'),
  smuggle('a negative length', ['Content-Length: -1'], hidden, 'refused'),
  smuggle('a length beyond 64 bits', ['Content-Length: 18446744073709551616'], hidden, 'refused'),
  smuggle('an empty length', ['Content-Length:'], hidden),
]

const codings: readonly ExchangeCase[] = (
  [
    ['an unknown coding', ['Transfer-Encoding: xchunked']],
    ['identity after chunked', ['Transfer-Encoding: chunked, identity']],
    ['chunked twice', ['Transfer-Encoding: chunked, chunked']],
    ['chunked in two lines', [chunked, chunked]],
    ['chunked with a vertical tab', ['Transfer-Encoding: \x0bchunked']],
    ['chunked in quotes', ['Transfer-Encoding: "chunked"']],
    [
      'chunked and a length, spelled with an underscore',
      ['Transfer_Encoding: chunked', `Content-Length: ${ended.length}`],
    ],
  ] as const
).map(([name, head]) => smuggle(name, head, ended))

const shapes: readonly ExchangeCase[] = [
  smuggle('a blank before the colon', ['Transfer-Encoding : chunked', `Content-Length: ${ended.length}`], ended),
  smuggle('a folded line', ['X-Long: a', ` ${chunked}`, `Content-Length: ${ended.length}`], ended),
  smuggle('a folded Transfer-Encoding', ['Transfer-Encoding:', ' chunked', `Content-Length: ${ended.length}`], ended),
  smuggle('a bare CR in a value', [`X-A: b\r${chunked}`, `Content-Length: ${ended.length}`], ended),
  smuggle('a bare LF in a value', [`X-A: b\n${chunked}`, `Content-Length: ${ended.length}`], ended),
  smuggle('a NUL in a value', [`X-A: b\0c`, `Content-Length: ${hidden.length}`], hidden),
  smuggle('a NUL in a name', [`X\0A: b`, `Content-Length: ${hidden.length}`], hidden),
  smuggle('a line without a colon', ['garbage', `Content-Length: ${hidden.length}`], hidden),
  smuggle('an empty name', [': chunked', `Content-Length: ${hidden.length}`], hidden),
]

const chunks: readonly ExchangeCase[] = [
  smuggle('a well-formed chunk holds its bytes', [chunked], asChunk, 200),
  smuggle('a chunk size beyond 64 bits', [chunked], `10000000000000000\r\n${hidden}`, 'refused'),
  smuggle('a negative chunk size', [chunked], `-1\r\n${hidden}`, 'refused'),
  smuggle('a chunk size with 0x', [chunked], `0x${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`),
  smuggle('a chunk extension with garbage', [chunked], `1;a="\r\nx\r\n${hidden}"\r\n0\r\n\r\n`),
  smuggle('a chunk extension with a bare LF', [chunked], `1;a\nx\r\n0\r\n\r\n`),
  smuggle('CVE-2024-27982: a chunk size with a blank before it', [chunked], ` ${asChunk}`),
  smuggle('a chunk that ends with a bare LF', [chunked], `1\nx\n0\n\n`),
  smuggle('chunk data longer than its size', [chunked], `1\r\nxyz\r\n0\r\n\r\n`),
  smuggle('a chunk terminator that is left out', [chunked], `1\r\nx0\r\n\r\n`),
]

const lone = (name: string, send: string, status: Expectation['status'] = 'any'): ExchangeCase => ({
  name: `smuggling: ${name}`,
  features: ['smuggling-refused'],
  send,
  answer: { status },
  saw: 'no-hidden',
})

export const smugglingCases: readonly Case[] = [
  ...both,
  ...codings,
  ...shapes,
  ...chunks,
  lone(
    'a body on GET is a body',
    `GET /outer HTTP/1.1\r\nHost: {authority}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  ),
  lone('chunked in HTTP/1.0', `POST /outer HTTP/1.0\r\nHost: {authority}\r\n${chunked}\r\n\r\n${asChunk}`),
  lone(
    'a space at the start of the first header',
    `GET /outer HTTP/1.1\r\n Host: {authority}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  ),
  lone(
    'an upgrade to h2c with a body',
    `POST /outer HTTP/1.1\r\nHost: {authority}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  ),
  {
    name: 'CONNECT is refused',
    features: ['smuggling-refused'],
    send: 'CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n',
    answer: { status: 'refused' },
    saw: 'nothing',
  },
  {
    name: 'CONNECT to a path is refused',
    features: ['smuggling-refused'],
    send: 'CONNECT /x HTTP/1.1\r\nHost: {authority}\r\n\r\n',
    answer: { status: 'refused' },
    saw: 'nothing',
  },
  {
    name: 'TRACE is refused',
    features: ['smuggling-refused'],
    send: 'TRACE / HTTP/1.1\r\nHost: {authority}\r\nCookie: a=1\r\n\r\n',
    answer: { status: 'refused' },
    saw: 'nothing',
  },
  {
    name: 'OPTIONS * reaches no backend',
    features: ['smuggling-refused'],
    send: 'OPTIONS * HTTP/1.1\r\nHost: {authority}\r\n\r\n',
    answer: { status: 'any' },
    saw: 'nothing',
  },
  {
    name: 'the preface of HTTP/2 without TLS reaches no backend',
    features: ['smuggling-refused'],
    send: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    answer: { status: 'any' },
    saw: 'nothing',
  },
]
