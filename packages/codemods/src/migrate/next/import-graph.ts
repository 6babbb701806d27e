/** Which file of a package an import means, and who imports whom: read from text, so that tests and files without a word of a login count too. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { isTestFile, walkFiles } from '../../tree/walk-files.ts'

export interface ImportGraph {
  /** All files of code of the package, tests and declarations too. */
  readonly files: readonly string[]
  /** The file that a specifier in `from` means; undefined for packages. */
  readonly resolve: (from: string, specifier: string) => string | undefined
  readonly importersOf: (file: string) => readonly string[]
  /** Files with an import that means no file, though it ends as this file's name does. */
  readonly uncertainOf: (file: string) => readonly string[]
  readonly read: (file: string) => string
}

const code = /\.[cm]?[jt]sx?$/
const specifiers = /(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*(['"`])([^'"`\n]+)\1/g
const endings = [
  '',
  '.ts',
  '.tsx',
  '.js',
  '.jsx',
  '.mjs',
  '.cjs',
  '.mts',
  '.cts',
  '.d.ts',
  '/index.ts',
  '/index.tsx',
  '/index.js',
  '/index.jsx',
]

/** Paths are relative to `root`; `folder` is the package's below it. */
export function importGraph(root: string, folder: string): ImportGraph {
  const files = new Set(
    [...walkFiles(root, { extent: 'tests too' })].filter((one) => code.test(one) && isBelow(one, folder)),
  )
  const texts = new Map<string, string>()
  const read = (file: string): string => {
    const text = texts.get(file) ?? readFileSync(join(root, file), 'utf8')
    texts.set(file, text)
    return text
  }
  const candidates = aliases(root, folder)
  const resolve = (from: string, specifier: string): string | undefined => {
    const bases = /^\.\.?(\/|$)/.test(specifier) ? [join(dirname(from), specifier)] : candidates(specifier)
    for (const base of bases)
      for (const ending of endings) if (files.has(normalize(`${base}${ending}`))) return normalize(`${base}${ending}`)
    const typed = bases
      .map((one) => normalize(one.replace(/\.[cm]?jsx?$/, '')))
      .flatMap((one) => [`${one}.ts`, `${one}.tsx`])
    return typed.find((one) => files.has(one))
  }
  const importers = new Map<string, Set<string>>()
  const unresolved = new Map<string, Set<string>>()
  for (const file of files)
    for (const [, , specifier = ''] of read(file).matchAll(specifiers)) {
      const target = resolve(file, specifier)
      if (target === undefined && isOwn(specifier)) note(unresolved, stem(specifier), file)
      else if (target !== undefined) note(importers, target, file)
    }
  return {
    files: [...files],
    resolve,
    read,
    importersOf: (file) => [...(importers.get(file) ?? [])],
    uncertainOf: (file) => [...(unresolved.get(stem(file)) ?? [])],
  }
}

/** Whether a specifier is a path of the program's own, by a sign that no package's name begins with. */
const isOwn = (specifier: string): boolean => /^(\.|@\/|~|#|\/)/.test(specifier)

const isBelow = (file: string, folder: string): boolean => folder === '.' || file.startsWith(`${folder}/`)

function note(table: Map<string, Set<string>>, key: string, file: string): void {
  const all = table.get(key) ?? new Set()
  table.set(key, all.add(file))
}

/** What a path ends in, `auth` of `@/lib/auth.ts` and of `lib/auth/index.ts`. */
const stem = (path: string): string =>
  path
    .replace(/\.d\.ts$/, '')
    .replace(code, '')
    .replace(/\/index$/, '')
    .split('/')
    .at(-1) ?? path

/** Paths that a specifier with no dot in front can mean: by `paths` and `baseUrl` of the TypeScript configuration. */
function aliases(root: string, folder: string): (specifier: string) => readonly string[] {
  const { baseUrl, paths = {} } = compilerOptions(root, folder)
  const base = join(folder, baseUrl ?? '.')
  const patterns = Object.entries(paths).map(([pattern, targets]) => ({ parts: pattern.split('*'), targets }))
  return (specifier) => [
    ...patterns.flatMap(({ parts: [head = '', tail], targets }) => {
      if (tail === undefined) return specifier === head ? targets.map((one) => join(base, one)) : []
      if (!specifier.startsWith(head) || !specifier.endsWith(tail)) return []
      const rest = specifier.slice(head.length, specifier.length - tail.length)
      return targets.map((one) => join(base, one.replace('*', rest)))
    }),
    ...(baseUrl === undefined ? [] : [join(base, specifier)]),
  ]
}

interface CompilerOptions {
  readonly baseUrl?: string
  readonly paths?: Readonly<Record<string, readonly string[]>>
}

/** Comments and trailing commas are allowed there; what is no object then has no aliases. */
function compilerOptions(root: string, folder: string): CompilerOptions {
  const path = ['tsconfig.json', 'jsconfig.json'].map((one) => join(root, folder, one)).find((one) => existsSync(one))
  if (path === undefined) return {}
  const text = readFileSync(path, 'utf8')
  const plain = text.replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, '$1').replace(/,(\s*[}\]])/g, '$1')
  try {
    return (JSON.parse(plain) as { compilerOptions?: CompilerOptions }).compilerOptions ?? {}
  } catch {
    return {}
  }
}

export const isTest = (file: string): boolean =>
  isTestFile(file) || /(^|\/)(__tests__|tests?|e2e|cypress|specs?)\//.test(file)
