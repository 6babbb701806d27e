/** The main configuration with everything that it includes, as one tree. */
import { posix } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { expandGlob } from '../glob.ts'
import { cannotRead, type Files, type Notes } from '../shapes.ts'
import { type Directive, parseNginx } from './parse-nginx.ts'

/** Files that one configuration may consist of, with repetitions. */
const most = 20_000

/** Blocks that only a main configuration has; a file without them is a part of one, such as sites-available/payroll. */
export const isWhole = (directives: readonly Directive[]): boolean =>
  directives.some((one) => ['events', 'http', 'stream', 'mail'].includes(one.name))

/**
 * `include` is relative to the folder of the main configuration (ngx_conf_full_name with conf_prefix). Where `main` is only
 * a part, that folder is its own or the one above: the one in which the file is.
 */
export async function loadNginx(main: string, files: Files, notes: Notes): Promise<readonly Directive[]> {
  const prefix = posix.dirname(main)
  let isPart = false
  let opened = 0

  async function included(pattern: string): Promise<readonly string[]> {
    const own = await expandGlob(files, posix.resolve(prefix, pattern))
    if (!isPart || pattern.startsWith('/') || (await anyIsThere(files, own))) return own
    const above = await expandGlob(files, posix.resolve(prefix, '..', pattern))
    return (await anyIsThere(files, above)) ? above : own
  }

  async function load(path: string, above: readonly string[], place: Directive | null): Promise<readonly Directive[]> {
    const missing = (because: string) => {
      cannotRead(notes, place?.file ?? path, place?.line ?? null, because)
      return []
    }
    if (above.includes(path)) return missing(`${path} includes itself`)
    if (++opened > most) return missing(`more than ${most} files are included`)
    const text = await readText(files, path, missing)
    if (text === null) return []
    if (!notes.files.includes(path)) notes.files.push(path)
    const parsed = parseNginx(text, path)
    if (parsed.error) cannotRead(notes, path, parsed.error.line, parsed.error.because)
    if (place === null) isPart = !isWhole(parsed.directives)
    return expand(parsed.directives, [...above, path])
  }

  async function expand(directives: readonly Directive[], above: readonly string[]): Promise<readonly Directive[]> {
    const all: Directive[] = []
    for (const one of directives) {
      if (one.name === 'include' && one.block === null)
        for (const path of await included(one.args[0] ?? ''))
          for (const inner of await load(path, above, one)) all.push(inner)
      else all.push(one.block === null ? one : { ...one, block: await expand(one.block, above) })
    }
    return all
  }

  return load(main, [], null)
}

async function anyIsThere(files: Files, paths: readonly string[]): Promise<boolean> {
  const folders = await Promise.all(
    paths.map(async (path) => ((await files.list(posix.dirname(path))) ?? []).includes(posix.basename(path))),
  )
  return folders.includes(true)
}

async function readText(files: Files, path: string, missing: (because: string) => unknown): Promise<string | null> {
  try {
    const text = await files.read(path)
    if (text === null) missing(`${path} is not there`)
    return text
  } catch (cause) {
    if (!(cause instanceof LockgateError)) throw cause
    missing(cause.message)
    return null
  }
}
