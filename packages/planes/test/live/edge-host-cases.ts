import { expect } from 'vitest'
import { ask, askSafe, type EdgeCase, echoed, isExpected, plainHost, valuesOf } from './edge-ask.ts'
import { rawRequest, requestText } from './raw-request.ts'

export const hostCases: readonly EdgeCase[] = [
  {
    title: 'forwards a request with its query',
    feature: 'http',
    run: async (edge) => expect(echoed(await ask(edge, '/a/b?c=d&e=/../f')).url).toBe('/a/b?c=d&e=/../f'),
  },
  {
    title: 'answers over https for the name of the certificate',
    feature: 'https',
    run: async (edge) => {
      const echo = echoed(await askSafe(edge, 'safe.acme.test', `safe.acme.test:${edge.https}`))
      expect(valuesOf(echo, 'x-forwarded-proto')).toEqual(['https'])
    },
  },
  {
    title: 'redirects http to https with the same target',
    feature: 'https',
    run: async (edge) => {
      const answer = await rawRequest(
        { port: edge.http },
        requestText('GET', '/a%20b?c', `safe.acme.test:${edge.http}`),
      )
      expect(answer.status).toBe(308)
      expect(answer.head).toMatch(
        new RegExp(`\r\nlocation: https://safe.acme.test:${edge.https}/a%20b\\?c(\r\n|$)`, 'i'),
      )
    },
  },
  {
    title: 'answers on IPv6',
    feature: 'ipv6',
    run: async (edge) => {
      const answer = await rawRequest({ port: edge.http, address: '::1' }, requestText('GET', '/six', plainHost(edge)))
      expect(valuesOf(echoed(answer), 'x-forwarded-for')).toEqual(['::1'])
    },
  },
  {
    title: 'shows the generation on every listener and nowhere else',
    feature: 'hitless-reload',
    run: async (edge) => {
      const { proof, generation } = edge.rendered.target
      if (proof?.kind !== 'http') throw new Error('no proof')
      for (const url of proof.urls) {
        const { protocol, hostname, port } = new URL(url)
        const serverName = protocol === 'https:' ? proof.host : undefined
        const address = hostname.replace(/[[\]]/g, '')
        const answer = await rawRequest(
          { port: Number(port), address, serverName },
          requestText('GET', '/', proof.host),
        )
        expect([answer.status, answer.body], answer.raw).toEqual([200, generation])
      }
      const other = `g-${'0'.repeat(32)}.lockgate.invalid`
      expect((await rawRequest({ port: edge.http }, requestText('GET', '/', other))).status).toBe(421)
    },
  },
  {
    title: 'answers 421 to an unknown Host, an address as Host and a Host with another port',
    feature: 'unknown-host-refused',
    run: async (edge) => {
      for (const host of ['nobody.acme.test', '127.0.0.1', `plain.acme.test:${edge.http + 1}`, `x.plain.acme.test`])
        await isExpected(edge, '/', 421, host)
    },
  },
  {
    title: 'accepts the Host in any case',
    feature: 'http',
    run: (edge) => isExpected(edge, '/case', 200, `PLAIN.Acme.Test:${edge.http}`),
  },
  {
    title: 'never reaches a backend without a Host',
    feature: 'unknown-host-refused',
    run: async (edge) => {
      const before = edge.backend.seen.length
      for (const text of ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 'GET / HTTP/1.0\r\n\r\n', 'GET /\r\n\r\n'])
        expect((await rawRequest({ port: edge.http }, text)).status, text).not.toBe(200)
      const two = `GET / HTTP/1.1\r\nHost: ${plainHost(edge)}\r\nHost: other\r\nConnection: close\r\n\r\n`
      expect((await rawRequest({ port: edge.http }, two)).status).toBe(400)
      expect(edge.backend.seen.length).toBe(before)
    },
  },
  {
    title: 'refuses an unknown SNI and none at all before any HTTP',
    feature: 'unknown-sni-refused',
    run: async (edge) => {
      for (const serverName of ['nobody.acme.test', undefined]) {
        const outcome = await askSafe(edge, serverName, `safe.acme.test:${edge.https}`).then(
          (answer) => answer.status,
          () => 'refused',
        )
        expect(outcome).toBe('refused')
      }
    },
  },
  {
    title: 'answers 421 where SNI and Host differ',
    feature: 'unknown-sni-refused',
    run: async (edge) => {
      const before = edge.backend.seen.length
      expect((await askSafe(edge, 'other.acme.test', `safe.acme.test:${edge.https}`)).status).toBe(421)
      expect(edge.backend.seen.length).toBe(before)
    },
  },
]
