import { forwardingHeaders, refusedHeaders } from '@lockgate/model'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Backend, get, routeTo, type Stand, sendRaw, startBackend, startProxy, statusOf } from './stand.ts'

/** The name as clients and frameworks spell it. */
const spellings = (name: string): string[] => [
  name,
  name.toUpperCase(),
  name.replaceAll('-', '_'),
  name.replaceAll('-', '.'),
  name.replace('-', '_').toUpperCase(),
]

describe('headers on their way to the backend', () => {
  let backend: Backend
  let stand: Stand
  beforeAll(async () => {
    backend = await startBackend()
    stand = await startProxy([routeTo(backend.port)])
  })
  afterAll(async () => {
    await stand.close()
    await backend.close()
  })
  beforeEach(() => void backend.seen.splice(0))

  const ask = async (headers: readonly string[], host = 'app.test'): Promise<Readonly<Record<string, string[]>>> => {
    const answer = await sendRaw(stand.port, get('/', headers, host))
    expect(statusOf(answer)).toBe(200)
    const raw = backend.seen[0]?.raw ?? []
    const found: Record<string, string[]> = {}
    for (let i = 0; i < raw.length; i += 2) {
      const name = (raw[i] as string).toLowerCase()
      found[name] = [...(found[name] ?? []), raw[i + 1] as string]
    }
    return found
  }

  test('sets the forwarding headers, each once', async () => {
    const seen = await ask(['Accept: a/b'])
    expect(seen).toMatchObject({
      host: ['app.test'],
      accept: ['a/b'],
      'x-forwarded-for': ['127.0.0.1'],
      'x-forwarded-proto': ['http'],
      'x-forwarded-host': ['app.test'],
      'x-forwarded-port': ['80'],
      'x-real-ip': ['127.0.0.1'],
      'x-request-id': [expect.stringMatching(/^[0-9a-f-]{36}$/)],
    })
  })

  test.each([...forwardingHeaders, ...refusedHeaders])('no spelling of %s gets through', async (name) => {
    const sent = spellings(name).flatMap((one) => [`${one}: evil`, `${one}: evil2`])
    expect(JSON.stringify(await ask(sent))).not.toContain('evil')
  })

  test.each([...forwardingHeaders, 'host', 'Host', 'X-FORWARDED-FOR'])(
    'a client cannot list %s away in Connection',
    async (name) => {
      const seen = await ask([`Connection: ${name}`, `Connection: close, ${name.toUpperCase()}`])
      for (const one of [...forwardingHeaders, 'host']) expect(seen[one], one).toHaveLength(1)
    },
  )

  test('hop-by-hop headers and what Connection lists stay behind', async () => {
    const seen = await ask([
      'Connection: x-private, Keep-Alive , TE',
      'X-Private: a',
      'x-PRIVATE: b',
      'Keep-Alive: timeout=9',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic eDp5',
      'TE: trailers',
      'Trailer: X-A',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
      'X-Kept: c',
    ])
    const gone = [
      'x-private',
      'keep-alive',
      'proxy-connection',
      'proxy-authorization',
      'te',
      'trailer',
      'upgrade',
      'http2-settings',
    ]
    for (const name of gone) expect(seen[name], name).toBeUndefined()
    expect(seen.connection).toEqual(['keep-alive'])
    expect(seen['x-kept']).toEqual(['c'])
  })

  test('end-to-end headers keep order, repetition and bytes', async () => {
    const seen = await ask([
      'Cookie: a=1',
      'X-A: 1',
      'X-A: 2',
      'X-Latin: \xe4\xff',
      'Authorization: Bearer t',
      'X-Empty:',
    ])
    expect(seen).toMatchObject({ cookie: ['a=1'], 'x-a': ['1', '2'], 'x-latin': ['\xe4\xff'], 'x-empty': [''] })
    expect(seen.authorization).toEqual(['Bearer t'])
  })

  test.each([['APP.TEST'], ['app.test.'], ['App.Test:80'], ['app.test.:80']])(
    'Host %s is the same host, and the backend sees one spelling',
    async (host) => {
      const seen = await ask([], host)
      expect(seen.host).toEqual(['app.test'])
      expect(seen['x-forwarded-host']).toEqual(['app.test'])
    },
  )

  test('absolute form that equals Host is forwarded as its path', async () => {
    const answer = await sendRaw(stand.port, get('http://APP.test/a/b?c', []))
    expect(answer).toContain('backend saw /a/b?c')
    expect(await sendRaw(stand.port, get('http://app.test', []))).toContain('backend saw /')
  })

  test('the same bytes of the path arrive that were judged', async () => {
    for (const path of ['/%7euser/%e4%bd%a0/a%20b?x=%2F..%2f&y=#'.replace('#', ''), '/a|b"<>', '/%61?%00']) {
      expect(await sendRaw(stand.port, get(path))).toContain(`backend saw ${path}`)
    }
  })
})

describe('headers on their way back', () => {
  test('what belongs to the connection stays behind, all else passes', async () => {
    const backend = await startBackend((_request, response) => {
      response.writeHead(200, [
        ...['Connection', 'X-Private', 'X-Private', 'a', 'Keep-Alive', 'timeout=9', 'Upgrade', 'h2c'],
        ...[
          'Set-Cookie',
          'a=1',
          'Set-Cookie',
          'b=2',
          'X-User',
          'kept',
          'Proxy-Authenticate',
          'Basic',
          'X-Latin',
          '\xe4',
        ],
      ])
      response.end('body')
    })
    const stand = await startProxy([routeTo(backend.port)])
    try {
      const answer = await sendRaw(stand.port, get('/'))
      expect(answer).toContain('Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-User: kept\r\nX-Latin: \xe4')
      expect(answer).not.toMatch(/X-Private|timeout=9|h2c|Proxy-Authenticate/i)
    } finally {
      await stand.close()
      await backend.close()
    }
  })
})
