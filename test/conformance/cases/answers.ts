/** What comes back: statuses, bodies, limits, and failures of the backend. */
import { type Case, type ExchangeCase, request } from '../case.ts'

const answer = (
  name: string,
  target: string,
  expected: ExchangeCase['answer'],
  more: Partial<ExchangeCase> = {},
): ExchangeCase => ({
  name,
  features: ['http'],
  send: request({ target }),
  answer: expected,
  saw: { target },
  ...more,
})

const big = 'x'.repeat(80 * 1024)

export const answerCases: readonly Case[] = [
  answer(
    'health is answered by the backend',
    '/healthz',
    { status: 200, body: 'the answer' },
    { features: ['health'] },
  ),
  answer(
    'HEAD has a length and no body',
    '/',
    { status: 200, fields: { 'content-length': ['10'] }, body: '' },
    {
      method: 'HEAD',
      send: request({ method: 'HEAD' }),
      saw: { method: 'HEAD' },
    },
  ),
  answer('304 ends without a body', '/answers/not-modified', { status: 304, fields: { etag: ['"a"'] } }),
  answer('204 ends without a body', '/answers/no-content', { status: 204 }),
  answer('the page of a 404 is the backend’s own', '/answers/not-found', {
    status: 404,
    body: 'the page of the backend',
  }),
  answer('the page of a 503 is the backend’s own', '/answers/error', { status: 503, body: 'the error of the backend' }),
  answer('two cookies stay two', '/answers/cookies', { status: 200, fields: { 'set-cookie': ['a=1', 'b=2'] } }),
  answer(
    'trailers of an answer arrive',
    '/answers/trailers',
    { status: 200, body: 'body', trailers: { 'x-digest': 'abc' } },
    {
      features: ['response-trailers'],
      send: request({ target: '/answers/trailers', fields: ['TE: trailers'] }),
    },
  ),
  answer(
    'the final answer arrives that came in one packet with 103',
    '/answers/early-hints-at-once',
    { status: 200, body: 'final answer' },
    { features: ['early-hints'] },
  ),
  answer(
    'the final answer after 103 arrives',
    '/answers/early-hints',
    { status: 200, body: 'final answer' },
    {
      features: ['early-hints'],
    },
  ),
  ...['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'].map((method) =>
    answer(
      `${method} is forwarded`,
      '/x',
      { status: 200 },
      { send: request({ method, target: '/x', body: 'some' }), saw: { method, body: 'some' } },
    ),
  ),
  answer(
    'a body with a length arrives',
    '/x',
    { status: 200 },
    {
      send: request({ method: 'POST', target: '/x', body: 'a=1&b=2' }),
      saw: { body: 'a=1&b=2' },
    },
  ),
  answer(
    'a body in chunks arrives',
    '/x',
    { status: 200 },
    {
      send: 'POST /x HTTP/1.1\r\nHost: {authority}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n4\r\n&b=2\r\n0\r\n\r\n',
      saw: { body: 'a=1&b=2' },
    },
  ),
  answer(
    'a body above the limit gets 413',
    '/x',
    { status: 413 },
    {
      features: ['body-limit'],
      to: 'small',
      send: request({ method: 'POST', target: '/x', body: big }),
      saw: 'nothing',
    },
  ),
  answer(
    'a body at the limit is taken',
    '/x',
    { status: 200 },
    {
      features: ['body-limit'],
      to: 'small',
      send: request({ method: 'POST', target: '/x', body: big.slice(0, 64 * 1024) }),
      saw: { method: 'POST' },
    },
  ),
  answer(
    'a body in chunks above the limit does not arrive whole',
    '/x',
    { status: 'refused' },
    {
      features: ['body-limit'],
      to: 'small',
      send: `POST /x HTTP/1.1\r\nHost: {authority}\r\nTransfer-Encoding: chunked\r\n\r\n${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`,
      saw: { method: 'POST', orRefused: true },
    },
  ),
  answer(
    'a silent backend gets 504, or 502 where the engine has no word for it',
    '/answers/slow',
    { status: [504, 502] },
    { features: ['timeouts'], to: 'small', saw: 'no-hidden' },
  ),
  answer('a dead backend gets 502 or 503', '/', { status: [502, 503] }, { to: 'dead', saw: 'nothing' }),
]
