/** What is found where, and what is not, in small programs; each line that ends in `// KIND` or `// KIND?` must be found so, and no other. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
  const app = `const express = ${load('express')}
const basicAuth = ${load('express-basic-auth')}
const app = express()
app.use(basicAuth({ users: { a: 'b' } }))
`

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

  it('keeps line ends, and a missing last one', () => {
    expect(unifiedPatch([{ path: 'x', before: 'a\nb', after: 'a\nc' }])).toBe(
      '--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n',
    )
  })
})
