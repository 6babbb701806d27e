import type { GatewayConfig, Route } from '@lockgate/model'
import { describe, expect, it } from 'vitest'
import { routesBehind } from './behind-gateway.ts'

const socket = '/run/lockgate/gate.sock'

const backend = (id: string, host: string) => ({
  id,
  public: { scheme: 'https' as const, host: `${id}.acme.test`, port: 443 },
  upstream: { scheme: 'http' as const, host, port: 8080 },
})

const gateway = {
  identity: {
    origin: { scheme: 'https', host: 'login.acme.test', port: 443 },
    decide: [`unix:${socket}`, '127.0.0.1:9000'],
  },
  backends: [backend('payroll', '10.20.0.11'), backend('wiki', 'fd00::12')],
} as unknown as GatewayConfig

const route = (name: string, upstream: string): Route => ({
  name,
  listen: ['https://10.0.0.1:443'],
  path: '/',
  upstreams: [upstream],
  file: '/etc/lockgate/a.conf',
  line: 7,
})

const both = ['http://10.20.0.11:8080', 'http://[fd00::12]:8080']

describe('what an engine leads on to through the gateway beside it', () => {
  it.each([
    ['its backend, by a socket', 'payroll.acme.test', `http+unix:${socket}`, both.slice(0, 1)],
    ['its backend, by TCP', 'wiki.acme.test', 'http://127.0.0.1:9000', both.slice(1)],
    ['its backend, under a domain with any port', 'WIKI.acme.test:*', 'http://127.0.0.1:9000', both.slice(1)],
    ['each backend, under a name that may be rewritten', 'old.acme.test', 'http://127.0.0.1:9000', both],
    ['each backend, under any name', '*', `http+unix:${socket}`, both],
    ['none, for the login', 'login.acme.test', `http+unix:${socket}`, []],
    ['none, for the generation', 'g-0a.lockgate.invalid', `http+unix:${socket}`, []],
    ['none, for the generation as a pattern', '~^g\\-0a\\.lockgate\\.invalid$', `http+unix:${socket}`, []],
    ['each backend, under a wider pattern', '~^g.*\\.lockgate\\.invalid', `http+unix:${socket}`, both],
    ['none, where it does not lead to the gateway', 'payroll.acme.test', 'http://127.0.0.1:90', []],
  ])('%s', (_, name, upstream, expected) => {
    expect(routesBehind([route(name, upstream)], gateway).map((one) => one.upstreams)).toEqual(
      expected.map((one) => [one]),
    )
  })

  it('keeps the place where the engine has the route', () => {
    expect(routesBehind([route('payroll.acme.test', 'http://127.0.0.1:9000')], gateway)).toEqual([
      { ...route('payroll.acme.test', 'http://10.20.0.11:8080') },
    ])
  })
})
