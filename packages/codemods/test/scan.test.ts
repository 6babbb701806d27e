/** What is found where, and what is not, in small programs; each line that ends in `// KIND` or `// KIND?` must be found so, and no other. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { migrateCode, scanCode, unifiedPatch, writeChanges } from '../src/index.ts'

const samples = join(import.meta.dirname, '../testdata/scan')
const scratch = mkdtempSync(join(tmpdir(), 'lockgate-scan-'))
afterAll(() => rmSync(scratch, { recursive: true }))

function project(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(scratch, 'project-'))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  return root
}

const marked = /(?:\/\/|#|--) (login-route|password-check|session|jwt-verify|strategy|listener|basic-auth)(\??)$/

describe('every language and framework', () => {
  it.each(readdirSync(samples))('%s', async (name) => {
    const text = readFileSync(join(samples, name), 'utf8')
    const manifest = /^(?:\/\/|#) dependencies: (.*)$/m.exec(text)?.[1] ?? ''
    const dependencies = Object.fromEntries(
      manifest
        .split(' ')
        .filter(Boolean)
        .map((one) => [one, '1.0.0']),
    )
    const root = project({ [name]: text, 'package.json': JSON.stringify({ dependencies }) })
    const { findings, files } = await scanCode(root)
    const expected = text.split('\n').flatMap((line, index) => {
      const [, kind, likely] = marked.exec(line) ?? []
      return kind === undefined ? [] : [`${index + 1} ${kind} ${likely ? 'likely' : 'sure'}`]
    })
    expect(files.failed).toEqual([])
    expect(findings.map((one) => `${one.line} ${one.kind} ${one.certainty}`)).toEqual(expected)
  })
})

/** Put together, so that nobody takes it for an import of this file. */
const load = (name: string): string => ['require', `('${name}')`].join('')

const login = `const express = ${load('express')}
const app = express()
app.post('/api/login', (req, res) => res.json({}))
`

const basic = `const express = ${load('express')}
const basicAuth = ${load('express-basic-auth')}
const app = express()
app.use(basicAuth({ users: { a: 'b' } }))
`

describe('the tree', () => {
  it('passes over dependencies, build results and tests, and names what it did not judge', async () => {
    const root = project({
      'src/app.js': login,
      'node_modules/x/index.js': login,
      'dist/app.js': login,
      'test/app.js': login,
      'src/app.test.js': login,
      'src/big.js': `${login}//${'x'.repeat(1_100_000)}`,
      'src/a.min.js': login,
      'src/broken.js': `${login}\nconst = 7 }{`,
    })
    const { findings, files } = await scanCode(root)
    expect(findings.map((one) => one.file)).toEqual(['src/app.js'])
    expect(findings[0]).toMatchObject({ method: 'POST', path: '/api/login', fix: 'guided' })
    expect(files.failed.map((one) => [one.file, one.because.split(':')[0]])).toEqual([
      ['src/a.min.js', 'minified'],
      ['src/big.js', 'larger than 1 MB'],
      ['src/broken.js', 'does not parse'],
    ])
  })

  it('passes over files with a word of a login in comments only', async () => {
    const root = project({
      'only.js': '// The login.\n/*\n * Its session\n */\nexport const page = 20\n',
      'beside.js': `${login}// The login.\n`,
      'behind.js': `const address = "https://acme.test"; /* a */ const { verify } = ${load('jsonwebtoken')}; verify(a, b)\n`,
    })
    const { findings, files } = await scanCode(root)
    expect(findings.map((one) => one.file)).toEqual(['behind.js', 'beside.js'])
    expect(files).toEqual({ seen: 3, parsed: 2, failed: [] })
  })

  it('reads odd texts, and names those that it cannot judge', async () => {
    const root = project({
      'bom.js': `\uFEFF${login}`,
      'crlf.js': login.replaceAll('\n', '\r\n'),
      'component.vue': `<template><form @submit="login" /></template>\n<script setup lang="ts">\n${login}</script>\n`,
      'long.js': `${login}${"const line = 'a line that somebody wrote'\n".repeat(3_000)}`,
      'module.mts': login.replace(/.*/, "import express from 'express'"),
      'deep.js': `${login}const deep = ${'['.repeat(2_000)}${']'.repeat(2_000)}`,
      'sum.js': `${login}const sum = ${"'a' +\n".repeat(30_000)}'b'`,
      'binary.js': `${login}\0\u0001`,
      '.gitignore': 'generated/\n*.gen.js\n',
      'generated/app.js': login,
      'app.gen.js': login,
    })
    writeFileSync(join(root, 'wide.js'), Buffer.from(`\uFEFF${login}`, 'utf16le'))
    writeFileSync(join(root, 'latin.js'), Buffer.from(`${login}// caf\u00e9\n`, 'latin1'))
    symlinkSync(root, join(root, 'loop'))
    symlinkSync('nowhere.js', join(root, 'dangling.js'))
    const { findings, files } = await scanCode(root)
    expect(findings.map((one) => `${one.file}:${one.line}`)).toEqual([
      'bom.js:3',
      'component.vue:5',
      'crlf.js:3',
      'latin.js:3',
      'long.js:3',
      'module.mts:3',
      'wide.js:3',
    ])
    expect(files.failed.map((one) => `${one.file} ${one.because}`)).toEqual([
      'binary.js binary: not read',
      'deep.js nested too deeply: not read',
      'sum.js nested too deeply: not read',
    ])
  })

  it('names folders that it may not list, and leaves a tree alone in which one file cannot be written', () => {
    const files = { 'a/app.js': basic, 'b/app.js': basic, 'c/app.js': login }
    const root = project(files)
    // As somebody whom permissions hold: root passes them all.
    const uid = process.getuid?.() === 0 ? 65_534 : undefined
    for (const path of ['.', 'a', 'a/app.js', 'b', 'b/app.js', 'c'])
      if (uid !== undefined) chownSync(join(root, path), uid, uid)
    chmodSync(scratch, 0o755)
    chmodSync(join(root, 'b'), 0o555)
    chmodSync(join(root, 'c'), 0o000)
    const source = JSON.stringify(join(import.meta.dirname, '../src/index.ts'))
    const code = `const { migrateCode, scanCode, writeChanges } = await import(${source})
const { files } = await migrateCode('.')
let said = ''
try { writeChanges('.', files) } catch (error) { said = error.code }
console.log(JSON.stringify([files.map((one) => one.path), said, (await scanCode('.')).files.failed]))`
    const argv = ['--conditions=source', '--input-type=module', '-e', code]
    const said = JSON.parse(execFileSync(process.execPath, argv, { cwd: root, uid, encoding: 'utf8' }))
    chmodSync(join(root, 'b'), 0o755)
    chmodSync(join(root, 'c'), 0o755)
    expect(said).toEqual([
      ['a/app.js', 'b/app.js'],
      'LG3009',
      [{ file: 'c', because: 'folder cannot be listed: EACCES' }],
    ])
    for (const [file, text] of Object.entries(files)) expect(readFileSync(join(root, file), 'utf8'), file).toBe(text)
    expect(readdirSync(join(root, 'a'))).toEqual(['app.js'])
  })

  it('stops when it is told to', async () => {
    const abort = new AbortController()
    abort.abort(new Error('enough'))
    await expect(scanCode(project({ 'app.js': login }), { signal: abort.signal })).rejects.toThrow('enough')
  })

  it('says what is no folder', async () => {
    await expect(scanCode(join(scratch, 'nothing'))).rejects.toMatchObject({ code: 'LG1201' })
  })

  it('shows no secret in a snippet', async () => {
    const text = `const session = ${load('express-session')}\napp.use(session({ secret: 'keyboard cat', name: 'sid' }))\n`
    const { findings } = await scanCode(project({ 'app.js': text }))
    expect(findings[0]?.snippet).toBe(`app.use(session({ secret: '…', name: 'sid' }))`)
  })
})

