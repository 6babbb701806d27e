import { describe, expect, test } from 'vitest'
import { cookieDomain, mentionsIn, type Needles } from './mentions.ts'

const needles: Needles = {
  hosts: ['app01.corp', '10.20.0.11', 'fd00::11'],
  publicHost: 'payroll.test',
  publicPort: 443,
  upstreamPort: 8080,
}

test.each([
  ['an absolute URL', '<a href="http://10.20.0.11:8080/x">', ['http://10.20.0.11:8080']],
  ['any port of it', '<a href="https://app01.corp/x">', ['https://app01.corp']],
  ['relative to the scheme', 'src="//app01.corp/app.js"', ['//app01.corp']],
  ['escaped in JSON', '{"api":"http:\\/\\/10.20.0.11:8080\\/v1"}', ['http://10.20.0.11:8080']],
  ['IPv6', 'fetch("http://[fd00::11]:8080/")', ['http://[fd00::11]:8080']],
  ['a WebSocket', 'new WebSocket("ws://app01.corp:8080")', ['ws://app01.corp:8080']],
  ['host and port without a scheme', '{"host":"app01.corp:8080"}', ['app01.corp:8080']],
  ['the public name with the upstream port', 'location="http://payroll.test:8080/"', ['http://payroll.test:8080']],
  ['loopback with the upstream port', 'const api = "http://localhost:8080"', ['http://localhost:8080']],
  ['with user information', 'http://a@app01.corp/', ['http://a@app01.corp']],
  ['upper case', 'HTTP://APP01.CORP/', ['HTTP://APP01.CORP']],
  ['at the end of a sentence', 'See http://10.20.0.11. Thanks', ['http://10.20.0.11']],
  ['the public name', 'https://payroll.test/ and //payroll.test', []],
  ['a longer address', 'http://10.20.0.110/', []],
  ['a longer name', 'http://app01.corp.example/ http://myapp01.corp/', []],
  ['a longer port', 'http://localhost:80801/', []],
  ['loopback elsewhere', 'http://localhost:3000', []],
  ['an address in prose', 'version 10.20.0.11 of app01', []],
] as const)('%s', (_title, text, expected) => expect(mentionsIn(text, needles)).toEqual(expected))

describe('an upstream on the public port', () => {
  test('does not make the public URL a mention', () =>
    expect(mentionsIn('http://payroll.test:8080/', { ...needles, publicPort: 8080 })).toEqual([]))
})

test.each([
  ['id=1; Domain=app01.corp; Path=/', 'app01.corp'],
  ['id=1; domain=.app01.corp', 'app01.corp'],
  ['id=1; Domain=payroll.test', null],
  ['id=1; Path=/', null],
])('cookie %s: %s', (cookie, expected) => expect(cookieDomain(cookie, needles)).toBe(expected))
