/** Advisories about request targets and framing that proxy and backend read differently. */

import type { Asked } from '@lockgate/proxy-core'
import { describe, expect, test } from 'vitest'
import { get, routeTo, sendRaw, statusOf } from '../stand.ts'
import { pair } from './stand.ts'

describe('CVE-2026-41059: a fragment in the target matches a public rule', () => {
  test.each(['/admin#/public', '/public#', '/a?b#/public', '/#'])('%s', async (target) => {
    const { backend, stand } = await pair()
    expect(statusOf(await sendRaw(stand.port, get(target)))).toBe(400)
    expect(backend.seen).toEqual([])
  })
})

describe('CVE-2021-32637: a malformed URI passes the decision', () => {
  test.each(['/%', '/%zz', '/%c0%af', '/a%00', '/\x80', '//', '/a\\b'])('%j', async (target) => {
    const asked: Asked[] = []
    const decide = (one: Asked): { allow: true } => {
      asked.push(one)
      return { allow: true }
    }
    const { backend, stand } = await pair({}, { decide })
    expect(statusOf(await sendRaw(stand.port, get(target)))).toBe(400)
    expect([asked, backend.seen]).toEqual([[], []])
  })
})

describe('CVE-2026-48794, CVE-2026-27587: case of host or path', () => {
  test.each(['app.test', 'APP.TEST', 'aPp.TeSt', 'app.test.'])('host %s is one host', async (host) => {
    const hosts: string[] = []
    const decide = (one: Asked): { allow: true } => {
      hosts.push(one.host)
      return { allow: true }
    }
    const { stand } = await pair({}, { decide })
    expect(statusOf(await sendRaw(stand.port, get('/', [], host)))).toBe(200)
    expect(hosts).toEqual(['app.test'])
  })

  test.each([
    ['exact', '/ADMIN'],
    ['ignore', '/admin'],
  ] as const)('the path is decided %s', async (rule, path) => {
    const paths: string[] = []
    const decide = (one: Asked): { allow: true } => {
      paths.push(one.path)
      return { allow: true }
    }
    const { stand, backend } = await pair({}, { decide })
    const route = routeTo(backend.port)
    stand.proxy.replaceRoutes({ routes: [{ ...route, paths: { ...route.paths, case: rule } }] })
    await sendRaw(stand.port, get('/ADMIN'))
    expect(paths).toEqual([path])
    expect(backend.seen[0]?.url).toBe('/ADMIN')
  })
})

describe('CVE-2019-9901, CVE-2021-29492, CVE-2026-33494, CVE-2026-26205: dots, slashes and their encodings', () => {
  test.each([
    '/public/../admin',
    '/public/%2e%2e/admin',
    '/public%2f..%2fadmin',
    '/public//admin',
    '/public%5cadmin',
    '/public/..;/admin',
    '/./admin',
  ])('%s', async (target) => {
    const { backend, stand } = await pair()
    expect(statusOf(await sendRaw(stand.port, get(target)))).toBe(400)
    expect(backend.seen).toEqual([])
  })
})

describe('CVE-2022-32213, CVE-2022-35256, CVE-2023-30589, CVE-2024-27982, CVE-2025-23167: smuggling in the runtime', () => {
  const hidden = 'GET /hidden HTTP/1.1\r\nHost: app.test\r\n\r\n'
  test.each([
    [
      'CVE-2022-32213',
      `POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunkedchunked\r\n\r\n5\r\n${hidden}\r\n0\r\n\r\n`,
    ],
    [
      'CVE-2022-35256',
      `POST / HTTP/1.1\r\nHost: app.test\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'CVE-2023-30589',
      `POST / HTTP/1.1\r\nHost: app.test\r\nX-Abc:\rxTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ['CVE-2024-27982', `POST / HTTP/1.1\r\nHost: app.test\r\n Content-Length: ${hidden.length}\r\n\r\n${hidden}`],
    ['CVE-2025-23167', `POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\rX${hidden}`],
  ])('%s', async (_id, bytes) => {
    const { backend, stand } = await pair()
    const answer = await sendRaw(stand.port, bytes, 400)
    expect(answer).not.toContain('200 OK')
    expect(backend.seen.filter((one) => one.url === '/hidden')).toEqual([])
  })
})
