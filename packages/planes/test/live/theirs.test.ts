/** Snippets inside hand-written virtual hosts, which keep their own names, logs and other paths. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { DataPlane, Rendered } from '@lockgate/model'
import { describe, expect, test } from 'vitest'
import { apache } from '../../src/apache/apache.ts'
import { nginx } from '../../src/nginx/nginx.ts'
import { edgeModel, settingsOf } from '../model.ts'
import { apacheVersion, writeApacheMain } from './apache-main.ts'
import { startEchoBackend } from './echo-backend.ts'
import { freePorts } from './free-ports.ts'
import { nginxVersion, writeNginxMain } from './nginx-main.ts'
import { rawRequest, requestText } from './raw-request.ts'
import { startEngine } from './run-engine.ts'

interface Site {
  readonly port: number
  readonly include: string
}

interface Kind {
  readonly plane: DataPlane
  readonly version: () => string
  /** The operator's own virtual hosts: one takes the snippet in, the other is none of ours. */
  start(root: string, folder: string, site: Site): readonly string[]
}

const kinds: Readonly<Record<string, Kind>> = {
  nginx: {
    plane: nginx,
    version: nginxVersion,
    start: (root, folder, { port, include }) => {
      const own = `location = /own { return 200 "of the operator"; }\nunderscores_in_headers on;\nclient_max_body_size 7m;`
      const site = `server { listen ${port}; server_name plain.acme.test; ${own}\n${include}\n}`
      const other = `server { listen ${port}; server_name other.acme.test; return 200 "other site"; }`
      return writeNginxMain(root, folder, '', `${site}\n${other}`)
    },
  },
  apache: {
    plane: apache,
    version: apacheVersion,
    start: (root, folder, { port, include }) => {
      const own = 'RewriteEngine On\nRewriteRule ^/own$ - [R=410,L]'
      const site = `<VirtualHost *:${port}>\nServerName plain.acme.test\n${own}\n${include}\n</VirtualHost>`
      const other = `<VirtualHost *:${port}>\nServerName other.acme.test\nRewriteEngine On\nRewriteRule ^ - [R=402]\n</VirtualHost>`
      const listens = [String(port)]
      return [...writeApacheMain(root, folder, { listens, after: `${site}\n${other}` }), '-DFOREGROUND']
    },
  },
}

function put({ target }: Rendered): void {
  for (const file of target.files) {
    mkdirSync(dirname(file.path), { recursive: true })
    writeFileSync(file.path, file.content)
  }
}

describe.each(Object.entries(kinds))('%s', (name, { plane, version, start }) => {
  test('enforces where it is included and leaves the rest alone', async () => {
    const root = mkdtempSync(join(tmpdir(), `lockgate-theirs-${name}-`))
    const folder = join(root, 'lockgate')
    const backend = await startEchoBackend()
    let stop = async () => {}
    try {
      const [port] = (await freePorts(1)) as [number]
      const edge = { plane: name, config: folder, vhosts: 'theirs', listen: [`http://10.10.0.2:${port}`] }
      const upstream = `http://127.0.0.1:${backend.port}`
      const settings = settingsOf({
        edges: [edge],
        backends: [{ id: 'plain', public: `http://plain.acme.test:${port}`, upstream, limits: { body: '1KiB' } }],
      })
      const rendered = plane.render(edgeModel(settings), version())
      put(rendered)
      const engine = await startEngine(start(root, folder, { port, include: rendered.steps[0]?.expects ?? '' }), port)
      stop = engine.stop
      const ask = (host: string, target: string, headers: readonly string[] = [], address = '127.0.0.1') =>
        rawRequest({ port, address }, requestText('GET', target, host, headers))

      const host = `plain.acme.test:${port}`
      const echo = await ask(host, '/a?b', [
        'X_Forwarded-User: root',
        'x-user: root',
        'X-Forwarded-For: 6.6.6.6',
        'X_Forwarded-For: 6.6.6.6',
        'x_real_ip: 6.6.6.6',
      ])
      expect(echo.status, echo.raw).toBe(200)
      expect(echo.body).not.toMatch(/root|6\.6\.6\.6/)
      expect(JSON.parse(echo.body).url).toBe('/a?b')
      expect((await ask(host, '/a/../b')).status).toBe(400)
      expect([400, 404]).toContain((await ask(host, '/a%00b')).status)
      expect((await ask(`plain.acme.test:1`, '/')).status).toBe(421)
      const own = await ask(host, '/own')
      expect([200, 410]).toContain(own.status)
      const other = await ask('other.acme.test', '/a/../b')
      expect([200, 402], other.raw).toContain(other.status)
      expect(backend.seen).toEqual(['/a?b'])
      const { proof, generation } = rendered.target
      if (proof?.kind !== 'http') throw new Error('no proof')
      const shown = await ask(proof.host, '/', [], new URL(proof.urls[0] as string).hostname)
      expect([shown.status, shown.body]).toEqual([200, generation])
    } finally {
      await stop()
      await backend.close()
      rmSync(root, { recursive: true, force: true })
    }
  })
})
