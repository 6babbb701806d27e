/** The files of a tree that can hold code of its owner: no dependencies, build results, tests or version control. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

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

/** Paths relative to `root` with `/`, folder by folder in the order of their names; symbolic links are not followed. */
export function* walkFiles(root: string, extent: 'no tests' | 'tests too' = 'no tests'): Generator<string> {
  const isSkipped = (name: string): boolean =>
    name.startsWith('.') || skippedFolders.has(name) || (extent === 'no tests' && testFolders.has(name))
  const waiting = ['']
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const entries = readdirSync(join(root, folder), { withFileTypes: true })
    entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isFile()) yield path
    }
    for (const entry of entries.reverse())
      if (entry.isDirectory() && !isSkipped(entry.name))
        waiting.push(folder === '' ? entry.name : `${folder}/${entry.name}`)
  }
}
