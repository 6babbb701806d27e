/** The package.json that is nearest to a file, upwards to the scanned folder, and the one above all. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface NearestPackage {
  /** The folder of the package.json, relative to the root; `.` for the root itself. */
  readonly folder: string
  readonly dependencies: ReadonlySet<string>
}

/** Looks a folder's package up once. One that depends on nothing only names its folder: it belongs to the one above. */
export function packageFinder(root: string): (file: string) => NearestPackage {
  const found = new Map<string, NearestPackage>()
  const ofFolder = (folder: string): NearestPackage => {
    const cached = found.get(folder)
    if (cached) return cached
    const own = readDependencies(join(root, folder, 'package.json'))
    const nearest =
      own && (own.size > 0 || folder === '.')
        ? { folder, dependencies: own }
        : folder === '.'
          ? { folder: '.', dependencies: new Set<string>() }
          : ofFolder(dirname(folder))
    found.set(folder, nearest)
    return nearest
  }
  return (file) => ofFolder(dirname(file))
}

function readDependencies(path: string): ReadonlySet<string> | null {
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    const sections = ['dependencies', 'devDependencies', 'peerDependencies'].map((key) => manifest[key])
    return new Set(sections.flatMap((one) => (typeof one === 'object' && one !== null ? Object.keys(one) : [])))
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'ENOENT' ? null : new Set()
  }
}
