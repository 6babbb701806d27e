import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProxyOptions } from '@lockgate/proxy-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { portOf, routeTo, type Stand, sendRaw, startProxy, statusOf } from './stand.ts'

async function socketStand(
  more: Partial<ProxyOptions> = {},
): Promise<{ stand: Stand; sockets: WebSocketServer; seen: string[] }> {
  const server = createServer((_request, response) => response.end('plain'))
  const sockets = new WebSocketServer({ server, path: '/ws' })
  const seen: string[] = []
  sockets.on('connection', (socket, request) => {
    seen.push(request.rawHeaders.join('|'))
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stand = await startProxy([routeTo(portOf(server))], more)
  onTestFinished(async () => {
    await stand.close()
    for (const one of sockets.clients) one.terminate()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { stand, sockets, seen }
}

const open = async (port: number, path = '/ws'): Promise<WebSocket> => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { host: 'app.test', x_forwarded_user: 'evil' },
  })
  await once(socket, 'open')
  return socket
}

describe('WebSocket', () => {
  test('messages pass both ways, also large ones; the log has one record at its end', async () => {
    const { stand, seen } = await socketStand()
    const socket = await open(stand.port)
    const big = Buffer.alloc(5_000_000, 'x')
    for (const message of [Buffer.from('hello'), big]) {
      socket.send(message)
      const [back] = await once(socket, 'message')
      expect(Buffer.compare(back as Buffer, message)).toBe(0)
    }
    expect(seen[0]).toContain('x-forwarded-for|127.0.0.1')
    expect(seen[0]).not.toContain('evil')
    expect(stand.access).toEqual([])
    socket.close()
    await once(socket, 'close')
    await sleep(50)
    expect(stand.access).toMatchObject([{ status: 101, backend: 'app', path: '/ws', bytes: expect.any(Number) }])
  })

  test('bytes that the client sends with its request reach the backend', async () => {
    const { stand } = await socketStand()
    const key = 'dGhlIHNhbXBsZSBub25jZQ=='
    const head = [
      'GET /ws HTTP/1.1',
      'Host: app.test',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${key}`,
    ]
    const masked = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
    const answer = await sendRaw(
      stand.port,
      [Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), masked])],
      600,
    )
    expect(statusOf(answer)).toBe(101)
    expect(answer).toContain('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    expect(answer.endsWith('\x81\x02hi')).toBe(true)
  })

  test('a refusal by the backend passes as an answer', async () => {
    const { stand } = await socketStand()
    const socket = new WebSocket(`ws://127.0.0.1:${stand.port}/other`, { headers: { host: 'app.test' } })
    const [, response] = await once(socket, 'unexpected-response')
    expect(response.statusCode).toBe(400)
    socket.on('error', () => undefined)
    socket.terminate()
  })

  test.each([
    ['another host', 'other.test', '/ws', 421],
    ['a dot segment', 'app.test', '/x/../ws', 400],
  ])('%s is refused', async (_title, host, path, status) => {
    const { stand, seen } = await socketStand()
    const head = [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket']
    expect(statusOf(await sendRaw(stand.port, `${head.join('\r\n')}\r\n\r\n`, 600))).toBe(status)
    expect(seen).toEqual([])
    expect(stand.access.map((one) => one.status)).toEqual([status])
  })

  test('a denied upgrade never reaches the backend', async () => {
    const { stand, seen } = await socketStand({
      decide: ({ upgrade }) => ({ allow: false, status: upgrade ? 401 : 500 }),
    })
    const socket = new WebSocket(`ws://127.0.0.1:${stand.port}/ws`, { headers: { host: 'app.test' } })
    socket.on('error', () => undefined)
    const [, response] = await once(socket, 'unexpected-response')
    expect(response.statusCode).toBe(401)
    expect(seen).toEqual([])
    socket.terminate()
  })

  test('another protocol is not switched to: the request is an ordinary one', async () => {
    const { stand } = await socketStand()
    const head = [
      'GET / HTTP/1.1',
      'Host: app.test',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ]
    const answer = await sendRaw(stand.port, `${head.join('\r\n')}\r\n\r\n`, 600)
    expect(statusOf(answer)).toBe(200)
    expect(answer).toContain('plain')
  })

  test('a silent tunnel is closed in time', async () => {
    const { stand } = await socketStand({ limits: { tunnelSilentMs: 1_500 } })
    const socket = await open(stand.port)
    await sleep(900)
    socket.ping()
    await sleep(900)
    expect(socket.readyState).toBe(WebSocket.OPEN)
    await once(socket, 'close')
    await sleep(100)
    expect(stand.access).toHaveLength(1)
  })

  test("a client that vanishes ends the backend's side", async () => {
    const { stand, sockets } = await socketStand()
    const socket = await open(stand.port)
    socket.terminate()
    await sleep(150)
    expect(sockets.clients.size).toBe(0)
  })

  test('a client that does not read holds the backend up', async () => {
    const { stand, sockets } = await socketStand()
    const key = 'dGhlIHNhbXBsZSBub25jZQ=='
    const head = [
      'GET /ws HTTP/1.1',
      'Host: app.test',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${key}`,
    ]
    const client = connect(stand.port, '127.0.0.1', () => client.write(`${head.join('\r\n')}\r\n\r\n`))
    await once(client, 'data')
    client.pause()
    const [backend] = sockets.clients
    for (let i = 0; i < 200; i++) backend?.send(Buffer.alloc(1_000_000))
    await sleep(500)
    expect(backend?.bufferedAmount).toBeGreaterThan(100_000_000)
    client.destroy()
  })

  test('closing the proxy ends tunnels after the grace', async () => {
    const { stand } = await socketStand()
    const socket = await open(stand.port)
    const closed = once(socket, 'close')
    await stand.proxy.close(100)
    await closed
  })
})