describe('writing', () => {
  const app = basic

  it('makes a patch that git applies, to the same as --write', async () => {
    const root = project({ 'app.js': app, 'package.json': '{"dependencies":{"express-basic-auth":"1"}}' })
    const { patch, files } = await migrateCode(root)
    writeFileSync(join(scratch, 'change.patch'), patch)
    execFileSync('git', ['apply', '--unsafe-paths', `--directory=${root}`, join(scratch, 'change.patch')], { cwd: '/' })
    for (const { path, after } of files) expect(readFileSync(join(root, path), 'utf8')).toBe(after)
    expect(files.map((one) => one.path)).toEqual(['app.js', 'package.json'])
  })

  it('marks what migrate rewrites as automatic', async () => {
    const { findings } = await scanCode(project({ 'app.js': app }))
    expect(findings.map((one) => [one.kind, one.fix])).toEqual([['basic-auth', 'automatic']])
  })

  it('writes nothing at all where one file changed meanwhile', async () => {
    const root = project({ 'app.js': app, 'b/app.js': app })
    const { files } = await migrateCode(root)
    expect(files.map((one) => one.path)).toEqual(['app.js', 'b/app.js'])
    writeFileSync(join(root, 'b/app.js'), `${app}// mine\n`)
    expect(() => writeChanges(root, files)).toThrow(expect.objectContaining({ code: 'LG1202' }))
    expect(readFileSync(join(root, 'app.js'), 'utf8')).toBe(app)
    expect(readdirSync(root).sort()).toEqual(['app.js', 'b'])
  })

  it.each([
    ['is not in UTF-8', Buffer.from(`${basic}// caf\u00e9\n`, 'latin1'), '{}', 'app.js'],
    ['is no JSON object', Buffer.from(basic), '{ "dependencies": ', 'package.json'],
  ])('leaves a package alone in which something %s', async (because, app, manifest, file) => {
    const root = project({ 'package.json': manifest })
    writeFileSync(join(root, 'app.js'), app)
    const { files, decisions } = await migrateCode(root)
    expect(files).toEqual([])
    expect(decisions.filter((one) => one.decide.startsWith(because)).map((one) => one.file)).toEqual([file])
  })

  it('keeps a byte order mark and line ends', async () => {
    const root = project({ 'app.js': `\uFEFF${app.replaceAll('\n', '\r\n')}` })
    const [change] = (await migrateCode(root)).files
    expect(change?.after?.startsWith('\uFEFFconst express')).toBe(true)
    expect(change?.after?.replaceAll('\r\n', '')).not.toContain('\n')
    expect(change?.after).toContain('app.use(lockgate())')
  })

  it('writes a patch that takes a file away', () => {
    const root = project({ 'gone.js': 'a\nb\n' })
    const change = { path: 'gone.js', before: 'a\nb\n', after: null }
    const patch = unifiedPatch([change])
    expect(patch).toBe('--- a/gone.js\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n')
    execFileSync('git', ['apply', '-'], { cwd: root, input: patch })
    expect(readdirSync(root)).toEqual([])
    writeFileSync(join(root, 'gone.js'), change.before)
    writeChanges(root, [change])
    expect(readdirSync(root)).toEqual([])
  })

  it('keeps line ends, and a missing last one', () => {
    expect(unifiedPatch([{ path: 'x', before: 'a\nb', after: 'a\nc' }])).toBe(
      '--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n',
    )
  })
})
