/** Forwarding and identity headers: whatever a client sends, the backend sees only what the enforcement point sets. */
import { forwardingHeaders, refusedHeaders } from '@lockgate/model'
import { type Case, type ExchangeCase, request } from '../case.ts'

const names: readonly string[] = [...forwardingHeaders, ...refusedHeaders]
const mark = 'planted-by-client'

const capital = (name: string) => name.replace(/(^|-)([a-z])/g, (all) => all.toUpperCase())

const spellings: readonly (readonly [string, (name: string) => readonly string[]])[] = [
  ['as they are', (name) => [name]],
  ['with capitals', (name) => [capital(name)]],
  ['in upper case', (name) => [name.toUpperCase()]],
  ['with _ for -', (name) => [name.replaceAll('-', '_')]],
  ['with . for -', (name) => [name.replaceAll('-', '.')]],
  ['with _ and - mixed, in upper case', (name) => [name.replace('-', '_').toUpperCase()]],
  ['twice, in two cases', (name) => [name, name.toUpperCase()]],
]

/** In portions that stay below every engine's limit of header lines. */
const portions = (list: readonly string[]): readonly (readonly string[])[] =>
  [0, 1, 2, 3].map((quarter) => list.filter((_, index) => index % 4 === quarter)).filter((one) => one.length > 0)

const spelled: readonly ExchangeCase[] = spellings.flatMap(([how, spell]) =>
  portions(names).map((portion, index) => ({
    name: `names of the enforcement point, sent ${how}, are removed (part ${index + 1})`,
    features: ['header-spellings', 'forwarding-headers'],
    send: request({ fields: portion.flatMap(spell).map((name) => `${name}: ${mark}`) }),
    answer: { status: 200 },
    saw: { nowhere: mark, fields: { 'x-forwarded-for': ['127.0.0.1'] } },
  })),
)

/** Every header that is set, over each listener. */
const set: readonly ExchangeCase[] = (
  [
    ['http', 'app', '127.0.0.1', 'http'],
    ['http6', 'app', '::1', 'http'],
    ['https', 'secure', '127.0.0.1', 'https'],
    ['https6', 'secure', '::1', 'https'],
  ] as const
).map(([listener, to, peer, scheme]) => ({
  name: `forwarding headers say what the enforcement point saw, over ${listener}`,
  features: [
    'forwarding-headers',
    'http',
    ...(scheme === 'https' ? (['https'] as const) : []),
    ...(peer === '::1' ? (['ipv6'] as const) : []),
  ],
  to,
  listener,
  send: request({ fields: ['X-Forwarded-For: 203.0.113.9, 198.51.100.7', 'X-Real-IP: 203.0.113.9'] }),
  answer: { status: 200 },
  saw: {
    fields: {
      'x-forwarded-for': [peer],
      'x-real-ip': [peer],
      'x-forwarded-proto': [scheme],
      'x-forwarded-host': ['{authority}'],
      'x-forwarded-port': ['{port}'],
      'x-request-id': /^[\w@.-]{16,}$/,
      host: ['{authority}'],
    },
  },
}))

const fieldCase = (
  name: string,
  fields: readonly string[],
  saw: ExchangeCase['saw'],
  more: Partial<ExchangeCase> = {},
): ExchangeCase => ({
  name,
  features: ['forwarding-headers'],
  send: request({ fields }),
  answer: { status: 200 },
  saw,
  ...more,
})

const listed = (name: string, connection: string): ExchangeCase =>
  fieldCase(
    name,
    [`Connection: ${connection}`, `X-Forwarded-For: ${mark}`],
    { fields: { 'x-forwarded-for': ['127.0.0.1'], 'x-real-ip': ['127.0.0.1'] }, nowhere: mark, orRefused: true },
    { features: ['connection-listed'], answer: { status: [200, 400] } },
  )

