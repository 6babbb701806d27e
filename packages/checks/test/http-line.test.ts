import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttp, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Reach } from '@lockgate/model'
import { openReach } from '@lockgate/reach'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bodyLimit, openLine, type Tls } from '../src/http-line.ts'

const hasOpenssl = ['/usr/bin/openssl', '/usr/local/bin/openssl'].some((one) => existsSync(one))
const options = { connectMs: 1_000, answerMs: 1_000, signal: new AbortController().signal }

let reach: Reach
let folder: string
const servers: (Server | TcpServer)[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockgate-line-'))
  reach = await openReach('local', { baseDir: folder })
})
afterAll(async () => {
  for (const one of servers) one.close()
  await reach.close()
  rmSync(folder, { recursive: true, force: true })
})

async function listen(server: Server | TcpServer): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function getAll(port: number, tls: Tls | null, hosts: readonly string[]) {
  const line = openLine(reach, { host: '127.0.0.1', port }, tls, options)
  try {
    const answers = []
    for (const host of hosts) answers.push(await line.get('/', host))
    return answers
  } finally {
    line.close()
  }
}

const get = async (port: number, tls: Tls | null = null) => (await getAll(port, tls, ['a.test']))[0]

describe('plain HTTP', () => {
  test('one connection for several questions, each with its own Host', async () => {
    let connections = 0
    const server = createHttp((request, response) => response.end(request.headers.host))
    server.on('connection', () => connections++)
    const answers = await getAll(await listen(server), null, ['a.test', 'b.test:81'])
    expect(answers.map((one) => (one.outcome === 'answered' ? one.body.toString() : one))).toEqual([
      'a.test',
      'b.test:81',
    ])
    expect(connections).toBe(1)
  })

  test('a server that closes after each answer is asked over new connections', async () => {
    const server = createHttp((_request, response) => response.setHeader('connection', 'close').end('ok'))
    const answers = await getAll(await listen(server), null, ['a.test', 'b.test', 'c.test'])
    expect(answers.map((one) => one.outcome)).toEqual(['answered', 'answered', 'answered'])
  })

  test('a kept connection that the server drops under a request is no answer of the server', async () => {
    const server = createTcp((socket) => {
      let asked = 0
      socket.on('error', () => {})
      socket.on('data', () => {
        if (asked++ === 0) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
        else socket.destroy()
      })
    })
    const answers = await getAll(await listen(server), null, ['a.test', 'b.test'])
    expect(answers.map((one) => one.outcome)).toEqual(['answered', 'answered'])
  })

  test.each([
    ['silence', createTcp((socket) => void socket.on('error', () => {})), 'no-answer'],
    ['no HTTP', createTcp((socket) => void socket.on('error', () => {}).end('SSH-2.0-x\r\n')), 'no-answer'],
    ['closed at once', createTcp((socket) => void socket.on('error', () => {}).destroy()), 'no-answer'],
  ] as const)('%s gives no answer within its time', async (_title, server, outcome) => {
    const began = Date.now()
    expect(await get(await listen(server))).toMatchObject({ outcome })
    expect(Date.now() - began).toBeLessThan(4_000)
  })

  test('a closed port is refused', async () => {
    const server = createTcp()
    const port = await listen(server)
    await new Promise((resolve) => server.close(resolve))
    expect(await get(port)).toMatchObject({ outcome: 'refused' })
  })

  test('a long body is cut', async () => {
    const server = createHttp((_request, response) => response.end(Buffer.alloc(bodyLimit + 100_000)))
    const answer = await get(await listen(server))
    expect(answer).toMatchObject({ outcome: 'answered', cut: true })
    expect(answer?.outcome === 'answered' && answer.body.length).toBe(bodyLimit)
  })

  test('a body that never ends is cut by time', async () => {
    const server = createHttp((_request, response) => void response.write('data: 1\n\n'))
    expect(await get(await listen(server))).toMatchObject({ outcome: 'answered', cut: true })
  })
})

describe.skipIf(!hasOpenssl)('openssl: TLS', () => {
  const seen: string[] = []
  let port: number
  const path = (name: string) => join(folder, name)
  const certificate = (name: string, alternative: string) => {
    const argv = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternative}`]
    execFileSync('openssl', [...argv, ...names, '-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)], {
      stdio: 'ignore',
    })
    return readFileSync(path(`${name}.pem`), 'utf8')
  }
  const roots = (pem: string) => createSecureContext({ ca: pem })

  let own: string
  let foreign: string
  beforeAll(async () => {
    own = certificate('own', 'DNS:a.test,IP:127.0.0.1')
    foreign = certificate('foreign', 'DNS:a.test')
    const server = createHttps({ cert: own, key: readFileSync(path('own.key')) }, (_request, response) =>
      response.end('ok'),
    )
    server.on('secureConnection', (socket) => seen.push(String(socket.servername)))
    port = await listen(server)
  })

  test.each([
    [
      'its own root and name',
      () => ({ servername: 'a.test', check: { roots: roots(own), name: 'a.test' } }),
      'answered',
    ],
    [
      'an address as name, which is not sent',
      () => ({ servername: null, check: { roots: roots(own), name: '127.0.0.1' } }),
      'answered',
    ],
    ['no verification', () => ({ servername: 'b.test', check: null }), 'answered'],
    ['another root', () => ({ servername: 'a.test', check: { roots: roots(foreign), name: 'a.test' } }), 'tls-failed'],
    ['another name', () => ({ servername: 'b.test', check: { roots: roots(own), name: 'b.test' } }), 'tls-failed'],
  ] as const)('%s: %#', async (_title, tls, outcome) => {
    expect(await get(port, tls())).toMatchObject({ outcome })
  })

  test('no server name is sent where there is none', () => {
    expect(seen).toContain('a.test')
    expect(seen).toContain('false')
  })

  test('plain text is no TLS', async () => {
    const server = createTcp((socket) => void socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(await get(await listen(server), { servername: 'a.test', check: null })).toMatchObject({
      outcome: 'tls-failed',
    })
  })

  test('a handshake that does not end fails in time', async () => {
    const server = createTcp((socket) => void socket.on('error', () => {}))
    expect(await get(await listen(server), { servername: 'a.test', check: null })).toMatchObject({
      outcome: 'tls-failed',
    })
  })
})
