/** Host, SNI and absolute targets: each backend under its own name only. */
import { type Case, type ExchangeCase, request } from '../case.ts'

const host = (
  name: string,
  value: string | null,
  status: ExchangeCase['answer']['status'],
  more: Partial<ExchangeCase> = {},
): ExchangeCase => ({
  name,
  features: ['unknown-host-refused'],
  send: request({ host: value }),
  answer: { status },
  saw: 'nothing',
  ...more,
})

const refusedHosts: readonly ExchangeCase[] = [
  host('an unknown Host gets 421', 'unknown.test:{port}', 421),
  host('the address of the listener is no name', '127.0.0.1:{port}', 421),
  host('the address of the upstream is no name', '127.0.0.1:8080', 421),
  host('a name that ends like a public one', 'xapp.test:{port}', 421),
  host('a name below a public one', 'a.app.test:{port}', 421),
  host('a name that begins like a public one', 'app.test.evil.test:{port}', 421),
  host('localhost', 'localhost:{port}', 421),
  host('no Host', null, 'refused'),
  host('an empty Host', '', 'refused'),
  host('a Host with user information', 'user@app.test:{port}', 'refused'),
  host('a Host with a path', 'app.test:{port}/x', 'refused'),
  host('a Host with a blank', 'app.test :{port}', 'refused'),
  host('a Host with a list', 'app.test:{port}, unknown.test', 'refused'),
  host('a Host with a port that is none', 'app.test:abc', 'refused'),
  host('a Host that names another port', 'app.test:1', 'refused'),
  host('two Hosts, the public one first', '{authority}\r\nHost: unknown.test', 'refused'),
  host('two Hosts, the public one last', 'unknown.test\r\nHost: {authority}', 'refused'),
  host('two Hosts that are equal', '{authority}\r\nHost: {authority}', 'refused'),
  { ...host('HTTP/1.0 without a Host', null, 'refused'), send: 'GET / HTTP/1.0\r\n\r\n' },
  { ...host('HTTP/0.9', null, 'refused'), send: 'GET /\r\n\r\n' },
]

const knownHosts: readonly ExchangeCase[] = [
  host('CVE-2026-48794: the case of Host does not matter, and the backend sees its own name', 'APP.Test:{port}', 200, {
    features: ['http'],
    saw: { fields: { host: ['{authority}'], 'x-forwarded-host': ['{authority}'] } },
  }),
]

const tls = (
  name: string,
  sni: string | null,
  value: string,
  status: ExchangeCase['answer']['status'],
  more: Partial<ExchangeCase> = {},
): ExchangeCase => ({
  name,
  features: ['unknown-sni-refused', 'https'],
  to: 'secure',
  listener: 'https',
  sni,
  send: request({ host: value }),
  answer: { status },
  saw: 'nothing',
  ...more,
})

const names: readonly ExchangeCase[] = [
  tls('an unknown SNI with a public Host', 'unknown.test', '{authority}', 'refused'),
  tls('an unknown SNI and Host', 'unknown.test', 'unknown.test:{port}', 'refused'),
  tls('no SNI with a public Host', null, '{authority}', 'refused'),
  tls('the SNI of one backend and the Host of another', 'other.test', '{authority}', 421),
  tls('the SNI of a backend and an unknown Host', 'secure.test', 'unknown.test:{port}', 421),
  tls('the SNI of a backend and the Host of one on http', 'secure.test', 'app.test:{port}', 'refused'),
  tls('SNI and Host of one backend', 'secure.test', '{authority}', 200, { saw: { target: '/' } }),
  tls('SNI in upper case', 'SECURE.TEST', '{authority}', 200, { saw: { target: '/' } }),
]

const absolute = (
  name: string,
  target: string,
  status: ExchangeCase['answer']['status'],
  more: Partial<ExchangeCase> = {},
): ExchangeCase => ({
  name,
  features: ['absolute-form'],
  send: request({ target }),
  answer: { status },
  saw: 'nothing',
  ...more,
})

const targets: readonly ExchangeCase[] = [
  absolute('an absolute target equal to Host is forwarded in origin form', 'http://{authority}/x?y', 200, {
    saw: { target: '/x?y' },
  }),
  absolute('an absolute target of another public host', 'http://kept.test:{port}/x', 'refused'),
  absolute('an absolute target of an unknown host', 'http://unknown.test/x', 'refused'),
  absolute('an absolute target of the upstream', 'http://127.0.0.1:8080/x', 'refused'),
  absolute('an absolute target in another scheme', 'https://{authority}/x', 'refused'),
  absolute('an absolute target in a scheme of its own', 'gopher://{authority}/x', 'refused'),
  absolute('an absolute target with user information', 'http://user@{authority}/x', 'refused'),
  absolute('an absolute target with a dot segment', 'http://{authority}/a/../b', 'refused'),
  absolute('an absolute target with an unknown Host', 'http://app.test:{port}/x', 'refused', {
    send: request({ target: 'http://app.test:{port}/x', host: 'unknown.test' }),
  }),
]

const secureSend = request({ target: '/x?y=%2f', host: 'secure.test:{port}' })

export const hostCases: readonly Case[] = [
  ...refusedHosts,
  ...knownHosts,
  ...names,
  ...targets,
  {
    name: 'http of a backend on https is a redirect that keeps the method',
    features: ['http', 'https'],
    to: 'secure',
    send: request({ target: '/x?y=1', host: 'secure.test' }).replace('secure.test', 'secure.test:{port}'),
    answer: { status: 308, fields: { location: ['https://{authority}/x?y=1'] } },
    saw: 'nothing',
  },
  {
    name: 'http of a backend on https: a path with an encoded line break adds no header',
    features: ['http', 'https', 'path-normalisation'],
    to: 'secure',
    send: request({ target: '/x%0d%0aSet-Cookie:a=b', host: 'secure.test:{port}' }),
    answer: { status: [308, 400], fields: { 'set-cookie': [] } },
    saw: 'nothing',
  },
  {
    name: 'http of a backend on https: a query is not judged',
    features: ['http', 'https'],
    to: 'secure',
    send: secureSend,
    answer: { status: 308, fields: { location: ['https://{authority}/x?y=%2f'] } },
    saw: 'nothing',
  },
]
