import { describe, expect, test } from 'vitest'
import { telltales } from './telltales.ts'

const shownAt = (path: string, text: string) => telltales.find((one) => one.path === path)?.recognise(text)

test.each([
  ['/metrics', '# HELP http_requests_total All.\n# TYPE http_requests_total counter\nhttp_requests_total 3\n'],
  ['/actuator', '{"_links":{"self":{"href":"http://a/actuator"}}}'],
  ['/actuator/env', '{"activeProfiles":[],"propertySources":[]}'],
  ['/debug/pprof/', '<html><title>/debug/pprof/</title>Types of profiles available:'],
  ['/debug/vars', '{"cmdline":["a"],"memstats":{"Alloc":1}}'],
  ['/server-status', '<h1>Apache Server Status for a.test</h1>'],
  ['/nginx_status', 'Active connections: 3 \nserver accepts handled requests'],
  ['/json/list', '[{"webSocketDebuggerUrl":"ws://127.0.0.1:9229/x"}]'],
  ['/.env', 'APP_KEY=base64:abc\nDB_PASSWORD=x\n'],
  ['/.git/config', '[core]\n\trepositoryformatversion = 0\n'],
  ['/.git/HEAD', 'ref: refs/heads/main\n'],
])('%s is recognised', (path, text) => expect(shownAt(path, text)).toBe(true))

describe('a page that answers everything is nothing', () => {
  const soft = [
    '<!doctype html><html><head><title>Payroll</title></head><body><div id="root"></div></body></html>',
    'nothing here',
    '{"error":"not found","path":"/metrics"}',
    '{}',
    '',
    'null',
    '{broken',
  ]
  test.each(telltales.map((one) => [one.path, one] as const))('%s', (_path, one) => {
    for (const text of soft) expect(one.recognise(text)).toBe(false)
  })
})
