import { expect, test } from 'vitest'
import type { GatewayRecord } from './gateway-records.ts'
import { saidOfWouldDeny, summarise } from './would-deny.ts'

const record = (path: string, more: object = {}): GatewayRecord => ({
  ...{ type: 'would-deny', at: 1, backend: 'wiki', method: 'GET', path, because: 'there is no session' },
  ...{ sid: null, source: 'a', alike: 0, ...more },
})

test('requests that would be denied are counted by what they ask, those left out too, the most frequent first', () => {
  const seen = summarise([
    record('/a'),
    record('/b', { alike: 40 }),
    record('/b', { source: 'b' }),
    record('/b', { sid: 's', because: 'a stronger or more recent sign-in is needed' }),
  ])
  expect(seen.requests).toBe(44)
  expect(seen.kinds.map((one) => [one.path, one.requests, one.from])).toEqual([
    ['/b', 42, 2],
    ['/a', 1, 1],
    ['/b', 1, 1],
  ])
  expect(saidOfWouldDeny({ ...seen, unread: null })).toBe(
    '44 requests of the last 24 hours would be denied: GET /b (there is no session; 42, from 2); GET /a (there is no session; 1, from 1); GET /b (a stronger or more recent sign-in is needed; 1, from 1)',
  )
})

test('none, and a log that cannot be read, are different sentences', () => {
  expect(saidOfWouldDeny({ ...summarise([]), unread: null })).toMatch(/^no request/)
  expect(saidOfWouldDeny({ ...summarise([]), unread: 'gone' })).toMatch(/not known: gone/)
})
