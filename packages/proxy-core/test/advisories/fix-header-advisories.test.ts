/** Advisories about headers that a proxy believed, kept or lost. Each holds for the class, not for one payload. */

import type { Asked } from '@lockgate/proxy-core'
import { describe, expect, test } from 'vitest'
import { get, sendRaw, statusOf } from '../stand.ts'
import { pair } from './stand.ts'

describe('CVE-2026-40575: X-Forwarded-Uri of the client trusted for the decision', () => {
  test.each([
    'X-Forwarded-Uri',
    'X_Forwarded_Uri',
    'X-Original-URL',
    'X-Rewrite-Url',
    'X-Forwarded-Path',
    'X-Original-Uri',
  ])('%s', async (name) => {
    const asked: Asked[] = []
    const decide = (one: Asked): { allow: true } => {
      asked.push(one)
      return { allow: true }
    }
    const { backend, stand } = await pair({}, { decide })
    await sendRaw(stand.port, get('/admin', [`${name}: /public`]))
    expect(asked).toMatchObject([{ path: '/admin' }])
    expect(JSON.stringify(asked)).not.toContain('public')
    expect(backend.seen[0]?.url).toBe('/admin')
    expect(JSON.stringify(backend.seen[0]?.raw)).not.toContain('public')
  })
})

describe('CVE-2026-34457: a User-Agent that skips the decision', () => {
  test.each(['GoogleHC/1.0', 'ELB-HealthChecker/2.0', 'kube-probe/1.33', 'Prometheus/3.0'])('%s', async (agent) => {
    const { backend, stand } = await pair({}, { decide: () => ({ allow: false, status: 401 }) })
    expect(statusOf(await sendRaw(stand.port, get('/', [`User-Agent: ${agent}`])))).toBe(401)
    expect(backend.seen).toEqual([])
  })
})

describe('CVE-2025-64484: X_Forwarded_User taken for X-Forwarded-User', () => {
  test.each(['X_Forwarded_User', 'x_forwarded-user', 'X.Forwarded.User', 'X_FORWARDED_EMAIL', 'Remote_User'])(
    '%s',
    async (name) => {
      const { backend, stand } = await pair()
      await sendRaw(stand.port, get('/', [`${name}: evil`]))
      expect(backend.seen).toHaveLength(1)
      expect(JSON.stringify(backend.seen)).not.toContain('evil')
    },
  )
})

describe('CVE-2026-88004: forbidden names as trailers', () => {
  const withTrailer = (name: string): string =>
    `POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nTE: trailers\r\nTrailer: ${name}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n${name}: 7\r\n\r\n`

  test.each(['X-Forwarded-User', 'Authorization', 'Cookie', 'Lockgate-Assertion', 'X-Anything'])(
    '%s stays behind',
    async (name) => {
      const { backend, stand } = await pair()
      await sendRaw(stand.port, withTrailer(name))
      expect(backend.seen).toMatchObject([{ body: 'a', trailers: {} }])
      expect(backend.seen.flatMap((one) => one.raw).join('|')).not.toMatch(/trailer/i)
    },
  )

  test.each(['Content-Length', 'Transfer-Encoding'])('%s, which frames, ends the connection', async (name) => {
    const { backend, stand } = await pair()
    expect(await sendRaw(stand.port, withTrailer(name))).toBe('')
    expect(backend.seen).toEqual([])
  })
})

describe('CVE-2024-45410, CVE-2026-29054, CVE-2026-33805: Connection deletes what the proxy adds', () => {
  test.each(['X-Forwarded-For', 'x-FORWARDED-host', 'X-Real-Ip', 'x-forwarded-proto', 'lockgate-assertion', 'Host'])(
    '%s',
    async (name) => {
      const { backend, stand } = await pair(
        {},
        { decide: () => ({ allow: true, headers: ['lockgate-assertion', 'signed'] }) },
      )
      await sendRaw(
        stand.port,
        `GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nConnection: ${name} , ${name}\r\n\r\n`,
      )
      expect(backend.seen[0]?.headers).toMatchObject({
        host: 'app.test',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'app.test',
        'x-forwarded-proto': 'http',
        'x-real-ip': '127.0.0.1',
        'lockgate-assertion': 'signed',
      })
    },
  )
})

test("CVE-2026-30851: a header that the decision leaves out is not the client's", async () => {
  const { backend, stand } = await pair({}, { decide: () => ({ allow: true, headers: [] }) })
  await sendRaw(stand.port, get('/', ['Lockgate-Assertion: evil', 'Lockgate-User: evil', 'Lockgate-Groups: evil']))
  expect(backend.seen).toHaveLength(1)
  expect(JSON.stringify(backend.seen)).not.toContain('evil')
})

describe('CVE-2026-33495, CVE-2026-3635, CVE-2023-36456: forwarded headers believed from anyone', () => {
  test.each([
    'X-Forwarded-For: 10.0.0.1',
    'Forwarded: for=10.0.0.1',
    'X-Real-IP: 10.0.0.1',
    'True-Client-IP: 10.0.0.1',
    'CF-Connecting-IP: 10.0.0.1',
  ])('%s', async (line) => {
    const sources: string[] = []
    const decide = ({ source }: Asked): { allow: true } => {
      sources.push(source)
      return { allow: true }
    }
    const { backend, stand } = await pair({}, { decide })
    await sendRaw(stand.port, get('/', [line]))
    expect(sources).toEqual(['127.0.0.1'])
    expect(stand.access[0]?.source).toBe('127.0.0.1')
    expect(JSON.stringify(backend.seen[0])).not.toContain('10.0.0.1')
  })
})

test('GHSA-ghc4-35x6-crw5: repeated headers are not joined on their way to the decision', async () => {
  const asked: Asked[] = []
  const decide = (one: Asked): { allow: true } => {
    asked.push(one)
    return { allow: true }
  }
  const { stand } = await pair({}, { decide })
  await sendRaw(stand.port, get('/', ['X-Role: user', 'X-Role: admin']))
  expect(asked[0]?.headers.filter((_, i, all) => i % 2 === 1 && all[i - 1] === 'X-Role')).toEqual(['user', 'admin'])
})

test('GHSA-59jp-rwph-878r: a denied request sends no byte to the backend', async () => {
  const { backend, stand } = await pair({}, { decide: () => ({ allow: false, status: 401 }) })
  let connections = 0
  backend.server.on('connection', () => connections++)
  const body = 'password=secret'
  await sendRaw(
    stand.port,
    `POST /login HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  expect(connections).toBe(0)
})
