/** The package as JavaScript: its child process and its threads are found under their built names. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { needsRoot, openLab } from './lab.ts'

const source = fileURLToPath(new URL('../src', import.meta.url))

function build(folder: string): void {
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue
    const text = stripTypeScriptTypes(readFileSync(join(source, name), 'utf8'))
    const target = join(folder, name.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text.replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'"))
  }
}

describe.skipIf(needsRoot.skip)('built (root)', () => {
  test('a namespace is connected from and scanned by JavaScript alone', async () => {
    const folder = mkdtempSync(join(source, '..', 'built-'))
    const lab = openLab()
    try {
      build(folder)
      await lab.listen({ port: 7_001, text: 'banner' })
      const program = `const { openReach } = await import('./index.js')
        const reach = await openReach({ netns: '${lab.near}' }, { baseDir: '.' })
        const ports = Array.from({ length: 20000 }, (_, index) => index + 1)
        const [found] = await reach.scan([{ host: '${lab.far4}', ports }])
        const { outcome, socket } = await reach.connect({ host: '${lab.far4}', port: 7001 })
        socket.destroy()
        await reach.close()
        console.log(JSON.stringify({ open: found.open, outcome }))`
      const argv = ['--conditions=source', '--input-type=module', '-e', program]
      const said = execFileSync(process.execPath, argv, { cwd: folder, encoding: 'utf8', timeout: 50_000 })
      expect(JSON.parse(said)).toEqual({ open: [7_001], outcome: 'connected' })
    } finally {
      await lab.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
