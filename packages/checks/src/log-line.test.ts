import { expect, test } from 'vitest'
import { readLogLine } from './log-line.ts'

const at = Date.parse('2026-11-24T05:00:00Z')

test.each([
  ['common', '10.0.0.1 - - [24/Nov/2026:05:00:00 +0000] "GET / HTTP/1.1" 200 5', '10.0.0.1'],
  [
    'combined, another zone',
    '10.0.0.1 - ana [24/Nov/2026:13:00:00 +0800] "GET / HTTP/1.1" 200 5 "-" "curl"',
    '10.0.0.1',
  ],
  ['IPv6', 'fd00::1 - - [24/Nov/2026:05:00:00 +0000] "GET / HTTP/1.1" 200 5', 'fd00::1'],
  ['IPv4 mapped', '::ffff:10.0.0.1 - - [24/Nov/2026:05:00:00 +0000] "GET / HTTP/1.1" 200 5', '10.0.0.1'],
  [
    'with the virtual host before it',
    'a.test:80 10.0.0.1 - - [24/Nov/2026:05:00:00 +0000] "GET / HTTP/1.1" 200 5',
    '10.0.0.1',
  ],
  ["Lockgate's own schema", '{"at":"2026-11-24T05:00:00Z","source":"10.0.0.1","method":"GET"}', '10.0.0.1'],
  ['nginx as JSON', '{"time_iso8601":"2026-11-24T05:00:00+00:00","remote_addr":"10.0.0.1"}', '10.0.0.1'],
  ['pino-http', `{"time":${at},"req":{"remoteAddress":"::ffff:10.0.0.1","headers":{"host":"a.test"}}}`, '10.0.0.1'],
  ['Caddy', `{"ts":${at / 1_000},"request":{"remote_ip":"10.0.0.1","host":"a.test"}}`, '10.0.0.1'],
  ['with a port', '{"timestamp":"2026-11-24T05:00:00Z","client":"[fd00::1]:4711"}', 'fd00::1'],
  ['msec of nginx as text', `{"msec":"${at / 1_000}.000","remote_addr":"10.0.0.1"}`, '10.0.0.1'],
])('%s', (_title, line, source) => expect(readLogLine(line)).toEqual({ source, at }))

test.each([
  ['a sentence', 'Listening on 8080'],
  ['a line made to take forever', `10.0.0.1 - ${'['.repeat(1_000_000)}`],
  ['no time', '10.0.0.1 - - "GET / HTTP/1.1" 200 5'],
  ['a name instead of an address', 'client.test - - [24/Nov/2026:05:00:00 +0000] "GET / HTTP/1.1" 200 5'],
  ['JSON that is cut off', '{"at":"2026-11-24T05:0'],
  ['JSON without a source', '{"at":"2026-11-24T05:00:00Z"}'],
  ['a month that does not exist', '10.0.0.1 - - [24/Xyz/2026:05:00:00 +0000] "GET / HTTP/1.1" 200 5'],
])('unreadable: %s', (_title, line) => expect(readLogLine(line)).toBeNull())
