/** A copy of the checkout in which protections can be taken out without touching the checkout. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { must } from '../lab/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface TreeCopy {
  readonly folder: string
  remove(): void
}

/** What git knows and what is new, with the installed packages as hard links: their links between workspaces lead into the copy. */
export async function copyTree(): Promise<TreeCopy> {
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-mutants-'))
  const files = await must(['git', '-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  for (const file of files.split('\0').filter((one) => one !== '' && existsSync(join(root, one)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(root, file), join(folder, file))
  }
  const nested = await must(['find', '.', '-name', 'node_modules', '-prune', '-type', 'd', '-printf', '%P\\0'], {
    cwd: root,
  })
  for (const modules of nested.split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(folder, modules)), { recursive: true })
    await must(['cp', '-a', '--link', join(root, modules), join(folder, modules)])
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
