/** Which parts of the lab this machine has, so that a test that needs one says so in its name. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const found = (name: string) => programPath(name) !== null
const root = () => process.getuid?.() === 0

const parts = {
  root,
  netns: () => root() && found('ip') && runs(['unshare', '-n', 'true']),
  nft: () => root() && found('nft'),
  iptables: () => root() && found('iptables-save'),
  nginx: () => found('nginx'),
  apache: () => found('apache2'),
  envoy: () => envoyPath() !== null,
  haproxy: () => found('haproxy'),
  sshd: () => found('sshd'),
  sudo: () => found('sudo'),
  nmap: () => found('nmap'),
  wrk: () => found('wrk'),
  openssl: () => found('openssl'),
  go: () => found('go'),
  chromium: () => found('chromium'),
  redis: () => found('redis-server'),
  node20: () => existsSync(nodePath('20')),
  node22: () => existsSync(nodePath('22')),
  keycloak: () => found('java') && existsSync(join(keycloakFolder, 'lab-ready')),
} as const satisfies Record<string, () => boolean>

export type LabPart = keyof typeof parts

/**
 * True where every part is there: `describe.skipIf(!have('nginx'))('nginx: …')`.
 * With CI=true a missing part throws instead, so that nothing is skipped unseen.
 */
export function have(...wanted: readonly LabPart[]): boolean {
  const missing = wanted.filter((part) => !parts[part]())
  if (missing.length === 0) return true
  if (process.env.CI === 'true')
    throw new Error(`the lab lacks ${missing.join(', ')}; run test/lab/install as root on Debian`)
  return false
}

/** Where a program lies; sbin folders and Go's own are looked at too, whatever PATH says. */
export function programPath(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/go/bin']
  return folders.map((folder) => join(folder || '.', name)).find((path) => existsSync(path)) ?? null
}

/** Where test/lab/install puts Keycloak. */
export const keycloakFolder = join(homedir(), '.cache/lockgate-lab/keycloak-26.4.5')

const nodeVersions = { 20: '20.20.2', 22: '22.23.3' } as const
/** Where test/lab/install puts an older Node. */
export const nodePath = (major: '20' | '22'): string =>
  join(homedir(), `.cache/lockgate-lab/node-${nodeVersions[major]}`)

/** $LOCKGATE_ENVOY, envoy on PATH, or the one that test/lab/install put into the cache. */
export function envoyPath(): string | null {
  const { LOCKGATE_ENVOY: named } = process.env
  if (named) return existsSync(named) ? named : null
  const cached = join(homedir(), '.cache/lockgate-lab/envoy')
  return programPath('envoy') ?? (existsSync(cached) ? cached : null)
}

function runs(argv: readonly [string, ...string[]]): boolean {
  try {
    execFileSync(argv[0], argv.slice(1), { stdio: 'ignore', timeout: 5_000 })
    return true
  } catch {
    return false
  }
}

const programs = { nginx: 'nginx', apache: 'apache2', builtin: 'node' } as const

/** The program of a plane's engine, with its path where that is known. */
export const programOf = (plane: 'builtin' | 'nginx' | 'apache' | 'envoy'): string =>
  plane === 'envoy' ? (envoyPath() ?? 'envoy') : (programPath(programs[plane]) ?? programs[plane])
