import { once } from 'node:events'
import { connect, createServer as createTcpServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Decision, ProxyOptions, Route } from '@lockgate/proxy-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type Backend,
  bodyOf,
  get,
  portOf,
  routeTo,
  type Stand,
  sendRaw,
  startBackend,
  startProxy,
  statusesOf,
  statusOf,
} from './stand.ts'

async function pair(
  route: Partial<Route> = {},
  more: Partial<ProxyOptions> = {},
): Promise<{ backend: Backend; stand: Stand }> {
  const backend = await startBackend()
  const stand = await startProxy([routeTo(backend.port, route)], more)
  onTestFinished(async () => {
    await stand.close()
    await backend.close()
  })
  return { backend, stand }
}

const post = (headers: readonly string[], body = ''): string =>
  ['POST / HTTP/1.1', 'Host: app.test', 'Connection: close', ...headers, '', body].join('\r\n')

describe('limits', () => {
  test('an announced body over the limit is refused before a byte goes to the backend', async () => {
    const { backend, stand } = await pair({ bodyLimit: 10 })
    expect(statusOf(await sendRaw(stand.port, post(['Content-Length: 11'], 'x'.repeat(11))))).toBe(413)
    expect(statusOf(await sendRaw(stand.port, post(['Content-Length: 10'], 'x'.repeat(10))))).toBe(200)
    expect(backend.seen.map((one) => one.body.length)).toEqual([10])
  })

  test('100 Continue is not said for a body over the limit', async () => {
    const { stand } = await pair({ bodyLimit: 10 })
    expect(statusesOf(await sendRaw(stand.port, post(['Content-Length: 11', 'Expect: 100-continue']), 3_000))).toEqual([
      413,
    ])
  })

  test('a chunked body over the limit is cut off', async () => {
    const { backend, stand } = await pair({ bodyLimit: 10 })
    const answer = await sendRaw(
      stand.port,
      [post(['Transfer-Encoding: chunked']), '6\r\nabcdef\r\n', '6\r\nabcdef\r\n', '0\r\n\r\n'],
      3_000,
    )
    expect(statusesOf(answer)).toEqual([413])
    expect(backend.seen).toEqual([])
  })

  test('a client that uploads too much still reads the refusal', async () => {
    const { stand } = await pair({ bodyLimit: 10 })
    const much = Buffer.alloc(3_000_000, 'x')
    const answer = await sendRaw(stand.port, [post(['Content-Length: 6000000']), much, much], 4_000)
    expect(statusOf(answer)).toBe(413)
    expect(bodyOf(answer)).toBe('{"error":"The request body is larger than this backend takes."}\n')
  })

  test.each([
    ['a long target', get(`/${'a'.repeat(9_000)}`), 414],
    ['large headers', get('/', [`X-A: ${'a'.repeat(40_000)}`]), 431],
    [
      'many headers',
      get(
        '/',
        Array.from({ length: 300 }, (_, i) => `X-${i}: a`),
      ),
      431,
    ],
  ])('%s', async (_title, bytes, status) => {
    const { backend, stand } = await pair()
    expect(statusOf(await sendRaw(stand.port, bytes))).toBe(status)
    expect(backend.seen).toEqual([])
  })

  test('headers that do not come in time: 408', async () => {
    const { stand } = await pair({}, { limits: { headersMs: 300 } })
    const answer = await sendRaw(stand.port, 'GET / HTTP/1.1\r\nHost: app.test\r\n', 3_000)
    expect(statusOf(answer)).toBe(408)
    expect(bodyOf(answer)).toBe('{"error":"The request did not arrive in time."}\n')
  })

  test('a connection that says nothing is closed in time', async () => {
    const { stand } = await pair({}, { limits: { headersMs: 300 } })
    await once(connect(stand.port, '127.0.0.1').resume(), 'close')
  })

  test('a body that does not come in time: 408, and the backend sees no whole request', async () => {
    const { backend, stand } = await pair({}, { limits: { clientSilentMs: 300 } })
    const answer = await sendRaw(stand.port, post(['Content-Length: 10'], 'abc'), 4_000)
    expect(statusOf(answer)).toBe(408)
    expect(backend.seen).toEqual([])
  })

  test('a backend that stays silent: 504 after its time', async () => {
    const silent = createTcpServer((socket) => void socket.on('error', () => undefined))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const stand = await startProxy([routeTo(portOf(silent), { timeoutMs: 500 })])
    const answer = await sendRaw(stand.port, get('/'), 30_000)
    expect(statusOf(answer)).toBe(504)
    expect(stand.access[0]).toMatchObject({ status: 504, upstream: `127.0.0.1:${portOf(silent)}` })
    await stand.close()
    silent.close()
  })

  test('a dead backend: 502, without its address', async () => {
    const { backend, stand } = await pair()
    await backend.close()
    const answer = await sendRaw(stand.port, get('/'))
    expect(statusOf(answer)).toBe(502)
    expect(answer).not.toMatch(/127\.0\.0\.1|ECONN|app\b/)
    const upload = await sendRaw(stand.port, post(['Content-Length: 3', 'Expect: 100-continue'], 'abc'))
    expect(statusesOf(upload)).toEqual([502])
  })

  test('requests are sent once: a backend that dies with the request in hand is not asked again', async () => {
    let asked = 0
    const dying = createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', () => {
        asked++
        if (asked === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na')
        else socket.destroy()
      })
    })
    await new Promise<void>((resolve) => dying.listen(0, '127.0.0.1', resolve))
    const stand = await startProxy([routeTo(portOf(dying))])
    expect(statusOf(await sendRaw(stand.port, get('/')))).toBe(200)
    expect(statusOf(await sendRaw(stand.port, get('/')))).toBe(502)
    expect(asked).toBe(2)
    await stand.close()
    dying.close()
  })

  test('a kept-alive connection that the backend closed meanwhile costs no request', async () => {
    let closing = false
    const { stand, backend } = await pair()
    backend.server.on('connection', (socket) => void (closing && socket))
    expect(statusOf(await sendRaw(stand.port, get('/')))).toBe(200)
    backend.server.closeIdleConnections()
    closing = true
    expect(statusOf(await sendRaw(stand.port, get('/')))).toBe(200)
    expect(statusOf(await sendRaw(stand.port, post(['Content-Length: 1'], 'a')))).toBe(200)
  })
})

