/** What a program joins to the proxy: places it answers itself, changes of a decision, ties, an engine in front. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OwnAsked, ProxyOptions, Route } from '@lockgate/proxy-core'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Backend, bodyOf, get, routeTo, type Stand, sendRaw, startBackend, startProxy, statusOf } from './stand.ts'

async function stand(
  more: Partial<ProxyOptions>,
  route: Partial<Route> = {},
  answer?: Parameters<typeof startBackend>[0],
): Promise<Stand & { backend: Backend }> {
  const backend = await startBackend(answer)
  const made = await startProxy([routeTo(backend.port, route)], more)
  onTestFinished(async () => {
    await made.close()
    await backend.close()
  })
  return { ...made, backend }
}

describe('places of our own', () => {
  const seen: OwnAsked[] = []
  const own: ProxyOptions['own'] = async (asked) => {
    seen.push(asked)
    return { status: 200, headers: ['Content-Type', 'text/plain'], body: `own ${asked.path} ${asked.body}` }
  }
  const ownHosts = [{ scheme: 'http', host: 'login.test', port: 80 }] as const

  test.each([
    ['a path below the prefix', get('/.ours/page?a=b'), 200, 'own /.ours/page '],
    ['the same, encoded', get('/%2eours/page'), 200, 'own /.ours/page '],
    ['the prefix without its slash is the backend’s', get('/.ours'), 200, 'backend saw /.ours'],
    ['any path of a host without a backend', get('/', [], 'LOGIN.test'), 200, 'own / '],
    ['an ambiguous path of such a host', get('/a//b', [], 'login.test'), 400, ''],
    [
      'a form',
      `POST /.ours/form HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: 3\r\n\r\na=b`,
      200,
      'own /.ours/form a=b',
    ],
    [
      'a form that is too long',
      `POST /.ours/form HTTP/1.1\r\nHost: app.test\r\nContent-Length: 70000\r\n\r\n`,
      413,
      '',
    ],
    [
      'a chunked form that is too long',
      `POST /.ours/form HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n${'x'.repeat(70_000)}\r\n0\r\n\r\n`,
      413,
      '',
    ],
  ])('%s', async (_title, request, status, body) => {
    const { port } = await stand({ own, ownHosts }, { ownPaths: '/.ours/' })
    const answer = await sendRaw(port, request)
    expect(statusOf(answer)).toBe(status)
    if (body) expect(bodyOf(answer)).toBe(body)
  })

  test('a fault of ours is 503 and reaches onFault, not the backend', async () => {
    const faults: unknown[] = []
    const broken = { own: () => Promise.reject(new Error('broken')), onFault: (error: unknown) => faults.push(error) }
    const { port, backend } = await stand(broken, { ownPaths: '/.ours/' })
    expect(statusOf(await sendRaw(port, get('/.ours/x')))).toBe(503)
    expect([faults.length, backend.seen.length]).toEqual([1, 0])
  })
})

describe('what a decision changes', () => {
  test('the client’s headers, and headers of the answer', async () => {
    const { port, backend } = await stand({
      decide: () => ({
        allow: true,
        forwarded: ['x-kept', '1'],
        headers: ['x-added', '2'],
        answered: ['Set-Cookie', 'pass=1'],
      }),
    })
    const answer = await sendRaw(port, get('/', ['Cookie: secret=1', 'Connection: x-added']))
    expect(backend.seen[0]?.headers).toMatchObject({ 'x-kept': '1', 'x-added': '2' })
    expect(backend.seen[0]?.headers.cookie).toBeUndefined()
    expect(answer).toContain('Set-Cookie: pass=1\r\n')
  })

  test('a whole answer of its own', async () => {
    const { port, backend } = await stand({
      decide: () => ({ allow: false, status: 403, headers: ['Content-Type', 'text/html'], body: '<p>no' }),
    })
    const answer = await sendRaw(port, get('/'))
    expect([statusOf(answer), bodyOf(answer), backend.seen.length]).toEqual([403, '<p>no', 0])
    expect(answer).toContain('Content-Type: text/html\r\n')
  })

  test('a backend cannot speak in the proxy’s name', async () => {
    const { port } = await stand({}, {}, (_request, response) =>
      response
        .writeHead(200, {
          'Lockgate-Reference': 'ABCD-EFGH',
          'X-Own': '1',
          'Set-Cookie': ['theirs=1', '__Host-lockgate=planted; Path=/; Secure'],
        })
        .end(),
    )
    const answer = await sendRaw(port, get('/'))
    expect(answer).toMatch(/x-own/i)
    expect(answer).toMatch(/theirs=1/)
    expect(answer).not.toMatch(/lockgate/i)
  })
})

const patience = { timeout: 20_000 }

describe('ties', () => {
  test('a stream is cut, one that has not begun gets 401, others stay; ended ones are forgotten', async () => {
    const { port, proxy } = await stand(
      { decide: ({ path }) => ({ allow: true, tie: { who: path.slice(1) } }) },
      {},
      (request, response) => {
        if (request.url === '/quick') response.end('done')
        else if (request.url !== '/waiting') response.write('first')
      },
    )
    await sendRaw(port, get('/quick'))
    const [ana, waiting] = ['/ana', '/waiting'].map((path) => sendRaw(port, get(path), 30_000))
    const bob = connect(port, '127.0.0.1', () => bob.write(get('/bob')))
    const who = (): readonly string[] => proxy.tied().map((one) => (one.tie as { who: string }).who)
    await vi.waitFor(() => expect(who().toSorted()).toEqual(['ana', 'bob', 'waiting']), patience)
    await once(bob, 'data')
    for (const one of proxy.tied()) if ((one.tie as { who: string }).who !== 'bob') one.cut()
    expect(await ana).toContain('first')
    expect(statusOf((await waiting) as string)).toBe(401)
    expect(who()).toEqual(['bob'])
    expect(bob.readableEnded || bob.destroyed).toBe(false)
    bob.destroy()
    await vi.waitFor(() => expect(who()).toEqual([]), patience)
  })
})

describe('behind an engine', () => {
  test('its word counts on its socket, and nowhere else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockgate-engine-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const socket = join(folder, 'engine.sock')
    const route = { public: { scheme: 'https', host: 'app.test', port: 443 } } as const
    const { port, proxy, backend } = await stand({}, route)
    await proxy.listen({
      scheme: 'http',
      host: 'engine',
      port: 0,
      socket,
      engine: {
        answer: (request, response) => request.url === '/ask' && !!response.end('asked'),
        peer: (request) => ({ source: String(request.headers['lockgate-source']), scheme: 'https', host: null }),
      },
    })
    const send = (text: string): Promise<string> =>
      new Promise((resolve) => {
        let all = ''
        const client = connect(socket, () => client.write(text))
        client.on('data', (chunk) => {
          all += chunk
        })
        client.on('close', () => resolve(all))
      })
    expect(bodyOf(await send(get('/ask')))).toContain('asked')
    expect(statusOf(await send(get('/x', ['Lockgate-Source: 192.0.2.7'])))).toBe(200)
    expect(backend.seen[0]?.headers).toMatchObject({ 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' })
    expect(backend.seen[0]?.headers['lockgate-source']).toBeUndefined()
    expect(statusOf(await sendRaw(port, get('/x', ['Lockgate-Source: 192.0.2.7'])))).toBe(308)
  })
})

/** Head and body one after the other by a client that reads only then; a broken connection shows as its error. */
async function sendThenRead(port: number, head: string, body: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let got = ''
  const ended = new Promise<string>((resolve) => {
    socket.on('error', (error) => resolve(`${got}${String(error)}`)).on('end', () => resolve(got))
  })
  for (const part of [head, ...body]) {
    socket.write(part)
    await sleep(50)
  }
  socket.setEncoding('latin1').on('data', (chunk) => {
    got += chunk
  })
  return ended
}

test.each([
  ['the client closes after it', 'HTTP/1.1', 'Connection: close\r\n'],
  ['HTTP/1.0 closes after it', 'HTTP/1.0', ''],
])('a denial before the body has come reaches the client whole: %s', async (_title, version, line) => {
  const { port } = await stand({
    decide: async () => {
      await sleep(5)
      return { allow: false, status: 401, body: 'no' }
    },
  })
  const head = `POST /form ${version}\r\nHost: app.test\r\n${line}Content-Length: 3\r\n\r\n`
  const answer = await sendThenRead(port, head, 'a=b')
  expect(statusOf(answer)).toBe(401)
  expect(answer).not.toContain('Error')
})
