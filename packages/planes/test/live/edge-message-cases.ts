import { accessLogRecord } from '@lockgate/model'
import { expect } from 'vitest'
import { ask, type EdgeCase, echoed, plainHost } from './edge-ask.ts'
import { open, parseAnswer, rawRequest, readAll, requestText } from './raw-request.ts'

const smuggled: readonly (readonly [string, string])[] = [
  ['both lengths', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two different lengths', 'Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
  ['a length with a sign', 'Content-Length: +3\r\n\r\nabc'],
  ['an unknown coding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['a blank before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
]

export const messageCases: readonly EdgeCase[] = [
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
