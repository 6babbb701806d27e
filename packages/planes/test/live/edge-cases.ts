/** What every engine's generated configuration must do, one case a line; asked over raw connections. */
import type { Feature } from '@lockgate/model'
import { accessLogRecord, collapsedHeader, forwardingHeaders, refusedHeaders } from '@lockgate/model'
import { expect } from 'vitest'
import type { Echo } from './echo-backend.ts'
import type { LiveEdge } from './live-edge.ts'
import { type Answer, open, parseAnswer, rawRequest, readAll, requestText } from './raw-request.ts'
import { acceptedTargets, refusedTargets, relaxedTargets } from './target-table.ts'

export interface EdgeCase {
  readonly title: string
  readonly feature: Feature
  run(edge: LiveEdge): Promise<void>
}

const plainHost = (edge: LiveEdge): string => `plain.acme.test:${edge.http}`

const ask = (edge: LiveEdge, target: string, headers: readonly string[] = [], method = 'GET', body = '') =>
  rawRequest({ port: edge.http }, requestText(method, target, plainHost(edge), headers, body))

const askSafe = (edge: LiveEdge, serverName: string | undefined, host: string, target = '/') =>
  rawRequest({ port: edge.https, serverName, tls: true }, requestText('GET', target, host))

const echoed = (answer: Answer): Echo => {
  expect(answer.status, answer.raw).toBe(200)
  return JSON.parse(answer.body) as Echo
}

const headersOf = ({ rawHeaders }: Echo): readonly (readonly [string, string])[] =>
  rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] as string] as const] : [],
  )

const valuesOf = (echo: Echo, name: string): readonly string[] =>
  headersOf(echo).flatMap(([key, value]) => (collapsedHeader(key) === name ? [value] : []))

const isExpected = async (edge: LiveEdge, target: string, status: number, host = plainHost(edge)) => {
  const before = edge.backend.seen.length
  const answer = await rawRequest({ port: edge.http }, requestText('GET', target, host))
  expect(answer.status, `${target}\n${answer.raw}`).toBe(status)
  expect(edge.backend.seen.slice(before), target).toEqual(status === 200 ? [target] : [])
}

