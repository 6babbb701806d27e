import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { must, run } from '../lab/index.ts'
import { published, root } from './workspaces.ts'

/** Everything is built, packed and installed as a user would get it, in a folder outside the checkout. */
const folder = mkdtempSync(join(tmpdir(), 'lockgate-packages-'))
const tarballs = join(folder, 'tarballs')
const project = join(folder, 'project')
const bin = join(root, 'node_modules/.bin')
const env = {
  PATH: [dirname(process.execPath), bin, process.env.PATH].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  // Not what the workspace's own npm scripts were started with.
  npm_config_workspace: '',
}
const quiet = ['--no-audit', '--no-fund', '--loglevel=error']

beforeAll(async () => {
  await must(['mkdir', '-p', tarballs, project])
  await must([join(bin, 'turbo'), 'run', 'build', '--output-logs=errors-only'], { cwd: root, env, timeoutMs: 300_000 })
  const folders = published.map((one) => one.folder)
  await must(['npm', 'pack', ...quiet, '--pack-destination', tarballs, ...folders], {
    cwd: root,
    env,
    timeoutMs: 120_000,
  })
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }\n')
  const files = readdirSync(tarballs).map((name) => join(tarballs, name))
  await must(['npm', 'install', ...quiet, '--prefer-offline', '--ignore-scripts', ...files], {
    cwd: project,
    env,
    timeoutMs: 300_000,
  })
}, 600_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('what is published', () => {
  it('is one tarball for each workspace, with its built files, a README and no tests', async () => {
    const names = readdirSync(tarballs)
    expect(names.length).toBe(published.length)
    for (const name of names) {
      const list = (await must(['tar', '-tzf', join(tarballs, name)])).split('\n')
      expect(list, name).toContain('package/dist/index.js')
      expect(list, name).toContain('package/dist/index.d.ts')
      expect(list, name).toContain('package/README.md')
      expect(
        list.filter((path) => /\.test\.|testdata|\/src\//.test(path)),
        name,
      ).toEqual([])
    }
  })

  for (const { name } of published)
    it(`${name} can be imported where nothing else is`, async () => {
      const code = `const all = await import(${JSON.stringify(name)}); console.log(Object.keys(all).length)`
      const ran = await run([process.execPath, '--input-type=module', '-e', code], { cwd: project, timeoutMs: 20_000 })
      expect(ran.code, ran.stderr).toBe(0)
      expect(Number(ran.stdout)).toBeGreaterThan(0)
    })

  it('has types that a strict program compiles against', async () => {
    const lines = published.map(({ name }, index) => `export * as part${index} from '${name}'`)
    writeFileSync(join(project, 'use.ts'), `${lines.join('\n')}\n`)
    const options = { strict: true, noEmit: true, module: 'nodenext', target: 'es2024', skipLibCheck: true, types: [] }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['use.ts'] }))
    const ran = await run([join(bin, 'tsc'), '-p', project], { cwd: project, timeoutMs: 120_000 })
    expect(ran.stdout).toBe('')
    expect(ran.code).toBe(0)
  })

  for (const one of published.filter(({ bin: names }) => Object.keys(names).length > 0))
    it.each(Object.keys(one.bin))(`${one.name} installs %s, which says its version`, async (command) => {
      const ran = await run([join(project, 'node_modules/.bin', command), '--version'], { cwd: project, env })
      expect(ran.stderr).toBe('')
      expect(ran.stdout).toMatch(/^\d+\.\d+\.\d+/m)
      expect(ran.code).toBe(0)
    })

  it('has JSON Schemas that say what they are of', async () => {
    const folder = join(project, 'node_modules/@lockgate/model')
    const schemas = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) =>
      one.endsWith('.schema.json'),
    )
    expect(schemas.length).toBeGreaterThan(0)
    for (const one of schemas) {
      const schema = JSON.parse(readFileSync(join(folder, one), 'utf8')) as Record<string, unknown>
      expect(schema.$schema, one).toMatch(/^https:\/\/json-schema\.org\//)
    }
  })

  it('answers in JSON where there is no lockgate.yaml', async () => {
    const ran = await run([join(project, 'node_modules/.bin/lockgate'), 'status', '--json'], { cwd: project, env })
    expect(JSON.parse(ran.stdout), ran.stderr).toMatchObject({ error: { code: 'LG1007' } })
    expect(ran.code).toBe(2)
  })

  it('has a command called lockgate', () => {
    expect(published.flatMap((one) => Object.keys(one.bin))).toContain('lockgate')
  })
})
