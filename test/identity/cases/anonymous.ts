/** Without a session: nothing that a client says gets it past the decision, and a denial has no byte upstream. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { fieldOf, type IdentityCase, navigation, statusOf } from '../case.ts'
import type { IdentityBench } from '../identity-bench.ts'

async function denied(bench: IdentityBench, target: string, lines: readonly string[]): Promise<void> {
  bench.backend.forget()
  const reply = await bench.ask('app', target, lines)
  expect(statusOf(reply), `${target} with ${lines.join(' · ')}`).toBe(401)
  expect(fieldOf(reply, 'lockgate-reference')).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/)
  expect(bench.backend.seen()).toEqual([])
}

const urls = ['/.lockgate/jwks.json', '/healthz', '/public', '/favicon.ico']

export const anonymousCases: readonly IdentityCase[] = [
  {
    name: 'a navigation is led to the login origin, and keeps its deep link',
    run: async (bench) => {
      const reply = await bench.ask('app', '/deep/link?x=1&y=%20', navigation)
      expect(statusOf(reply)).toBe(302)
      expect(fieldOf(reply, 'location').startsWith(`${bench.origin('login')}/.lockgate/login?r=`)).toBe(true)
      expect(fieldOf(reply, 'cache-control')).toContain('no-store')
    },
  },
  {
    name: 'a program gets 401 with problem+json and WWW-Authenticate, never a redirect',
    run: async (bench) => {
      const ways = [
        [],
        ['Accept: application/json'],
        ['Accept: text/html', 'X-Requested-With: XMLHttpRequest'],
        ['Accept: */*', 'Sec-Fetch-Mode: cors'],
        ['Accept: text/html', 'Sec-Fetch-Mode: no-cors'],
      ]
      for (const lines of ways) {
        const reply = await bench.ask('app', '/api', lines)
        expect([statusOf(reply), fieldOf(reply, 'content-type').split(';')[0]], lines.join()).toEqual([
          401,
          'application/problem+json',
        ])
        expect(fieldOf(reply, 'www-authenticate')).toMatch(/^Bearer/)
        expect(fieldOf(reply, 'location')).toBe('')
      }
    },
  },
  {
    name: 'CVE-2026-40575: X-Forwarded-Uri, -Method, -Host and their like play no part in the decision',
    run: async (bench) => {
      const names = ['X-Forwarded-Uri', 'X-Original-URL', 'X-Original-URI', 'X-Rewrite-URL', 'X-Forwarded-Path']
      for (const name of names) for (const url of urls) await denied(bench, '/private', [`${name}: ${url}`])
      await denied(bench, '/private', ['X-Forwarded-Method: OPTIONS', 'X-HTTP-Method-Override: OPTIONS'])
      await denied(bench, '/private', ['X-Forwarded-Host: watched.test', 'X-Host: watched.test'])
    },
  },
  {
    name: 'CVE-2026-33495: forwarded addresses of the client are believed from nobody',
    run: async (bench) => {
      for (const name of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'True-Client-IP', 'X-Client-IP'])
        await denied(bench, '/private', [`${name}: 127.0.0.1`])
    },
  },
  {
    name: 'CVE-2026-34457: no User-Agent skips the decision',
    run: async (bench) => {
      for (const agent of ['kube-probe/1.31', 'GoogleHC/1.0', 'ELB-HealthChecker/2.0', 'Envoy/HC', 'oauth2-proxy'])
        await denied(bench, '/private', [`User-Agent: ${agent}`])
    },
  },
  {
    name: 'what engines say to the gateway, said by a client, is not heard',
    run: async (bench) => {
      const said = ['Lockgate-Backend: watched', 'Lockgate-Target: /public', 'Lockgate-Host: watched.test']
      await denied(bench, '/private', said)
      await denied(bench, '/private', [
        'Lockgate_Backend: watched',
        'LOCKGATE-SCHEME: https',
        'lockgate.host: watched.test',
      ])
    },
  },
  {
    name: 'the questions that engines ask are not to be had from outside',
    run: async (bench) => {
      for (const path of ['decide', 'answer', 'check/x', 'pass-jwks.json', 'health', 'tokens'])
        for (const name of ['app', 'login'] as const) {
          const reply = await bench.ask(name, `/.lockgate/${path}`, [
            'Lockgate-Backend: app',
            'Host2: lockgate.invalid',
          ])
          expect(statusOf(reply), `${name} ${path}`).toBe(404)
        }
      const reply = await bench.ask('app', '/.lockgate/pass-jwks.json', [], { host: 'lockgate.invalid' })
      expect([400, 404, 421]).toContain(statusOf(reply))
    },
  },
  {
    name: 'CVE-2026-41059: a target with a fragment is refused',
    run: async (bench) => {
      for (const target of ['/private#/.lockgate/jwks.json', '/private?#', '/#/public']) {
        bench.backend.forget()
        expect([400, 'closed'], target).toContain(statusOf(await bench.ask('app', target)))
        expect(bench.backend.seen()).toEqual([])
      }
    },
  },
  {
    name: 'CVE-2021-32637: a malformed target fails closed',
    run: async (bench) => {
      for (const target of [
        '/%',
        '/%zz',
        '/%00',
        '/a%2e%2e/b',
        '/a/%2e%2e/b',
        '/%c0%af',
        '/a%0d%0ab',
        '/a\\b',
        '/a%5cb',
        '/;a',
      ]) {
        bench.backend.forget()
        expect([400, 401, 403, 'closed'], target).toContain(statusOf(await bench.ask('app', target)))
        expect(bench.backend.seen(), target).toEqual([])
      }
    },
  },
  {
    name: 'CVE-2026-48794: every case of the host is decided alike',
    run: async (bench) => {
      const port = bench.origin('app').split(':')[2]
      for (const host of [`APP.TEST:${port}`, `App.tesT:${port}`]) {
        bench.backend.forget()
        expect(statusOf(await bench.ask('app', '/private', [], { host }))).toBe(401)
        expect(bench.backend.seen()).toEqual([])
      }
    },
  },
  {
    name: 'GHSA-59jp-rwph-878r: a denied request has no byte upstream, however it is sent',
    run: async (bench) => {
      bench.backend.forget()
      const ways = [
        bench.ask('app', '/form', ['Content-Type: text/plain'], { method: 'POST', body: 'a'.repeat(30_000) }),
        bench.ask('app', '/form', navigation, { method: 'POST', body: 'secret=1' }),
        bench.ask('app', '/form', ['Expect: 100-continue'], { method: 'PUT', body: 'secret=1' }),
        bench.ask('app', '/x', ['X-HTTP-Method-Override: GET'], { method: 'DELETE' }),
      ]
      for (const reply of await Promise.all(ways)) expect([401, 'closed']).toContain(statusOf(reply))
      await sleep(100)
      expect(bench.backend.seen()).toEqual([])
    },
  },
  {
    name: 'an upgrade without a session reaches no backend',
    run: async (bench) => {
      bench.backend.forget()
      const lines = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
      const reply = await bench.ask('app', '/socket', [...lines, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='])
      expect(statusOf(reply)).toBe(401)
      expect(bench.backend.seen()).toEqual([])
    },
  },
  {
    name: 'cookies of 64 KB are refused, and the next request is answered',
    run: async (bench) => {
      for (const cookie of [
        `a=${'x'.repeat(65_536)}`,
        Array.from({ length: 4_000 }, (_, i) => `c${i}=0123456789`).join('; '),
      ]) {
        bench.backend.forget()
        const reply = await bench.ask('app', '/private', [`Cookie: ${cookie}`])
        expect([400, 401, 413, 431, 494, 'closed']).toContain(statusOf(reply))
        expect(bench.backend.seen()).toEqual([])
        await denied(bench, '/private', [])
      }
    },
  },
]
