/** A folder with a lockgate.yaml, a command that is run in it, and what a refusal must look like. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answers } from '@lockgate/model'
import { afterAll, expect, vi } from 'vitest'
import { run } from '../../lab/index.ts'

export const lockgate = fileURLToPath(new URL('../../../lockgate', import.meta.url))
export const isRoot = process.platform === 'linux' && process.getuid?.() === 0
export const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
export const say = (value: unknown) => JSON.stringify(value, null, 1)

/** `out` is a folder, so that nothing listens and nothing is asked of anyone. */
export const good = `version: 1
edges:
  - { id: front, plane: nginx, via: { files: out }, addresses: [10.0.0.2], listen: ["http://10.0.0.2:80"], config: /etc/nginx/lockgate }
backends:
  - id: payroll
    edge: front
    public: http://payroll.acme.test
    upstream: http://10.0.1.1:8080
    health: /healthz
    host: { via: { files: out }, addresses: [10.0.1.1], firewall: { none: test } }
vantages: []
`
/** The edge and the only vantage are this machine, and nothing listens there. */
export const here = (upstream = 'http://127.0.0.1:1', more = '') => `version: 1
edges:
  - { id: front, plane: builtin, via: local, addresses: [127.0.0.1], listen: ["http://127.0.0.1:9"], config: /nowhere/lockgate }
backends:
  - { id: payroll, edge: front, public: "http://payroll.acme.test:9", upstream: "${upstream}",
      host: { via: local, addresses: [127.0.0.1], firewall: { none: test } } }
vantages: [{ id: office, stands: users, via: ${more || 'local'} }]
`
const soon = new Date(Date.now() + 86_400_000).toISOString()
export const waiver = (until = soon) =>
  ['waive', 'consolidate.tcp-direct', '--backend', 'payroll', '--owner', 'ana', '--reason', 'moving'].concat([
    '--until',
    until,
  ])

/** Every name below the folder with its mode and the digest of what is in it. */
export function listing(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const content = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '-'
      return [relative(folder, path), `${statSync(path).mode.toString(8)} ${content}`]
    }),
  )
}

/** Cases run side by side, and each starts the program several times. */
vi.setConfig({ testTimeout: 300_000 })

export const top = mkdtempSync(join(tmpdir(), 'lockgate-bad-input-'))
chmodSync(top, 0o755)
/** Compiled once for all cases, which halves the time of a start. */
const compiled = join(top, 'compiled')
mkdirSync(compiled)
chmodSync(compiled, 0o1777)
export const quiet = { timeoutMs: 60_000, env: { NO_COLOR: '1', NODE_COMPILE_CACHE: compiled } }
afterAll(() => rmSync(top, { recursive: true, force: true }))

export function workFolder(yaml: string | Buffer | null): string {
  const folder = mkdtempSync(join(top, 'case-'))
  chmodSync(folder, 0o755)
  if (yaml !== null) writeFileSync(join(folder, 'lockgate.yaml'), yaml)
  return folder
}

export const cli = (folder: string, args: readonly string[], prefix: readonly string[] = []) =>
  run([...prefix, lockgate, ...args], { ...quiet, cwd: folder })

export interface Refusal {
  readonly code: string
  readonly exit: number
  readonly message: RegExp
  readonly line?: number
}

/** Asks with --json: stdout is the one error and nothing else, stderr has code and message and no stack, and the folder is as before. */
export async function expectRefused(
  folder: string,
  args: readonly string[],
  refusal: Refusal,
  prefix: readonly string[] = [],
): Promise<void> {
  const before = listing(folder)
  const [command = '', ...rest] = args
  const ran = await cli(folder, [command, '--json', ...rest], prefix)
  expect(listing(folder), say(ran)).toEqual(before)
  expect(ran.stdout.trimEnd().split('\n'), say(ran)).toHaveLength(1)
  const { error } = answers.error.parse(JSON.parse(ran.stdout))
  expect([ran.code, error.code, error.message], say(ran)).toEqual([
    refusal.exit,
    refusal.code,
    expect.stringMatching(refusal.message),
  ])
  if (refusal.line !== undefined) expect(error.at?.line).toBe(refusal.line)
  expect(ran.stderr).toContain(refusal.code)
  expect(ran.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m)
  expect(existsSync(join(folder, '.lockgate', 'transaction.json'))).toBe(false)
}

export type Case = readonly [title: string, yaml: string | Buffer | null, args: readonly string[], refusal: Refusal]

export const refusal = (exit: number, code: string, message: RegExp, line?: number): Refusal => ({
  exit,
  code,
  message,
  ...(line === undefined ? {} : { line }),
})

export const status = ['status']
