/** Finds where a path of a host lies inside a folder that stands for that host, as chroot(2) would: never outside. */
import { lstat, readlink } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { LockgateError } from '@lockgate/model'

const linkLimit = 40

/** null: no link. `absent`: nothing is there, so nothing below it can be a link either. */
async function linkTarget(path: string): Promise<{ readonly to: string } | 'absent' | null> {
  const found = await lstat(path).catch((cause: NodeJS.ErrnoException) => (cause.code === 'ENOENT' ? 'absent' : null))
  if (found === 'absent') return found
  return found?.isSymbolicLink() ? { to: await readlink(path) } : null
}

/**
 * Follows symbolic links, absolute ones from the folder's own root; `..` stops at that root. With `last: 'keep'` a link
 * at the very end is not followed, for operations on the link itself.
 */
export async function insideFolder(root: string, path: string, last: 'follow' | 'keep'): Promise<string> {
  const waiting = path.split('/').filter((part) => part !== '' && part !== '.')
  const walked: string[] = []
  for (let links = 0; waiting.length > 0; ) {
    const part = waiting.shift() as string
    if (part === '..') {
      walked.pop()
      continue
    }
    const target = waiting.length === 0 && last === 'keep' ? null : await linkTarget(join(root, ...walked, part))
    if (target === 'absent' && !waiting.includes('..')) return join(root, ...walked, part, ...waiting)
    if (target === null || target === 'absent') {
      walked.push(part)
      continue
    }
    links += 1
    if (links > linkLimit) throw new LockgateError('LG3004', `${path}: its symbolic links lead round in circles`)
    if (isAbsolute(target.to)) walked.length = 0
    waiting.unshift(...target.to.split('/').filter((piece) => piece !== '' && piece !== '.'))
  }
  return join(root, ...walked)
}