describe('the decision', () => {
  const deciding = (decide: () => Decision | Promise<Decision>): ReturnType<typeof pair> => pair({}, { decide })

  test('allows, and adds headers that no client can send', async () => {
    const { backend, stand } = await deciding(async () => {
      await sleep(20)
      return { allow: true, headers: ['lockgate-assertion', 'signed'] }
    })
    const answer = await sendRaw(stand.port, get('/', ['Lockgate_Assertion: evil', 'Connection: lockgate-assertion']))
    expect(statusOf(answer)).toBe(200)
    expect(backend.seen[0]?.headers['lockgate-assertion']).toBe('signed')
  })

  test('denies with its status and headers, and the backend sees nothing', async () => {
    const { backend, stand } = await deciding(() => ({ allow: false, status: 302, headers: ['Location', '/login'] }))
    const answer = await sendRaw(stand.port, post(['Content-Length: 6'], 'secret'))
    expect(statusOf(answer)).toBe(302)
    expect(answer).toContain('Location: /login')
    expect(backend.seen).toEqual([])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['gives nothing', () => undefined as unknown as Decision],
  ])('denies where it %s', async (_title, decide) => {
    const { backend, stand } = await deciding(decide)
    expect(statusOf(await sendRaw(stand.port, get('/')))).toBe(503)
    expect(backend.seen).toEqual([])
  })
})
