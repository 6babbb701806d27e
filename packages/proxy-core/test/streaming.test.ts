import { EventEmitter, once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProxyOptions, Route } from '@lockgate/proxy-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type Backend,
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

interface Pair {
  readonly backend: Backend
  readonly stand: Stand
}

async function pair(
  answer?: RequestListener,
  route: Partial<Route> = {},
  more: Partial<ProxyOptions> = {},
): Promise<Pair> {
  const backend = await startBackend(answer)
  const stand = await startProxy([routeTo(backend.port, route)], more)
  onTestFinished(async () => {
    await stand.close()
    await backend.close()
  })
  return { backend, stand }
}

/** A backend that says exactly these bytes to each request. */
async function rawBackend(bytes: string, route: Partial<Route> = {}): Promise<Stand> {
  const server = createTcpServer((socket) => {
    socket.on('data', () => socket.write(bytes, 'latin1')).on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stand = await startProxy([routeTo(portOf(server), route)])
  onTestFinished(async () => {
    await stand.close()
    await new Promise((resolve) => server.close(resolve))
  })
  return stand
}

const headers = { host: 'app.test' }

describe('streaming', () => {
  test('an event arrives while the answer goes on, and the head before any event', async () => {
    const steps = new EventEmitter()
    const { stand } = await pair(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
      await once(steps, 'head')
      response.write('data: 1\n\n')
      await once(steps, 'event')
      response.end('data: 2\n\n')
    })
    const request = httpRequest({ port: stand.port, headers }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    steps.emit('head')
    const events: string[] = []
    for await (const event of response) {
      events.push(String(event))
      steps.emit('event')
    }
    expect(events).toEqual(['data: 1\n\n', 'data: 2\n\n'])
  })

  test('a body arrives while the client still sends', async () => {
    let arrived = 0
    const { stand } = await pair((request, response) => {
      request.once('data', () => {
        arrived = performance.now()
      })
      request.on('end', () => response.end('done'))
    })
    const half = 'POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: 2\r\n\r\na'
    const answer = sendRaw(stand.port, half, 500)
    await sleep(200)
    expect(arrived).toBeGreaterThan(0)
    await answer
  })

  test.each([
    ['with a length', { 'content-length': 50_000_000 }],
    ['chunked', {}],
  ])('50 MB %s pass both ways unchanged', async (_title, more) => {
    const { stand } = await pair((request, response) => void request.pipe(response), { bodyLimit: 60_000_000 })
    const request = httpRequest({ port: stand.port, method: 'POST', headers: { ...headers, ...more } })
    let received = 0
    const done = new Promise<void>((resolve, reject) => {
      request.on('error', reject).on('response', (response) => {
        response.on('data', (chunk) => {
          received += chunk.length
        })
        response.on('end', resolve)
      })
    })
    const piece = Buffer.alloc(500_000, 'x')
    for (let i = 0; i < 100; i++) if (!request.write(piece)) await once(request, 'drain')
    request.end()
    await done
    expect(received).toBe(50_000_000)
    expect(stand.access[0]).toMatchObject({ bytes: 50_000_000, status: 200 })
  })

  test('a client that does not read holds the backend up, not memory', async () => {
    let written = 0
    const { stand } = await pair((_request, response) => {
      const more = (): void => {
        while (written < 500_000_000) {
          written += 1_000_000
          if (!response.write(Buffer.alloc(1_000_000))) return void response.once('drain', more)
        }
      }
      more()
    })
    const socket = connect(stand.port, '127.0.0.1', () => socket.write(get('/')))
    socket.pause()
    await sleep(600)
    expect(written).toBeLessThan(60_000_000)
    socket.destroy()
  })

  test('a backend that does not read holds the client up, not memory', async () => {
    const { stand } = await pair((request) => void request.pause(), { bodyLimit: 1e12 })
    const request = httpRequest({ port: stand.port, method: 'POST', headers })
    request.on('error', () => undefined)
    let written = 0
    while (written < 500_000_000) {
      written += 1_000_000
      if (
        !request.write(Buffer.alloc(1_000_000)) &&
        !(await Promise.race([once(request, 'drain').then(() => true), sleep(400)]))
      )
        break
    }
    expect(written).toBeLessThan(60_000_000)
    request.destroy()
  })

  test('a client that goes away ends the request at the backend', async () => {
    const { backend, stand } = await pair((_request, response) => void response.write('x'))
    const socket = connect(stand.port, '127.0.0.1', () => socket.write(get('/')))
    await once(socket, 'data')
    const closed = new Promise((resolve) => backend.server.getConnections((_e, n) => resolve(n)))
    expect(await closed).toBe(1)
    socket.destroy()
    for (let i = 0; i < 20 && (await new Promise((r) => backend.server.getConnections((_e, n) => r(n)))) !== 0; i++)
      await sleep(50)
    expect(await new Promise((resolve) => backend.server.getConnections((_e, n) => resolve(n)))).toBe(0)
    expect(stand.access).toHaveLength(1)
  })

  test('an answer that the backend cuts off is cut off for the client', async () => {
    const stand = await rawBackend('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nXX')
    const answer = await sendRaw(stand.port, 'GET / HTTP/1.1\r\nHost: app.test\r\n\r\n', 1_000)
    expect(answer).toContain('abc')
    expect(answer).not.toContain('\r\n0\r\n')
  })
})

describe('the forms of answers', () => {
  test.each([
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "a"\r\n\r\n', 304],
    ['an empty body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 200],
    ['an unknown status', 'HTTP/1.1 599 What\r\nContent-Length: 1\r\n\r\na', 599],
    [
      '103 and the answer',
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na',
      200,
    ],
    ['102 and the answer', 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na', 200],
    [
      '103 with a link that node would not write',
      'HTTP/1.1 103 Early Hints\r\nLink: nonsense\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na',
      200,
    ],
    ['101 unasked', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 502],
    ['no HTTP', 'SSH-2.0-x\r\n\r\n', 502],
    ['both lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 502],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 502],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 1\r\n\r\na', 502],
    ['a control character', 'HTTP/1.1 200 OK\r\nX-A: b\x01\r\nContent-Length: 1\r\n\r\na', 502],
  ])('%s', async (_title, bytes, status) => {
    const stand = await rawBackend(bytes)
    const answer = await sendRaw(stand.port, get('/'), 1_000)
    expect(statusesOf(answer).at(-1)).toBe(status)
    expect(answer).not.toContain('127.0.0.1')
    expect(stand.access.map((one) => one.status)).toEqual([status])
  })

  test('103 passes with its links, then the final answer', async () => {
    const { stand } = await pair((_request, response) => {
      response.writeEarlyHints({ link: ['</a.css>; rel=preload; as=style', '</b.js>; rel=preload; as=script'] })
      setTimeout(() => response.end('final'), 50)
    })
    const answer = await sendRaw(stand.port, get('/'))
    expect(statusesOf(answer)).toEqual([103, 200])
    expect(answer).toMatch(/103 Early Hints\r\nLink: <\/a\.css>[^\r]*<\/b\.js>/)
    const old = await sendRaw(stand.port, 'GET / HTTP/1.0\r\nHost: app.test\r\n\r\n')
    expect(statusesOf(old)).toEqual([200])
  })

  test('HEAD has the length and no body', async () => {
    const { stand } = await pair((_request, response) => void response.writeHead(200, { 'content-length': 7 }).end())
    const answer = await sendRaw(stand.port, get('/').replace('GET', 'HEAD'))
    expect(answer).toMatch(/content-length: 7/i)
    expect(answer.endsWith('\r\n\r\n')).toBe(true)
    expect(stand.access[0]).toMatchObject({ method: 'HEAD', bytes: 0, status: 200 })
  })

  test('response trailers pass but for identity and framing', async () => {
    const { stand } = await pair((_request, response) => {
      response.writeHead(200, { trailer: 'x-sum, x_forwarded_user, content-length' })
      response.write('body')
      response.addTrailers({ 'x-sum': '42', x_forwarded_user: 'evil', 'set-cookie': 'a=evil' })
      response.end()
    })
    const answer = await sendRaw(stand.port, get('/'))
    expect(answer).toContain('Trailer: x-sum\r\n')
    expect(answer).toContain('0\r\nx-sum: 42\r\n\r\n')
    expect(answer).not.toContain('evil')
    const old = await sendRaw(stand.port, 'GET / HTTP/1.0\r\nHost: app.test\r\n\r\n')
    expect(old.endsWith('\r\n\r\nbody')).toBe(true)
  })

  test('HTTP/1.0 gets an answer without chunks', async () => {
    const { stand } = await pair((_request, response) => {
      response.write('a')
      response.end('b')
    })
    const answer = await sendRaw(stand.port, 'GET / HTTP/1.0\r\nHost: app.test\r\n\r\n')
    expect(statusOf(answer)).toBe(200)
    expect(answer.endsWith('\r\n\r\nab')).toBe(true)
  })

  test('request trailers stay behind', async () => {
    const { backend, stand } = await pair()
    const body = '3\r\nabc\r\n0\r\nX-Forwarded-User: evil\r\nX-Sum: 1\r\n\r\n'
    await sendRaw(
      stand.port,
      `POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    )
    expect(backend.seen[0]).toMatchObject({ body: 'abc', trailers: {} })
  })

  test('pipelined requests are answered in turn', async () => {
    const { stand } = await pair()
    const one = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: app.test\r\n\r\n`
    const answer = await sendRaw(stand.port, `${one('/1')}${one('/2')}${get('/3')}`)
    expect([...answer.matchAll(/backend saw (\/\d)/g)].map((match) => match[1])).toEqual(['/1', '/2', '/3'])
  })

  test('Expect: 100-continue is answered once the backend takes the body', async () => {
    const { backend, stand } = await pair()
    const head =
      'POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n'
    const answer = await sendRaw(stand.port, [head, 'abc'])
    expect(statusesOf(answer)).toEqual([100, 200])
    expect(backend.seen[0]?.body).toBe('abc')
    expect(backend.seen[0]?.headers.expect).toBeUndefined()
  })

  test('another expectation is refused', async () => {
    const { backend, stand } = await pair()
    expect(statusOf(await sendRaw(stand.port, get('/', ['Expect: the-unexpected'])))).toBe(417)
    expect(backend.seen).toEqual([])
  })
})
