/** The folders of a workspace's projects: npm and pnpm patterns, and wherever a project.json of Nx stands. */
import { posix } from 'node:path'
import { expandGlob } from '../glob.ts'
import type { Files } from '../shapes.ts'
import { listAt, parseLined, type Value } from '../yaml-lines.ts'

const skipped = new Set(['node_modules', 'dist', 'build', 'coverage', 'tmp', 'vendor'])
const mostFolders = 20_000

/** `workspaces` of package.json: a list, or {packages: list}. */
export async function projectFolders(
  folder: string,
  files: Files,
  workspaces: Value | undefined,
): Promise<readonly string[]> {
  const pnpm = (await files.read(posix.join(folder, 'pnpm-workspace.yaml'))) ?? ''
  const patterns = [
    ...(Array.isArray(workspaces) ? workspaces : listAt(workspaces, 'packages')),
    ...listAt(parseLined(pnpm).values[0], 'packages'),
  ].map((one) => String(one).replace(/^\.\//, '').replace(/\/+$/, ''))
  const wanted = patterns.filter((one) => !one.startsWith('!'))
  const found = new Set<string>()
  for (const pattern of wanted) for (const one of await matching(posix.join(folder, pattern), files)) found.add(one)
  if ((await files.read(posix.join(folder, 'nx.json'))) !== null)
    for (const one of await below(folder, files))
      if ((await files.read(posix.join(one, 'project.json'))) !== null) found.add(one)
  for (const pattern of patterns.filter((one) => one.startsWith('!')))
    for (const one of await matching(posix.join(folder, pattern.slice(1)), files)) found.delete(one)
  return found.size > 0 ? [...found].sort() : [folder]
}

/** `a/**` stands for every folder below `a`. */
async function matching(pattern: string, files: Files): Promise<readonly string[]> {
  const deep = pattern.indexOf('/**')
  if (deep < 0) return expandGlob(files, pattern)
  const all: string[] = []
  for (const start of await expandGlob(files, pattern.slice(0, deep))) all.push(...(await below(start, files)))
  const manifests: string[] = []
  for (const one of all) if ((await files.read(posix.join(one, 'package.json'))) !== null) manifests.push(one)
  return manifests
}

async function below(folder: string, files: Files): Promise<readonly string[]> {
  const all: string[] = []
  const waiting = [folder]
  for (let one = waiting.pop(); one !== undefined && all.length < mostFolders; one = waiting.pop()) {
    const names = await files.list(one)
    if (names === null) continue
    all.push(one)
    for (const name of names)
      if (!name.startsWith('.') && !skipped.has(name) && !/\.\w{1,5}$/.test(name)) waiting.push(posix.join(one, name))
  }
  return all
}
