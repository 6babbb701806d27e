import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { circlesOf } from './circles.ts'
import { importsOf, packageOf } from './imports.ts'
import { apps, onlyDepends, packageRules, scope } from './rules.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface Workspace {
  readonly name: string
  readonly kind: 'package' | 'app'
  readonly folder: string
  readonly manifest: Manifest
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

const workspaces: readonly Workspace[] = (['package', 'app'] as const).flatMap((kind) =>
  readdirSync(join(root, `${kind}s`)).map((name) => {
    const folder = join(root, `${kind}s`, name)
    return { name, kind, folder, manifest: readManifest(folder) }
  }),
)
const rootManifest = readManifest(root)

const sources = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[mc]?[jt]sx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/\/(node_modules|dist|testdata)\//.test(file))

const isTest = (file: string) => /\.test\.ts$|\/test\//.test(file)

const allowed = (one: Workspace): readonly string[] =>
  one.kind === 'app'
    ? [...Object.keys(packageRules), ...apps]
    : ['model', one.name, ...(packageRules[one.name as keyof typeof packageRules] ?? [])]

const found = (files: readonly string[]) =>
  files.flatMap((file) =>
    importsOf(readFileSync(file, 'utf8')).map((one) => ({ ...one, file, at: `${relative(root, file)}:${one.line}` })),
  )

const publicPaths = new Set(
  workspaces.flatMap(({ manifest }) => Object.keys(manifest.exports ?? {}).map((path) => join(manifest.name, path))),
)

/** What is wrong with an import, or null. */
function fault(
  specifier: string,
  file: string,
  home: string,
  declared: ReadonlySet<string>,
  mayImport: readonly string[],
) {
  const name = packageOf(specifier)
  if (name === null) {
    const target = resolve(dirname(file), specifier)
    const ownFolder = target.startsWith(`${home}/`) || (isTest(file) && target.startsWith(`${join(root, 'test/lab')}/`))
    return ownFolder ? null : 'leaves its own folder'
  }
  if (name.startsWith('node:')) return null
  if (builtinModules.includes(name)) return isTest(file) ? null : `write node:${name}`
  if (!declared.has(name)) return `${name} is not declared in its package.json`
  if (!name.startsWith(scope)) return null
  if (!mayImport.includes(name.slice(scope.length))) return `may not import ${name}`
  return publicPaths.has(specifier) ? null : `${specifier} is not a public export`
}

describe('who may import whom', () => {
  it('has a rule for every package and app', () => {
    expect(workspaces.map((one) => one.name).toSorted()).toEqual([...Object.keys(packageRules), ...apps].toSorted())
  })

  it.each(workspaces)('$kind $name: package.json declares only what the rules allow', (one) => {
    const ours = Object.keys({ ...one.manifest.dependencies, ...one.manifest.peerDependencies })
      .filter((name) => name.startsWith(scope))
      .map((name) => name.slice(scope.length))
    expect(ours.filter((name) => !allowed(one).includes(name))).toEqual([])
    const limited = onlyDepends[one.name as keyof typeof onlyDepends] as readonly string[] | undefined
    const foreign = Object.keys(one.manifest.dependencies ?? {}).filter((name) => !name.startsWith(scope))
    if (limited) expect(foreign.filter((name) => !limited.includes(name))).toEqual([])
  })

  it.each(workspaces)('$kind $name: every import is allowed, declared and public', (one) => {
    const { dependencies, peerDependencies, devDependencies } = one.manifest
    const shipped = new Set(Object.keys({ ...dependencies, ...peerDependencies }))
    const tested = new Set([
      one.manifest.name,
      ...shipped,
      ...Object.keys({ ...devDependencies, ...rootManifest.devDependencies }),
    ])
    const faults = found(sources(one.folder)).flatMap(({ specifier, file, at }) => {
      const because = fault(specifier, file, one.folder, isTest(file) ? tested : shipped, allowed(one))
      return because ? [`${at}: ${because}`] : []
    })
    expect(faults).toEqual([])
  })

  it.each(workspaces)('$kind $name: no files import each other in a circle', (one) => {
    const own = found(sources(one.folder)).filter(({ specifier }) => packageOf(specifier) === null)
    const imports = Map.groupBy(own, ({ file }) => file)
    const paths = [...imports].map(
      ([file, all]) => [file, all.map(({ specifier }) => resolve(dirname(file), specifier))] as const,
    )
    expect(circlesOf(new Map(paths)).map((circle) => circle.map((file) => relative(one.folder, file)))).toEqual([])
  })

  it('test/ uses public exports, and nothing imports from test/', () => {
    const declared = new Set([
      ...Object.keys(rootManifest.devDependencies ?? {}),
      ...workspaces.map((one) => one.manifest.name),
    ])
    const everyone = [...Object.keys(packageRules), ...apps]
    const faults = found(sources(join(root, 'test'))).flatMap(({ specifier, file, at }) => {
      const because = fault(specifier, file, join(root, 'test'), declared, everyone)
      return because ? [`${at}: ${because}`] : []
    })
    expect(faults).toEqual([])
  })
})

describe('what packages look like', () => {
  it.each(workspaces)('$kind $name: names are explicit, versions pinned', (one) => {
    const texts = sources(join(one.folder, 'src')).map(
      (file) => [relative(root, file), readFileSync(file, 'utf8')] as const,
    )
    expect(texts.filter(([, text]) => /^export \* from/m.test(text)).map(([file]) => file)).toEqual([])
    expect(texts.filter(([, text]) => /^export default /m.test(text)).map(([file]) => file)).toEqual([])
    const ranges = Object.entries({ ...one.manifest.dependencies, ...one.manifest.devDependencies })
    expect(ranges.filter(([, range]) => !/^\d+\.\d+\.\d+/.test(range))).toEqual([])
  })
})

describe('the finder of circles', () => {
  it('finds a loop of two and of three, and none in a diamond', () => {
    const twoAndThree = { a: ['b'], b: ['a', 'c'], c: ['d'], d: ['e'], e: ['c'] }
    expect(circlesOf(new Map(Object.entries(twoAndThree)))).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ])
    expect(circlesOf(new Map(Object.entries({ a: ['b', 'c'], b: ['d'], c: ['d'] })))).toEqual([])
  })
})

describe('the reader of imports', () => {
  it('finds each form, and none in a comment', () => {
    const source = readFileSync(new URL('./testdata/forms.txt', import.meta.url), 'utf8')
    const specifiers = importsOf(source).map((one) => one.specifier)
    expect(specifiers.toSorted()).toEqual(['./five.ts', '@s/three/deep', 'four', 'one', 'two'])
    expect(packageOf('@s/three/deep')).toBe('@s/three')
  })
})
