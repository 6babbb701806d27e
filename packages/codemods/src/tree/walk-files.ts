/** The files of a tree that can hold code of its owner: no dependencies, build results, tests, version control or what it leaves out. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ignore, { type Ignore } from 'ignore'

const skippedFolders = new Set(
  [
    'node_modules bower_components jspm_packages vendor third_party',
    'dist build out target obj coverage',
    '__pycache__ venv site-packages',
  ].flatMap((line) => line.split(' ')),
)
const testFolders = new Set('test tests __tests__ __mocks__ __fixtures__ spec specs e2e cypress testdata'.split(' '))

const testFile =
  /[.\-_](test|spec|e2e|cy|stories)\.[a-z]+$|_test\.(go|py|rb)$|(^|\/)test_[^/]*\.py$|Tests?\.(java|cs|php)$/

export const isTestFile = (path: string): boolean => testFile.test(path)

export interface WalkOptions {
  readonly extent?: 'no tests' | 'tests too'
  /** Told of folders that cannot be listed, with the system's code; they are passed over. */
  readonly onFailed?: ((folder: string, code: string) => void) | undefined
}

/** What Git leaves out is made by something else: a folder's rules hold for all that is below it. */
interface Ignored {
  readonly folder: string
  readonly rules: Ignore
}

/** Paths relative to `root` with `/`, folder by folder in the order of their names; symbolic links are not followed. */
export function* walkFiles(root: string, { extent = 'no tests', onFailed }: WalkOptions = {}): Generator<string> {
  const isSkipped = (name: string): boolean =>
    name.startsWith('.') || skippedFolders.has(name) || (extent === 'no tests' && testFolders.has(name))
  const waiting: { readonly folder: string; readonly ignored: readonly Ignored[] }[] = [{ folder: '', ignored: [] }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { folder } = next
    const entries = entriesOf(root, folder, onFailed)
    const ignored = [...next.ignored, ...rulesIn(root, folder, entries)]
    const within = (name: string): string => (folder === '' ? name : `${folder}/${name}`)
    for (const { name, isFile } of entries) if (isFile && !isIgnored(within(name), ignored)) yield within(name)
    for (const { name, isFolder } of entries.reverse())
      if (isFolder && !isSkipped(name) && !isIgnored(`${within(name)}/`, ignored))
        waiting.push({ folder: within(name), ignored })
  }
}

interface Listed {
  readonly name: string
  readonly isFile: boolean
  readonly isFolder: boolean
}

function entriesOf(root: string, folder: string, onFailed: WalkOptions['onFailed']): Listed[] {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true })
      .map((one) => ({ name: one.name, isFile: one.isFile(), isFolder: one.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (cause) {
    onFailed?.(folder === '' ? '.' : folder, (cause as NodeJS.ErrnoException).code ?? 'unknown')
    return []
  }
}

function rulesIn(root: string, folder: string, entries: readonly Listed[]): readonly Ignored[] {
  if (!entries.some((one) => one.isFile && one.name === '.gitignore')) return []
  try {
    return [{ folder, rules: ignore().add(readFileSync(join(root, folder, '.gitignore'), 'utf8')) }]
  } catch {
    return []
  }
}

const isIgnored = (path: string, all: readonly Ignored[]): boolean =>
  all.some(({ folder, rules }) => rules.ignores(folder === '' ? path : path.slice(folder.length + 1)))
