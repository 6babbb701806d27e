import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Reach } from '@lockgate/model'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openReach } from './open-reach.ts'

let base: string
let reach: Reach
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'lockgate-tree-'))
  reach = await openReach({ files: 'out' }, { baseDir: base })
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

describe('files', () => {
  test('a path of the host lies below the folder', async () => {
    await reach.makeFolder('/etc/nginx', 0o755)
    await reach.putFile('/etc/nginx/a.conf', 'a', 0o640)
    expect(readFileSync(join(base, 'out/etc/nginx/a.conf'), 'utf8')).toBe('a')
    expect(await reach.listFolder('/etc/nginx')).toEqual(['a.conf'])
    expect(await reach.stat('/etc/nginx/a.conf')).toMatchObject({ mode: 0o640 })
  })

  test('looking at a folder that is not there makes none', async () => {
    expect(await reach.readFile('/etc/x')).toBe(null)
    expect(await reach.listFolder('/')).toBe(null)
    await expect(reach.putFile('/etc/x', '', 0o644)).rejects.toMatchObject({ code: 'LG3004' })
  })

  const escapes: readonly (readonly [string, string])[] = [
    ['dots', '/../../secret'],
    ['dots after a folder', '/etc/../../../secret'],
    ['an absolute link', '/absolute'],
    ['a relative link', '/relative'],
    ['a link to a folder outside', '/folder/secret'],
    ['a link through a link', '/twice'],
  ]
  test.each(escapes)('%s never lead outside', async (_title, path) => {
    const out = join(base, 'out')
    mkdirSync(join(out, 'etc'), { recursive: true })
    writeFileSync(join(base, 'secret'), 'secret')
    symlinkSync(join(base, 'secret'), join(out, 'absolute'))
    symlinkSync('../secret', join(out, 'relative'))
    symlinkSync('..', join(out, 'folder'))
    symlinkSync('relative', join(out, 'twice'))
    expect(await reach.readFile(path)).toBe(null)
    await reach.putFile(path, 'mine', 0o644).catch(() => {})
    await reach.removeFile(path)
    expect(readFileSync(join(base, 'secret'), 'utf8')).toBe('secret')
  })

  test('an absolute link is followed from the root of the tree, a circle is an error', async () => {
    const out = join(base, 'out')
    mkdirSync(join(out, 'etc'), { recursive: true })
    writeFileSync(join(out, 'etc/real'), 'real')
    symlinkSync('/etc/real', join(out, 'etc/link'))
    symlinkSync('loop', join(out, 'loop'))
    expect(String(await reach.readFile('/etc/link'))).toBe('real')
    await expect(reach.readFile('/loop')).rejects.toMatchObject({ code: 'LG3004' })
  })

  test('nothing runs and nothing connects', async () => {
    expect([reach.label, reach.live]).toEqual(['files:out', false])
    await expect(reach.run(['true'])).rejects.toMatchObject({
      code: 'LG3001',
      message: expect.stringMatching(/folder of files/),
    })
    await expect(reach.listeners()).rejects.toMatchObject({ code: 'LG3001' })
    await expect(reach.addresses()).rejects.toMatchObject({ code: 'LG3001' })
    expect(await reach.connect({ host: '127.0.0.1', port: 1 })).toMatchObject({ outcome: 'failed' })
    expect(await reach.scan([{ host: '127.0.0.1', ports: [1, 2] }])).toMatchObject([{ open: [], failed: 2 }])
    expect(await reach.identity()).toEqual({ bootId: null, netns: null })
  })
})
