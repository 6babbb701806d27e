/** The workspaces that are published. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Published {
  readonly kind: 'packages' | 'apps'
  readonly name: string
  readonly folder: string
  readonly bin: Readonly<Record<string, string>>
}

export const root = fileURLToPath(new URL('../..', import.meta.url))

export const published: readonly Published[] = (['packages', 'apps'] as const).flatMap((kind) =>
  readdirSync(join(root, kind)).map((entry) => {
    const folder = join(root, kind, entry)
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Partial<Published>
    return { kind, name: manifest.name ?? '', folder, bin: manifest.bin ?? {} }
  }),
)
