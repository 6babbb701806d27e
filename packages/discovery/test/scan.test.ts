import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { discover, filesOf, parseSource, scanNet } from '../src/index.ts'
import { canPlace, has, inPlace } from './place.ts'

const server = 'require("http").createServer((q, a) => a.end("ok")).listen(+process.argv[1], "127.0.0.2")'

describe.skipIf(!canPlace)('networks and nmap (needs root)', () => {
  it('finds what listens in a named network, from where the reach stands', async () => {
    await inPlace(async ({ reach, start, folder }) => {
      await start([process.execPath, '-e', `${server}; ${server.replaceAll('127.0.0.2', '127.0.0.1')}`, '8080'], 8080)
      const { sightings, unread } = await scanNet('127.0.0.0/29', reach)
      expect(unread).toEqual([])
      expect(sightings.map((one) => one.upstream)).toEqual(['http://127.0.0.1:8080', 'http://127.0.0.2:8080'])
      const { found } = await discover([parseSource('net:127.0.0.2/32')], {
        baseDir: folder,
        reach,
        files: filesOf(reach),
      })
      expect(found).toMatchObject([
        { upstream: 'http://127.0.0.2:8080', exposed: [{ address: '127.0.0.2', port: 8080 }] },
      ])
    })
  })

  it.skipIf(process.env.CI !== 'true' && !has('nmap'))('reads the report of a real nmap', async () => {
    await inPlace(async ({ reach, start, put, folder }) => {
      await start([process.execPath, '-e', server.replace('127.0.0.2', '127.0.0.1'), '8080'], 8080)
      const { code, stdout } = await reach.run(['nmap', '-n', '-Pn', '-sT', '-p', '8079-8081', '-oX', '-', '127.0.0.1'])
      expect(code).toBe(0)
      put('report.xml', stdout)
      const { found, unread } = await discover([parseSource('nmap:report.xml')], { baseDir: folder })
      expect(unread).toEqual([])
      expect(found).toMatchObject([
        { upstream: 'http://127.0.0.1:8080', ports: [8080], from: [{ line: expect.any(Number) }] },
      ])
    })
  })

  it('is safe to import: nothing runs before it is asked', () => {
    const code = 'import("@lockgate/discovery").then(() => console.log("loaded"))'
    const args = ['--conditions=source', '--input-type=module', '-e', code]
    expect(execFileSync(process.execPath, args, { cwd: new URL('..', import.meta.url), encoding: 'utf8' }).trim()).toBe(
      'loaded',
    )
  })
})
