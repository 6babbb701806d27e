import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { needsRoot } from '../test/lab.ts'
import { localFiles } from './local-files.ts'

const files = localFiles('local', async (path) => path)
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockgate-files-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('local files', () => {
  test('a file is put with its mode, whatever the umask is, and read back', async () => {
    const path = join(folder, 'a.conf')
    await files.putFile(path, Buffer.from([0, 255]), 0o666)
    expect(await files.readFile(path)).toEqual(Buffer.from([0, 255]))
    expect(await files.stat(path)).toEqual({ kind: 'file', mode: 0o666, uid: process.getuid?.() })
    await files.putFile(path, 'x', 0o600)
    expect(await files.stat(path)).toMatchObject({ mode: 0o600 })
    expect(await files.listFolder(folder)).toEqual(['a.conf'])
  })

  test('a reader sees the old or the new content, never a part', async () => {
    const path = join(folder, 'big')
    const old = 'a'.repeat(2_000_000)
    const next = 'b'.repeat(2_000_000)
    await files.putFile(path, old, 0o644)
    let done = false
    const writing = (async () => {
      for (let i = 0; i < 6; i++) await files.putFile(path, i % 2 ? old : next, 0o644)
      done = true
    })()
    while (!done) {
      const text = String(await files.readFile(path))
      expect(text === old || text === next).toBe(true)
    }
    await writing
    expect(readdirSync(folder)).toEqual(['big'])
  })

  test('a link is replaced, and what it led to stays as it was', async () => {
    writeFileSync(join(folder, 'target'), 'old')
    symlinkSync('target', join(folder, 'link'))
    await files.putFile(join(folder, 'link'), 'new', 0o644)
    expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('old')
    expect(readFileSync(join(folder, 'link'), 'utf8')).toBe('new')
  })

  test('what is not there is null, and removing it is no error', async () => {
    const none = join(folder, 'x/y')
    expect([await files.readFile(none), await files.stat(none), await files.listFolder(none)]).toEqual([
      null,
      null,
      null,
    ])
    await files.removeFile(none)
    await files.removeFolder(none)
  })

  test('folders are made with their parents and mode, and removed with their content', async () => {
    const deep = join(folder, 'a/b')
    await files.makeFolder(deep, 0o777)
    await files.makeFolder(deep, 0o700)
    expect(statSync(deep).mode & 0o7777).toBe(0o777)
    writeFileSync(join(deep, 'f'), '')
    await files.removeFolder(join(folder, 'a'))
    expect(readdirSync(folder)).toEqual([])
  })

  test.each([
    ['a folder that does not exist', (at: string) => files.putFile(`${at}/none/f`, '', 0o644), /does not exist/],
    ['a file where a folder should be', (at: string) => files.putFile(`${at}/file/f`, '', 0o644), /not a folder/],
    ['a folder read as a file', (at: string) => files.readFile(at), /folder, not a file/],
    ['a relative path', () => files.readFile('etc/passwd'), /not absolute/],
    ['a NUL', () => files.readFile('/etc/passwd\0.conf'), /NUL/],
    ['a folder of the system', () => files.removeFolder('/etc/../usr'), /not removed/],
  ])('%s is LG3004', async (_title, work, message) => {
    writeFileSync(join(folder, 'file'), '')
    await expect(work(folder)).rejects.toMatchObject({ code: 'LG3004', message: expect.stringMatching(message) })
  })

  test.skipIf(needsRoot.skip)('a full disk is LG3009 and leaves the old file and nothing else (root)', async () => {
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk])
    try {
      await files.putFile(join(disk, 'f'), 'old', 0o644)
      await expect(files.putFile(join(disk, 'f'), 'x'.repeat(200_000), 0o644)).rejects.toMatchObject({
        code: 'LG3009',
        message: expect.stringContaining(join(disk, 'f')),
      })
      expect(readFileSync(join(disk, 'f'), 'utf8')).toBe('old')
      expect(readdirSync(disk)).toEqual(['f'])
      execFileSync('mount', ['-o', 'remount,ro', disk])
      await expect(files.putFile(join(disk, 'f'), '', 0o644)).rejects.toMatchObject({ code: 'LG3009' })
    } finally {
      execFileSync('umount', [disk])
    }
  })

  test.skipIf(needsRoot.skip)('a folder of someone else is LG3004 with the path (root)', () => {
    const program = `import('@lockgate/reach').then(async ({ openReach }) => (await openReach('local', { baseDir: '.' }))
      .putFile('${folder}/f', '', 0o644)).catch((error) => console.log(error.code, error.message))`
    chmodSync(folder, 0o755)
    const said = execFileSync(process.execPath, ['--conditions=source', '-e', program], {
      uid: 65_534,
      cwd: new URL('.', import.meta.url),
      encoding: 'utf8',
    })
    expect(said).toMatch(new RegExp(`^LG3004 .*${folder}/f: permission denied`))
  })
})
