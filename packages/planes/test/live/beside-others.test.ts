/** The folder in engines that already have sites, listeners and modules of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DataPlane, EdgeModel } from '@lockgate/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apache } from '../../src/apache/apache.ts'
import { nginx } from '../../src/nginx/nginx.ts'
import { edgeModel, settingsOf } from '../model.ts'
import { apacheVersion, writeApacheMain } from './apache-main.ts'
import { type EchoBackend, startEchoBackend } from './echo-backend.ts'
import { freePorts } from './free-ports.ts'
import { nginxVersion, writeNginxMain } from './nginx-main.ts'
import { rawRequest, requestText } from './raw-request.ts'
import { run, startEngine } from './run-engine.ts'

let backend: EchoBackend
let root: string
const folder = () => join(root, 'lockgate')

beforeAll(async () => {
  backend = await startEchoBackend()
  root = mkdtempSync(join(tmpdir(), 'lockgate-beside-'))
})
afterAll(async () => {
  await backend.close()
  rmSync(root, { recursive: true, force: true })
})

const modelAt = (plane: string, listen: readonly string[], port: number): EdgeModel =>
  edgeModel(
    settingsOf({
      edges: [{ plane, config: folder(), listen }],
      backends: [
        { id: 'plain', public: `http://plain.acme.test:${port}`, upstream: `http://127.0.0.1:${backend.port}` },
      ],
    }),
  )

function put(plane: DataPlane, model: EdgeModel, version: string): void {
  rmSync(folder(), { recursive: true, force: true })
  mkdirSync(folder())
  for (const file of plane.render(model, version).target.files) writeFileSync(file.path, file.content)
}

async function withEngine(argv: readonly string[], port: number, work: () => Promise<void>): Promise<void> {
  const engine = await startEngine(argv, port)
  try {
    await work()
  } finally {
    await engine.stop()
  }
}

const status = async (port: number, host: string): Promise<number> =>
  (await rawRequest({ port }, requestText('GET', '/', host))).status

describe('nginx', () => {
  const stock = (port: number) => `server { listen ${port} default_server; server_name _; return 200 "stock site"; }`

  test("on an address of its own refuses unknown names beside a stock site that is the wildcard's default", async () => {
    const [port] = (await freePorts(1)) as [number]
    put(nginx, modelAt('nginx', [`http://127.0.0.1:${port}`], port), nginxVersion())
    await withEngine(writeNginxMain(root, folder(), '', stock(port)), port, async () => {
      expect(await status(port, `plain.acme.test:${port}`)).toBe(200)
      expect(await status(port, 'nobody.acme.test')).toBe(421)
    })
  })

  test("on a wildcard serves its names, and leaves unknown ones to the stock site's default", async () => {
    const [port] = (await freePorts(1)) as [number]
    put(nginx, modelAt('nginx', [`http://0.0.0.0:${port}`], port), nginxVersion())
    await withEngine(writeNginxMain(root, folder(), '', stock(port)), port, async () => {
      expect(await status(port, `plain.acme.test:${port}`)).toBe(200)
      expect(await status(port, 'nobody.acme.test')).toBe(200)
    })
    await withEngine(writeNginxMain(root, folder()), port, async () =>
      expect(await status(port, 'nobody.acme.test')).toBe(421),
    )
  })

  test('is not disturbed by settings at http level', async () => {
    const [port] = (await freePorts(1)) as [number]
    put(nginx, modelAt('nginx', [`http://127.0.0.1:${port}`], port), nginxVersion())
    const before = `error_page 400 404 502 /error.html; underscores_in_headers on; ignore_invalid_headers off; proxy_intercept_errors on;`
    await withEngine(writeNginxMain(root, folder(), before), port, async () => {
      const seen = backend.seen.length
      const refused = await rawRequest({ port }, requestText('GET', '/a/../b', `plain.acme.test:${port}`))
      expect(refused.status).toBe(400)
      expect(backend.seen.length).toBe(seen)
      const text = `GET / HTTP/1.1\r\nX_User: root\r\nX.User: root\r\nHost: plain.acme.test:${port}\r\nConnection: close\r\n\r\n`
      expect((await rawRequest({ port }, text)).body).not.toContain('root')
    })
  })
})

describe('apache', () => {
  const start = (listens: readonly string[]) => [...writeApacheMain(root, folder(), { listens }), '-DFOREGROUND']

  test.each<readonly [string, (port: number) => string]>([
    ['the same address', (port) => `127.0.0.1:${port}`],
    ['a wildcard', (port) => String(port)],
  ])('starts beside a Listen for %s', async (_title, listenOf) => {
    const [port] = (await freePorts(1)) as [number]
    const address = listenOf(port).includes(':') ? '127.0.0.1' : '::'
    const model = { ...modelAt('apache', [`http://127.0.0.1:${port}`], port), listening: [{ address, port }] }
    put(apache, model, apacheVersion())
    await withEngine(start([listenOf(port)]), port, async () => {
      expect(await status(port, `plain.acme.test:${port}`)).toBe(200)
      expect(await status(port, 'nobody.acme.test')).toBe(421)
    })
  })

  test('opens what the main configuration does not listen on', async () => {
    const [port, dummy] = (await freePorts(2)) as [number, number]
    const listening = [{ address: '127.0.0.1', port: dummy }]
    put(apache, { ...modelAt('apache', [`http://127.0.0.1:${port}`], port), listening }, apacheVersion())
    await withEngine(start([`127.0.0.1:${dummy}`]), port, async () =>
      expect(await status(port, `plain.acme.test:${port}`)).toBe(200),
    )
  })

  test('where nothing is known opens it only for an operator who says so', async () => {
    const [port, dummy] = (await freePorts(2)) as [number, number]
    put(apache, modelAt('apache', [`http://127.0.0.1:${port}`], port), apacheVersion())
    const argv = [...start([`127.0.0.1:${dummy}`]), '-DLOCKGATE_LISTEN']
    await withEngine(argv, port, async () => expect(await status(port, `plain.acme.test:${port}`)).toBe(200))
  })

  test.each(['proxy_http', 'headers', 'rewrite', 'unique_id'])('names the module %s where it is missing', (without) => {
    put(apache, modelAt('apache', ['http://127.0.0.1:8'], 8), apacheVersion())
    const result = run([...writeApacheMain(root, folder(), { listens: ['127.0.0.1:9'], without }), '-t'])
    expect(result.code).not.toBe(0)
    expect(result.output).toContain(`Lockgate needs the Apache module ${without}: a2enmod ${without}`)
  })

  test("is not disturbed by the main server's error pages", async () => {
    const [port] = (await freePorts(1)) as [number]
    put(apache, modelAt('apache', [`http://127.0.0.1:${port}`], port), apacheVersion())
    const before = 'ErrorDocument 400 /error.html\nErrorDocument 502 /error.html\nErrorDocument 421 /error.html'
    const argv = [...writeApacheMain(root, folder(), { listens: [`127.0.0.1:${port}`], before }), '-DFOREGROUND']
    await withEngine(argv, port, async () => {
      const seen = backend.seen.length
      expect((await rawRequest({ port }, requestText('GET', '/a//b', `plain.acme.test:${port}`))).status).toBe(400)
      expect((await rawRequest({ port }, requestText('GET', '/reset', `plain.acme.test:${port}`))).status).toBe(502)
      expect(backend.seen.slice(seen).filter((one) => one !== '/reset')).toEqual([])
    })
  })
})