const smuggled: readonly (readonly [string, string])[] = [
  ['both lengths', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two different lengths', 'Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
  ['a length with a sign', 'Content-Length: +3\r\n\r\nabc'],
  ['an unknown coding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['a blank before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
]

const spoofs: readonly string[] = [...forwardingHeaders, ...refusedHeaders].flatMap((name) => [
  name,
  name.toUpperCase(),
  name.replaceAll('-', '_'),
  name.replaceAll('-', '.'),
  name.replace('-', '_'),
])

export const edgeCases: readonly EdgeCase[] = [
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
  {
    title: 'upgrades to WebSocket and passes bytes both ways',
    feature: 'websocket',
    run: async (edge) => {
      const socket = await open({ port: edge.http })
      const key = 'dGhlIHNhbXBsZSBub25jZQ=='
      socket.write(
        `GET /ws HTTP/1.1\r\nHost: ${plainHost(edge)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
      )
      const head = parseAnswer(await readAll(socket, '\r\n\r\n'))
      expect(head.status, head.raw).toBe(101)
      socket.write('\x81\x05hello')
      expect(await readAll(socket, 'hello')).toContain('hello')
      socket.destroy()
    },
  },
  {
    title: 'upgrades to nothing but WebSocket',
    feature: 'websocket',
    run: async (edge) => {
      const headers = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']
      const before = edge.backend.seen.length
      const text = `GET /h2c HTTP/1.1\r\nHost: ${plainHost(edge)}\r\n${headers.join('\r\n')}\r\n\r\n`
      const socket = await open({ port: edge.http })
      socket.write(text)
      expect(parseAnswer(await readAll(socket, '\r\n\r\n')).status).not.toBe(101)
      socket.destroy()
      expect(edge.backend.seen.slice(before)).not.toContain('upgrade /h2c')
    },
  },
  {
    title: 'passes the first event on before the second one exists',
    feature: 'sse',
    run: async (edge) => {
      const socket = await open({ port: edge.http })
      const began = performance.now()
      socket.write(requestText('GET', '/events', plainHost(edge)))
      expect(await readAll(socket, 'data: first')).toContain('data: first')
      expect(performance.now() - began).toBeLessThan(1_000)
      socket.destroy()
    },
  },
  {
    title: 'answers 502, 503 or 504 for a backend that is silent, not there or breaks off',
    feature: 'timeouts',
    run: async (edge) => {
      const at = async (host: string, target: string) =>
        (await rawRequest({ port: edge.http }, requestText('GET', target, `${host}.acme.test:${edge.http}`))).status
      expect([502, 504]).toContain(await at('small', '/silent'))
      expect([502, 503]).toContain(await at('dead', '/'))
      expect(await at('plain', '/reset')).toBe(502)
    },
  },
  {
    title: 'answers 413 to a body over the limit, declared or chunked, and nothing of it arrives',
    feature: 'body-limit',
    run: async (edge) => {
      const host = `small.acme.test:${edge.http}`
      const long = 'x'.repeat(1_025)
      const before = edge.backend.seen.length
      const declared = requestText('POST', '/', host, [`Content-Length: ${long.length}`], long)
      const chunk = `11170\r\n${'x'.repeat(70_000)}\r\n0\r\n\r\n`
      const chunked = requestText('POST', '/', host, ['Transfer-Encoding: chunked'], chunk)
      expect((await rawRequest({ port: edge.http }, declared)).status).toBe(413)
      const isGap = edge.rendered.gaps.some((gap) => gap.feature === 'body-limit')
      if (!isGap) expect((await rawRequest({ port: edge.http }, chunked)).status).toBe(413)
      expect(edge.backend.seen.length).toBe(before)
      const fits = requestText('POST', '/', host, ['Content-Length: 1024'], long.slice(0, 1_024))
      expect(echoed(await rawRequest({ port: edge.http }, fits)).bytes).toBe(1_024)
    },
  },
  {
    title: "passes the backend's own error answers on",
    feature: 'health',
    run: async (edge) => {
      const answer = await ask(edge, '/status-500')
      expect([answer.status, answer.body]).toEqual([500, 'of the backend'])
    },
  },
  {
    title: 'rewrites a redirect that names the upstream',
    feature: 'http',
    run: async (edge) => {
      const answer = await ask(edge, '/redirect')
      expect(answer.head).toContain(`http://plain.acme.test:${edge.http}/there?x=1`)
    },
  },
  ...smuggled.map(
    ([title, rest]): EdgeCase => ({
      title: `lets no second request through with ${title}`,
      feature: 'smuggling-refused',
      run: async (edge) => {
        const before = edge.backend.seen.length
        const hidden = `GET /hidden HTTP/1.1\r\nHost: ${plainHost(edge)}\r\n\r\n`
        const text = `POST /outer HTTP/1.1\r\nHost: ${plainHost(edge)}\r\nConnection: close\r\n${rest}${hidden}`
        await rawRequest({ port: edge.http }, text)
        expect(edge.backend.seen.slice(before)).not.toContain('/hidden')
      },
    }),
  ),
  {
    title: 'logs each request as one JSON record, the query left out',
    feature: 'access-log',
    run: async (edge) => {
      await ask(edge, '/logged?secret=1')
      await ask(edge, '/refused/../x?secret=1')
      await rawRequest({ port: edge.http }, requestText('GET', '/a"b\\c', 'nobody.acme.test'))
      await new Promise((done) => setTimeout(done, 200))
      const records = edge.log()
      for (const record of records) expect(accessLogRecord.safeParse(record).error).toBeUndefined()
      const bare = { edge: 'front', source: '127.0.0.1', method: 'GET' }
      expect(records).toContainEqual(
        expect.objectContaining({
          ...bare,
          backend: 'plain',
          host: expect.stringMatching(/^plain\.acme\.test(:\d+)?$/),
          path: '/logged',
          status: 200,
          upstream: `127.0.0.1:${edge.backend.port}`,
        }),
      )
      expect(records).toContainEqual(
        expect.objectContaining({ ...bare, backend: 'plain', path: '/refused/../x', status: 400, upstream: null }),
      )
      expect(records).toContainEqual(expect.objectContaining({ ...bare, backend: null, path: '/a"b\\c', status: 421 }))
    },
  },
]
