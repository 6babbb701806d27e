import { forwardingHeaders, refusedHeaders } from '@lockgate/model'
import { expect } from 'vitest'
import { ask, type EdgeCase, echoed, headersOf, isExpected, plainHost, valuesOf } from './edge-ask.ts'
import { rawRequest, requestText } from './raw-request.ts'
import { acceptedTargets, refusedTargets, relaxedTargets } from './target-table.ts'

const spoofs: readonly string[] = [...forwardingHeaders, ...refusedHeaders].flatMap((name) => [
  name,
  name.toUpperCase(),
  name.replaceAll('-', '_'),
  name.replaceAll('-', '.'),
  name.replace('-', '_'),
])

export const requestCases: readonly EdgeCase[] = [
  {
    title: 'sets the forwarding headers itself, once each',
    feature: 'forwarding-headers',
    run: async (edge) => {
      const echo = echoed(await ask(edge, '/', ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https']))
      const values = Object.fromEntries(forwardingHeaders.map((name) => [name, valuesOf(echo, name)]))
      expect(values).toEqual({
        'x-forwarded-for': ['127.0.0.1'],
        'x-forwarded-proto': ['http'],
        'x-forwarded-host': [plainHost(edge)],
        'x-forwarded-port': [String(edge.http)],
        'x-real-ip': ['127.0.0.1'],
        'x-request-id': [expect.stringMatching(/^[A-Za-z0-9@_.-]{16,}$/)],
      })
      expect(valuesOf(echo, 'host')).toEqual([plainHost(edge)])
    },
  },
  {
    title: 'removes every spelling of the names that only it may set',
    feature: 'header-spellings',
    run: async (edge) => {
      for (let index = 0; index < spoofs.length; index += 40) {
        const lines = spoofs.slice(index, index + 40).map((name) => `${name}: spoofed`)
        const echo = echoed(await ask(edge, '/', lines))
        expect(headersOf(echo).filter(([, value]) => value.includes('spoofed'))).toEqual([])
      }
      const twice = echoed(await ask(edge, '/', ['X-User: spoofed', 'X-Keep: 1', 'x-user: spoofed']))
      expect(valuesOf(twice, 'x-user')).toEqual([])
      expect(valuesOf(twice, 'x-keep')).toEqual(['1'])
    },
  },
  {
    title: 'sends its own headers also where Connection lists them',
    feature: 'connection-listed',
    run: async (edge) => {
      const names = 'close, X-Forwarded-For, x-forwarded-proto, X-Real-IP, X-Request-Id, X-Forwarded-Host'
      const text = `GET / HTTP/1.1\r\nHost: ${plainHost(edge)}\r\nConnection: ${names}\r\n\r\n`
      const echo = echoed(await rawRequest({ port: edge.http }, text))
      for (const name of ['x-forwarded-for', 'x-forwarded-proto', 'x-real-ip', 'x-request-id', 'x-forwarded-host'])
        expect(valuesOf(echo, name), name).toHaveLength(1)
    },
  },
  {
    title: 'drops request trailers and hop-by-hop fields',
    feature: 'request-trailers',
    run: async (edge) => {
      const headers = ['Transfer-Encoding: chunked', 'Trailer: X-User', 'TE: trailers', 'Proxy-Connection: keep-alive']
      const echo = echoed(await ask(edge, '/', headers, 'POST', '3\r\nabc\r\n0\r\nX-User: root\r\n\r\n'))
      expect([echo.bytes, echo.trailers]).toEqual([3, {}])
      for (const name of ['te', 'trailer', 'proxy-connection', 'x-user']) expect(valuesOf(echo, name), name).toEqual([])
    },
  },
  ...refusedTargets.map(
    ([title, target]): EdgeCase => ({
      title: `refuses ${title} with 400`,
      feature: 'path-normalisation',
      run: (edge) => isExpected(edge, target, 400),
    }),
  ),
  ...acceptedTargets.map(
    ([title, target]): EdgeCase => ({
      title: `forwards ${title} byte by byte`,
      feature: 'same-bytes',
      run: (edge) => isExpected(edge, target, 200),
    }),
  ),
  ...relaxedTargets.map(
    ([title, target, status]): EdgeCase => ({
      title: `${status === 200 ? 'forwards' : 'refuses'} ${title} for a backend with relaxed paths`,
      feature: 'path-normalisation',
      run: (edge) => isExpected(edge, target, status, `relaxed.acme.test:${edge.http}`),
    }),
  ),
  {
    title: 'refuses CONNECT and TRACE',
    feature: 'smuggling-refused',
    run: async (edge) => {
      const before = edge.backend.seen.length
      for (const line of [`CONNECT 127.0.0.1:${edge.backend.port}`, 'CONNECT /', 'TRACE /']) {
        const text = `${line} HTTP/1.1\r\nHost: ${plainHost(edge)}\r\nConnection: close\r\n\r\n`
        expect((await rawRequest({ port: edge.http }, text)).status, line).toBeGreaterThanOrEqual(400)
      }
      await rawRequest({ port: edge.http }, requestText('OPTIONS', '*', plainHost(edge)))
      expect(edge.backend.seen.length).toBe(before)
    },
  },
  {
    title: 'accepts an absolute target only where it equals Host and scheme',
    feature: 'absolute-form',
    run: async (edge) => {
      const good = await rawRequest(
        { port: edge.http },
        requestText('GET', `http://${plainHost(edge)}/abs?q`, plainHost(edge)),
      )
      if (edge.can('absolute-form')) expect(echoed(good).url).toBe('/abs?q')
      else expect(good.status).toBe(400)
      const before = edge.backend.seen.length
      const bad = [
        [`http://relaxed.acme.test:${edge.http}/`, plainHost(edge)],
        [`http://${plainHost(edge)}/`, `relaxed.acme.test:${edge.http}`],
        [`https://${plainHost(edge)}/`, plainHost(edge)],
        [`http://${plainHost(edge)}/`, 'nobody.acme.test'],
        [`http://user@${plainHost(edge)}/`, plainHost(edge)],
      ] as const
      for (const [target, host] of bad) {
        const answer = await rawRequest({ port: edge.http }, requestText('GET', target, host))
        expect([400, 421], `${target} ${answer.raw}`).toContain(answer.status)
      }
      expect(edge.backend.seen.length).toBe(before)
    },
  },
]
