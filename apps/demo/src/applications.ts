/** The demo company's applications: who owns them, and their source as it lies in the demo's folder. */
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Application {
  readonly id: string
  readonly health: string
  readonly wave: string
  readonly owner: string
}

export const applications: readonly Application[] = [
  { id: 'payroll', health: '/healthz', wave: 'pilot', owner: 'hr-platform@acme.test' },
  { id: 'wiki', health: '/healthz', wave: 'pilot', owner: 'it@acme.test' },
  { id: 'orders', health: '/health', wave: 'rest', owner: 'sales-it@acme.test' },
]

/** What the applications use today, and what they use once their logins are gone. */
const installed = [
  '@lockgate/assertion',
  'bcryptjs',
  'express',
  'express-basic-auth',
  'express-session',
  'jsonwebtoken',
] as const

const require = createRequire(import.meta.url)

/** The folder of an installed package, wherever npm put it. */
function packageFolder(name: string): string {
  const found = require.resolve.paths(name)?.find((modules) => existsSync(join(modules, name, 'package.json')))
  if (!found) throw new Error(`${name} is not installed; run npm ci`)
  return join(found, name)
}

export const applicationFolder = (folder: string, id: string): string => join(folder, 'company', id)

/** Copies the sources, so that the demo may change them, beside the packages that they need. */
export function copyApplications(folder: string): void {
  const legacy = fileURLToPath(new URL('../legacy', import.meta.url))
  for (const { id } of applications)
    cpSync(join(legacy, id), applicationFolder(folder, id), { recursive: true, errorOnExist: false })
  for (const name of installed) {
    const link = join(folder, 'company', 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    if (!existsSync(link)) symlinkSync(packageFolder(name), link)
  }
}
