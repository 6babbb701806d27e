/** What a migration changes in the package.json of its package. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { walkFiles } from '../tree/walk-files.ts'
import { replaceable, rewriteManifest } from './manifest.ts'
import type { FileChange } from './unified-patch.ts'

export const manifestOf = (folder: string): string => (folder === '.' ? 'package.json' : `${folder}/package.json`)

/** Null where the package.json is none. */
export function manifestChange(
  dir: string,
  folder: string,
  files: readonly FileChange[],
): readonly FileChange[] | null {
  const path = manifestOf(folder)
  if (!existsSync(join(dir, path)) || !files.some((one) => one.after?.includes('@lockgate/assertion'))) return []
  const before = readFileSync(join(dir, path), 'utf8')
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }
  const after = rewriteManifest(before, unusedModules(dir, files), `^${version}`)
  return after === null ? null : [{ path, before, after }]
}

/** Names that no file has in quotes after the change; tests, configuration and other packages beside it count. */
function unusedModules(dir: string, files: readonly FileChange[]): ReadonlySet<string> {
  const changed = new Map(files.map((one) => [one.path, one.after]))
  const unused = new Set(replaceable.filter((name) => files.some((one) => mentions(one.before, name))))
  for (const path of walkFiles(dir, { extent: 'tests too' })) {
    if (unused.size === 0) break
    if (!/\.([cm]?[jt]sx?|json)$/.test(path) || /(^|\/)package(-lock)?\.json$/.test(path)) continue
    const after = changed.get(path)
    if (after === null) continue
    const text = after ?? readFileSync(join(dir, path), 'utf8')
    for (const name of unused) if (mentions(text, name)) unused.delete(name)
  }
  return unused
}

const mentions = (text: string, name: string): boolean =>
  ["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`) || text.includes(`${quote}${name}/`))
