/** The main configuration with everything that it includes, as one tree. */
import { posix } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { expandGlob } from '../glob.ts'
import { cannotRead, type Files, type Notes } from '../shapes.ts'
import { type Directive, parseNginx } from './parse-nginx.ts'

/** Files that one configuration may consist of, with repetitions. */
const most = 20_000

/** `include` is relative to the folder of the main configuration (ngx_conf_full_name with conf_prefix). */
export async function loadNginx(main: string, files: Files, notes: Notes): Promise<readonly Directive[]> {
  const prefix = posix.dirname(main)
  let opened = 0

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
    return expand(parsed.directives, [...above, path])
  }

  async function expand(directives: readonly Directive[], above: readonly string[]): Promise<readonly Directive[]> {
    const all: Directive[] = []
    for (const one of directives) {
      if (one.name === 'include' && one.block === null)
        for (const path of await expandGlob(files, posix.resolve(prefix, one.args[0] ?? '')))
          for (const inner of await load(path, above, one)) all.push(inner)
      else all.push(one.block === null ? one : { ...one, block: await expand(one.block, above) })
    }
    return all
  }

  return load(main, [], null)
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
