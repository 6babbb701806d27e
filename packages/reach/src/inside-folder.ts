/** Finds where a path of a host lies inside a folder that stands for that host, as chroot(2) would: never outside. */
import { lstat, readlink } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { LockgateError } from '@lockgate/model'

const linkLimit = 40

async function linkTarget(path: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null)
  return found?.isSymbolicLink() ? readlink(path) : null
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
    if (target === null) {
      walked.push(part)
      continue
    }
    links += 1
    if (links > linkLimit) throw new LockgateError('LG3004', `${path}: its symbolic links lead round in circles`)
    if (isAbsolute(target)) walked.length = 0
    waiting.unshift(...target.split('/').filter((piece) => piece !== '' && piece !== '.'))
  }
  return join(root, ...walked)
}
