import { connect } from 'node:tls'
import type { Route } from '@lockgate/proxy-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from './certificates.ts'
import { type Backend, get, routeTo, type Stand, sendRaw, startBackend, startProxy, statusOf } from './stand.ts'

const secure = (port: number, host: string): Route =>
  routeTo(port, { id: host, public: { scheme: 'https', host, port: 443 } })

interface Spoken {
  readonly answer: string
  readonly commonName: string
  readonly protocol: string | null
}

/** Speaks TLS without looking at whom the certificate is for. */
function speak(port: number, servername: string | null, text: string, options: object = {}): Promise<Spoken> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const more = servername === null ? {} : { servername }
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...more, ...options }, () => {
      socket.write(text)
    })
    const { cn, protocol } = {
      cn: () => String(socket.getPeerCertificate().subject?.CN),
      protocol: () => socket.getProtocol(),
    }
    const seen = { commonName: '', protocol: null as string | null }
    socket.on('secureConnect', () => Object.assign(seen, { commonName: cn(), protocol: protocol() }))
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', reject).on('close', () => resolve({ answer, ...seen }))
  })
}

describe('https', () => {
  let backend: Backend
  let stand: Stand
  let port: number
  beforeAll(async () => {
    backend = await startBackend()
    stand = await startProxy([secure(backend.port, 'a.test'), secure(backend.port, 'b.test'), routeTo(backend.port)], {
      fixed: { 'g.test': 'generation' },
      tls: {
        default: selfSigned('default.test'),
        names: { 'a.test': selfSigned('a.test'), '*.wild.test': selfSigned('*.wild.test') },
      },
    })
    port = await stand.proxy.listen({ scheme: 'https', host: '127.0.0.1', port: 0 })
  })
  afterAll(async () => {
    await stand.close()
    await backend.close()
  })

  test('serves the name of the handshake, with its own certificate', async () => {
    const { answer, commonName } = await speak(port, 'a.test', get('/x', [], 'a.test'))
    expect(answer).toContain('backend saw /x')
    expect(commonName).toBe('a.test')
    expect(backend.seen.at(-1)?.headers).toMatchObject({
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
      'x-forwarded-host': 'a.test',
    })
  })

  test('a name without a certificate of its own gets the default one', async () => {
    const { answer, commonName } = await speak(port, 'b.test', get('/x', [], 'b.test'))
    expect(answer).toContain('backend saw /x')
    expect(commonName).toBe('default.test')
    expect((await speak(port, 'x.wild.test', get('/', [], 'x.wild.test'))).commonName).toBe('*.wild.test')
  })

  test.each([
    ['another name', 'a.test', 'b.test', 421],
    ['the other way round', 'b.test', 'a.test', 421],
    ['no SNI', null, 'a.test', 421],
    ['an unknown SNI', 'unknown.test', 'a.test', 421],
    ['an unknown host', 'unknown.test', 'unknown.test', 421],
    ['a host that is public on http only', 'app.test', 'app.test', 421],
    ['the http port', 'a.test', 'a.test:80', 421],
    ['the https port', 'a.test', 'A.test:443', 200],
    ['a trailing dot', 'a.test', 'a.test.', 200],
    ['the generation with its name', 'g.test', 'g.test', 200],
    ['the generation with another name', 'a.test', 'g.test', 200],
  ])('SNI and Host: %s', async (_title, servername, host, status) => {
    const { answer } = await speak(port, servername, get('/', [], host))
    expect(statusOf(answer)).toBe(status)
  })

  test('http only redirects to https, with the path as it came', async () => {
    const answer = await sendRaw(stand.port, get('/x/%7e?y=z', [], 'a.test'))
    expect(statusOf(answer)).toBe(308)
    expect(answer).toContain('Location: https://a.test/x/%7e?y=z\r\n')
    const post = await sendRaw(stand.port, get('/x', ['Content-Length: 0'], 'a.test').replace('GET', 'POST'))
    expect(statusOf(post)).toBe(308)
    expect(statusOf(await sendRaw(stand.port, get('/x%0d%0aSet-Cookie:a', [], 'a.test')))).toBe(400)
    expect(statusOf(await sendRaw(stand.port, get('//evil.test/', [], 'a.test')))).toBe(400)
  })

  test('TLS 1.1 is refused, 1.2 and 1.3 are spoken', async () => {
    const hello = get('/', [], 'a.test')
    await expect(
      speak(port, 'a.test', hello, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ).rejects.toThrow()
    expect((await speak(port, 'a.test', hello, { maxVersion: 'TLSv1.2' })).protocol).toBe('TLSv1.2')
    expect((await speak(port, 'a.test', hello)).protocol).toBe('TLSv1.3')
  })

  test('plain HTTP on the https port reaches nothing', async () => {
    const before = backend.seen.length
    await sendRaw(port, get('/', [], 'a.test'), 500)
    expect(backend.seen.length).toBe(before)
  })

  test('new certificates are for new handshakes; bad ones change nothing', async () => {
    const bad = { default: { cert: 'no', key: 'no' }, names: {} }
    expect(() => stand.proxy.replaceTls(bad)).toThrow()
    expect((await speak(port, 'a.test', get('/', [], 'a.test'))).commonName).toBe('a.test')
    stand.proxy.replaceTls({ default: selfSigned('new.test'), names: { 'b.test': selfSigned('b.test') } })
    expect((await speak(port, 'a.test', get('/', [], 'a.test'))).commonName).toBe('new.test')
    expect((await speak(port, null, get('/', [], 'a.test'))).commonName).toBe('new.test')
    expect((await speak(port, 'b.test', get('/', [], 'b.test'))).commonName).toBe('b.test')
  })
})
