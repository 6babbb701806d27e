import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
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

const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly devDependencies: Readonly<Record<string, string>>
}
/** What the examples import beside our packages, and the types that a developer has. */
const beside = ['@types/node', 'oidc-provider', '@types/oidc-provider'].map(
  (name) => `${name}@${devDependencies[name]}`,
)

/** The first block of TypeScript in a workspace's README. */
const exampleOf = (workspace: string): string | undefined =>
  /^```ts\n([\s\S]*?)^```$/m.exec(readFileSync(join(workspace, 'README.md'), 'utf8'))?.[1]

const examples = published.flatMap(({ name, kind, folder: home }) => {
  const text = exampleOf(home)
  return text === undefined ? [] : [{ name, kind, file: `${basename(home)}.ts`, text }]
})

async function compile(title: string, files: readonly string[], options: object): Promise<void> {
  const compilerOptions = { strict: true, target: 'es2024', skipLibCheck: true, ...options }
  writeFileSync(join(project, `${title}.json`), JSON.stringify({ compilerOptions, files }))
  const ran = await run([join(bin, 'tsc'), '-p', `${title}.json`], { cwd: project, timeoutMs: 120_000 })
  expect(ran.stdout).toBe('')
  expect(ran.code).toBe(0)
}

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
  await must(['npm', 'install', ...quiet, '--prefer-offline', '--ignore-scripts', ...files, ...beside], {
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
    await compile('use', ['use.ts'], { noEmit: true, module: 'nodenext', types: [] })
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

  it('explains by the playbooks that it brings', async () => {
    const ran = await run([join(project, 'node_modules/.bin/lockgate'), 'explain', 'LG1007', '--json'], {
      cwd: project,
      env,
    })
    expect(JSON.parse(ran.stdout), ran.stderr).toMatchObject({ text: expect.stringContaining('lockgate init') })
  })

  it('has a command called lockgate', () => {
    expect(published.flatMap((one) => Object.keys(one.bin))).toContain('lockgate')
  })
})

describe('the example of each README', () => {
  const files = examples.map(({ file }) => join('examples', file))
  beforeAll(() => {
    mkdirSync(join(project, 'examples'))
    for (const { file, text } of examples) writeFileSync(join(project, 'examples', file), text)
  })

  it('is there for every package', () => {
    const packages = published.filter(({ kind }) => kind === 'packages').map(({ name }) => name)
    expect(examples.filter(({ kind }) => kind === 'packages').map(({ name }) => name)).toEqual(packages)
  })

  it('compiles strictly where a bundler resolves', () =>
    compile('bundled', files, { noEmit: true, module: 'esnext', moduleResolution: 'bundler', types: ['node'] }))

  it('compiles strictly where Node resolves', () =>
    compile('examples', files, { rootDir: 'examples', outDir: 'built', module: 'nodenext', types: ['node'] }))

  it.each(examples)('$name: runs as it stands, and ends by itself', async ({ file }) => {
    const built = join('built', file.replace(/ts$/, 'js'))
    const ran = await run([process.execPath, built], { cwd: project, timeoutMs: 30_000 })
    expect(ran.code, `${ran.stdout}${ran.stderr}`).toBe(0)
  })
})