export const headerCases: readonly Case[] = [
  ...spelled,
  ...set,
  listed('CVE-2024-45410: X-Forwarded-For listed in Connection is set all the same', 'x-forwarded-for, x-real-ip'),
  listed('CVE-2026-29054: the same in upper case', 'X-FORWARDED-FOR, X-REAL-IP'),
  listed('CVE-2026-33805: the same beside close', 'close, X-Forwarded-For'),
  fieldCase(
    'the same in two Connection headers',
    ['Connection: x-real-ip', 'Connection: x-forwarded-for', `X-Real-IP: ${mark}`],
    { fields: { 'x-forwarded-for': ['127.0.0.1'], 'x-real-ip': ['127.0.0.1'] }, nowhere: mark, orRefused: true },
    { features: ['connection-listed'], answer: { status: [200, 400] } },
  ),
  fieldCase(
    'CVE-2026-40575: X-Forwarded-Uri and X-Original-URL choose nothing',
    ['X-Forwarded-Uri: /admin', 'X-Original-URL: /admin', 'X-Rewrite-URL: /admin'],
    { target: '/', nowhere: '/admin' },
  ),
  fieldCase(
    'CVE-2026-34457: a health checker by User-Agent gets what everyone gets',
    ['User-Agent: kube-probe/1.30', `X-User: ${mark}`],
    {
      fields: { 'user-agent': ['kube-probe/1.30'] },
      nowhere: mark,
    },
  ),
  fieldCase('an empty identity header does not stay', ['X-Forwarded-User:', 'Remote-User:'], {
    fields: { 'x-forwarded-user': [], 'remote-user': [] },
  }),
  fieldCase('Proxy is removed (httpoxy)', [`Proxy: http://${mark}/`], { fields: { proxy: [] }, nowhere: mark }),
  fieldCase('X-Request-Id is our own', [`X-Request-Id: ${mark}`], {
    fields: { 'x-request-id': /^[\w@.-]{16,}$/ },
    nowhere: mark,
  }),
  fieldCase('hop-by-hop headers end here', ['Keep-Alive: timeout=99', 'Proxy-Connection: keep-alive', 'TE: gzip'], {
    fields: { 'keep-alive': [], 'proxy-connection': [], te: [] },
  }),
  fieldCase(
    'an Upgrade that is not to websocket is not passed on',
    ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
    {
      fields: { upgrade: [] },
    },
  ),
  fieldCase(
    'other headers arrive as they were sent',
    [
      'Accept: text/html',
      'Authorization: Bearer abc',
      'Cookie: a=1; b=2',
      'X-Custom: "quoted", value',
      'If-None-Match: "x"',
    ],
    {
      fields: {
        accept: ['text/html'],
        authorization: ['Bearer abc'],
        cookie: ['a=1; b=2'],
        'x-custom': ['"quoted", value'],
        'if-none-match': ['"x"'],
      },
    },
  ),
  {
    name: 'CVE-2026-88004: forbidden names that arrive as trailers are dropped',
    features: ['request-trailers'],
    send: `POST /trailed HTTP/1.1\r\nHost: {authority}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Forwarded-User\r\n\r\n4\r\nbody\r\n0\r\nX-Forwarded-User: ${mark}\r\nX-Forwarded-For: ${mark}\r\nX-Other: ${mark}\r\n\r\n`,
    answer: { status: 200 },
    saw: { body: 'body', trailers: 'none', nowhere: mark, fields: { 'x-forwarded-for': ['127.0.0.1'] } },
  },
  {
    name: 'GHSA-ghc4-35x6-crw5: a repeated header is not joined into one that counts',
    features: ['header-spellings'],
    send: request({
      fields: [`Lockgate-Assertion: ${mark}`, `lockgate-assertion: ${mark}`, `LOCKGATE_ASSERTION: ${mark}`],
    }),
    answer: { status: 200 },
    saw: { fields: { 'lockgate-assertion': [] }, nowhere: mark },
  },
]
