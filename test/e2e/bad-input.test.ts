/** What people get wrong, and what machines run out of: the exit code, the message, and nothing changed. */
import { execFileSync, spawn } from 'node:child_process'
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
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { answers } from '@lockgate/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have, must, run } from '../lab/index.ts'
import { createWorld, type World } from './world.ts'

const lockgate = fileURLToPath(new URL('../../lockgate', import.meta.url))
const isRoot = process.platform === 'linux' && process.getuid?.() === 0
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
const say = (value: unknown) => JSON.stringify(value, null, 1)

/** `out` is a folder, so that nothing listens and nothing is asked of anyone. */
const good = `version: 1
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
const here = (upstream = 'http://127.0.0.1:1', more = '') => `version: 1
edges:
  - { id: front, plane: builtin, via: local, addresses: [127.0.0.1], listen: ["http://127.0.0.1:9"], config: /nowhere/lockgate }
backends:
  - { id: payroll, edge: front, public: "http://payroll.acme.test:9", upstream: "${upstream}",
      host: { via: local, addresses: [127.0.0.1], firewall: { none: test } } }
vantages: [{ id: office, stands: users, via: ${more || 'local'} }]
`
const soon = new Date(Date.now() + 86_400_000).toISOString()
const waiver = (until = soon) =>
  ['waive', 'consolidate.tcp-direct', '--backend', 'payroll', '--owner', 'ana', '--reason', 'moving'].concat([
    '--until',
    until,
  ])

/** Every name below the folder with its mode and the digest of what is in it. */
function listing(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const content = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '-'
      return [relative(folder, path), `${statSync(path).mode.toString(8)} ${content}`]
    }),
  )
}

const top = mkdtempSync(join(tmpdir(), 'lockgate-bad-input-'))
chmodSync(top, 0o755)
/** Compiled once for all cases, which halves the time of a start. */
const compiled = join(top, 'compiled')
mkdirSync(compiled)
chmodSync(compiled, 0o1777)
const quiet = { timeoutMs: 60_000, env: { NO_COLOR: '1', NODE_COMPILE_CACHE: compiled } }
afterAll(() => rmSync(top, { recursive: true, force: true }))

function workFolder(yaml: string | Buffer | null): string {
  const folder = mkdtempSync(join(top, 'case-'))
  chmodSync(folder, 0o755)
  if (yaml !== null) writeFileSync(join(folder, 'lockgate.yaml'), yaml)
  return folder
}

const cli = (folder: string, args: readonly string[], prefix: readonly string[] = []) =>
  run([...prefix, lockgate, ...args], { ...quiet, cwd: folder })

interface Refusal {
  readonly code: string
  readonly exit: number
  readonly message: RegExp
  readonly line?: number
}

/** Asks with --json: stdout is the one error and nothing else, stderr has code and message and no stack, and the folder is as before. */
async function expectRefused(
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

type Case = readonly [title: string, yaml: string | Buffer | null, args: readonly string[], refusal: Refusal]

const refusal = (exit: number, code: string, message: RegExp, line?: number): Refusal => ({
  exit,
  code,
  message,
  ...(line === undefined ? {} : { line }),
})

const second = good.slice(good.indexOf('  - id: payroll'), good.indexOf('vantages'))
const status = ['status']
const https = good.replace('http://payroll', 'https://payroll').replace('http://10.0.0.2:80', 'https://10.0.0.2:443')

const files: readonly Case[] = [
  ['no file', null, status, refusal(2, 'LG1007', /lockgate init/)],
  ['an empty one', '', status, refusal(2, 'LG1002', /empty.*lockgate init/, 1)],
  ['a binary one', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1]), status, refusal(2, 'LG1002', /not text/)],
  ['one that is not UTF-8', Buffer.from([0xff, 0xfe, 0x41]), status, refusal(2, 'LG1002', /UTF-8/)],
  ['a cyclic anchor', `${good}devices: &a { intune: *a }\n`, status, refusal(2, 'LG1002', /\*a .*never ends/, 12)],
  ['half of one', good.slice(0, good.indexOf('10.0.0.2')), status, refusal(2, 'LG1002', /YAML/)],
  [
    'one that breaks off after a key',
    good.slice(0, good.indexOf('http://10.0.1.1')),
    ['verify'],
    refusal(2, 'LG1003', /upstream|expected/),
  ],
  ['an unknown key', good.replace('health:', 'helth:'), status, refusal(2, 'LG1004', /helth.*health/, 9)],
  ['an unknown key at the top', `${good}vantage: []\n`, status, refusal(2, 'LG1004', /vantage.*vantages/, 12)],
  ['an unknown plane', good.replace('plane: nginx', 'plane: ngnix'), status, refusal(2, 'LG1003', /nginx/, 3)],
  [
    'two backends of one name',
    good.replace('vantages', `${second}vantages`),
    ['plan', 'consolidate'],
    refusal(2, 'LG1005', /payroll is the name of backends\[0\]/, 11),
  ],
  [
    'two backends with one public URL',
    good.replace('vantages', `${second.replace('id: payroll', 'id: wages')}vantages`),
    ['plan', 'consolidate'],
    refusal(2, 'LG1005', /belongs to payroll already/, 13),
  ],
  [
    'an upstream that is the edge itself',
    good.replace('http://10.0.1.1:8080', 'http://10.0.0.2:80'),
    ['apply', 'consolidate', '--yes'],
    refusal(2, 'LG1005', /itself listens, a loop/, 8),
  ],
  ['https without a certificate', https, ['plan', 'consolidate'], refusal(2, 'LG1005', /tls\.certificate/, 7)],
]

const signIn = (more: string): string =>
  `${good}identity: { issuer: 'https://idp.acme.test', client: { id: lockgate, secret: { env: S } }, ${more} }\n`

const identity: readonly Case[] = [
  [
    'a secret that is written out',
    `${good}identity: { origin: 'https://login.acme.test', issuer: 'https://idp.acme.test', client: { id: a, secret: hunter2 } }\n`,
    status,
    refusal(2, 'LG1003', /a secret is never written here/),
  ],
  ['a login origin of plain http', signIn("origin: 'http://login.acme.test'"), status, refusal(2, 'LG1005', /https/)],
  [
    'a login origin that no edge listens for',
    signIn("origin: 'https://login.acme.test'"),
    status,
    refusal(2, 'LG1005', /no listen of https on port 443/),
  ],
  [
    'a login edge that is not there',
    signIn("origin: 'https://login.acme.test', edge: back"),
    status,
    refusal(2, 'LG1005', /no edge is called back/),
  ],
  [
    'a store with a password in it',
    `${good}gateway: { store: 'redis://user:word@10.0.0.9:6379' }\n`,
    status,
    refusal(2, 'LG1003', /LOCKGATE_STORE_PASSWORD/),
  ],
  [
    'an unknown key of identity',
    signIn("origni: 'https://login.acme.test'"),
    status,
    refusal(2, 'LG1004', /origni.*origin/),
  ],
]

const usage: readonly Case[] = [
  ['an unknown command', good, ['verfy'], refusal(2, 'LG1101', /verfy.*verify/)],
  ['an unknown option', good, ['verify', '--sweeep'], refusal(2, 'LG1101', /--sweeep.*--sweep/s)],
  ['an option without its value', good, ['verify', '--backend'], refusal(2, 'LG1101', /--backend/)],
  ['a missing argument', good, ['plan'], refusal(2, 'LG1101', /stage/)],
  ['too many arguments', good, ['status', 'consolidate'], refusal(2, 'LG1101', /too many arguments/)],
  ['an unknown stage', good, ['plan', 'consolidat'], refusal(2, 'LG1101', /consolidat.*consolidate/)],
  ['a stage that is not built', good, ['apply', 'authorize', '--yes'], refusal(2, 'LG1102', /authorize/)],
  ['a command that is not built', good, ['pki', 'init'], refusal(2, 'LG1102', /encrypt/)],
  ['an unknown backend', good, ['verify', '--backend', 'wages'], refusal(2, 'LG1101', /payroll/)],
  ['an unknown vantage', here(), ['verify', '--vantage', 'home'], refusal(2, 'LG1101', /office/)],
  ['apply with nobody to ask', good, ['apply', 'consolidate'], refusal(2, 'LG1103', /--yes/)],
  [
    'no confirmation and nobody to ask',
    good,
    ['apply', 'consolidate', '--confirm-within', '0'],
    refusal(2, 'LG1103', /lock-out.*--yes/),
  ],
  [
    'a duration that is none',
    good,
    ['apply', 'consolidate', '--yes', '--confirm-within', 'soon'],
    refusal(2, 'LG1101', /--confirm-within soon.*5m/),
  ],
  [
    'a duration below zero',
    good,
    ['apply', 'consolidate', '--yes', '--confirm-within=-5m'],
    refusal(2, 'LG1101', /--confirm-within -5m/),
  ],
  ['a wave that is not there', good, ['apply', 'consolidate', '--yes', '--wave', 'x'], refusal(2, 'LG1101', /default/)],
  ['a rollback of nothing', good, ['rollback'], refusal(1, 'LG2009', /nothing was applied/)],
  ['a folder that is no log', good, ['evidence', 'verify', '.'], refusal(3, 'LG3103', /holds no log/)],
  ['a folder that is not there', good, ['evidence', 'verify', 'nowhere'], refusal(3, 'LG3103', /holds no log/)],
  ['an unknown verb', good, ['evidence', 'check'], refusal(2, 'LG1101', /verify, export, show/)],
  ['a format to come', good, ['report', '--format', 'oscal'], refusal(2, 'LG1102', /html, md, json/)],
  ['an unknown format', good, ['report', '--format', 'pdf'], refusal(2, 'LG1101', /html, md, json/)],
  ['init over a file', good, ['init'], refusal(2, 'LG1008', /is there already/)],
  ['a waiver too long', good, waiver('2099-01-01'), refusal(2, 'LG2010', /180 days/)],
  ['a waiver without a date', good, waiver('whenever'), refusal(2, 'LG2010', /no date/)],
  ['a source that is not there', good, ['scan', '--from', 'what:ever'], refusal(2, 'LG1101', /nginx/)],
]

describe('bad input', () => {
  describe.concurrent('a lockgate.yaml', () => {
    for (const [title, yaml, args, expected] of [...files, ...identity])
      it(title, () => expectRefused(workFolder(yaml), args, expected))

    it('of 50 MB, which is not read', async () => {
      const folder = workFolder('')
      truncateSync(join(folder, 'lockgate.yaml'), 50 * 1024 * 1024)
      await expectRefused(folder, status, refusal(2, 'LG1006', /52428800 bytes/))
    })

    it('that is a folder', async () => {
      const folder = workFolder(null)
      mkdirSync(join(folder, 'lockgate.yaml'))
      await expectRefused(folder, status, refusal(2, 'LG1001', /cannot be read/))
    })
  })

  describe.concurrent('a command line', () => {
    for (const [title, yaml, args, expected] of usage) it(title, () => expectRefused(workFolder(yaml), args, expected))

    it('confirm where nothing waits is no error, and leaves nothing', async () => {
      const folder = workFolder(good)
      const before = listing(folder)
      const ran = await cli(folder, ['confirm', '--json'])
      expect([ran.code, JSON.parse(ran.stdout)]).toEqual([0, { confirmed: false, restored: [] }])
      expect(listing(folder)).toEqual(before)
    })
  })

  describe.concurrent('what a person reads', () => {
    for (const [args, expected] of [
      [['--help'], [/^Usage: lockgate /, /\bverify \[options\] \[stage\]/, /Zero Trust/]],
      [
        ['verify', '--help'],
        [/^Usage: lockgate verify /, /--sweep +all 65,535 ports/],
      ],
      [
        ['waive', '--help'],
        [/--until <date> +\S/, /--owner <who> +\S/],
      ],
      [['--version'], [/^\d+\.\d+\.\d+\n$/]],
    ] as const)
      it(`lockgate ${args.join(' ')}`, async () => {
        const ran = await cli(workFolder(null), args)
        expect([ran.code, ran.stderr]).toEqual([0, ''])
        for (const text of expected) expect(ran.stdout).toMatch(text)
        expect(Math.max(...ran.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
      })

    it('lockgate alone says where you are and what is next, and changes nothing', async () => {
      for (const [yaml, expected] of [
        [null, /no lockgate\.yaml.*\n(.*\n)*next: lockgate init/],
        [good, /consolidate +shut\n(.*\n)*next: lockgate verify consolidate/],
      ] as const) {
        const folder = workFolder(yaml)
        const before = listing(folder)
        const ran = await cli(folder, [])
        expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, expect.stringMatching(expected), ''])
        const json = await cli(folder, ['--json'])
        expect([json.code, typeof JSON.parse(json.stdout)]).toEqual([0, 'object'])
        expect(listing(folder)).toEqual(before)
      }
    })

    it('no stack where the reader goes away', async () => {
      const folder = workFolder(good)
      const commands = ['status', 'status --json', 'plan consolidate --json', 'explain', '--help']
      const all = commands.map((command) =>
        run(['bash', '-c', `${lockgate} ${command} | head -c 1`], { ...quiet, cwd: folder }),
      )
      for (const [index, ran] of (await Promise.all(all)).entries())
        expect([commands[index], ran.stdout.length, ran.stderr]).toEqual([commands[index], 1, ''])
    })
  })

  describe.concurrent('a network', () => {
    it('a backend that has /.lockgate/ itself', async () => {
      const server = createServer(({ url }, response) => {
        response.statusCode = url?.startsWith('/.lockgate/') ? 200 : 404
        response.end('mine\n')
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const folder = workFolder(here(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
      try {
        await expectRefused(
          folder,
          ['plan', 'consolidate'],
          refusal(2, 'LG1005', /payroll answers 200.*\/\.lockgate\//, 5),
        )
      } finally {
        server.close()
      }
    })

    it('an upstream name that its edge cannot resolve', () =>
      expectRefused(
        workFolder(here('http://no-such-host.invalid:8080')),
        ['plan', 'consolidate'],
        refusal(3, 'LG3001', /no-such-host\.invalid does not resolve on the edge front/),
      ))

    it('an ssh host that cannot be resolved: plan stops, verify says so and goes on', async () => {
      const key = join(top, 'ssh-key')
      await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])
      const ssh = `{ ssh: ops@no-such-host.invalid, key: ${key} }`
      await expectRefused(
        workFolder(here().replace('via: local', `via: ${ssh}`)),
        ['plan', 'consolidate'],
        refusal(3, 'LG3001', /no-such-host\.invalid/),
      )
      const ran = await cli(workFolder(here(undefined, ssh)), ['verify', '--json'])
      expect([ran.code, ran.stdout]).toEqual([
        1,
        expect.stringMatching(/"status":"error","because":"[^"]*no-such-host/),
      ])
    })
  })

  describe.skipIf(!isRoot)('no permission (needs root, to become someone else)', { concurrent: true }, () => {
    it("someone else's lockgate.yaml", async () => {
      const folder = workFolder(good)
      chmodSync(join(folder, 'lockgate.yaml'), 0o600)
      await expectRefused(folder, status, refusal(2, 'LG1001', /cannot be read.*EACCES/), nobody)
    })

    it('a folder where .lockgate cannot be made', async () => {
      const folder = workFolder(good)
      for (const args of [waiver(), ['verify'], ['apply', 'consolidate', '--yes']])
        await expectRefused(folder, args, refusal(3, 'LG3009', /\.lockgate cannot be written.*EACCES/), nobody)
      expect((await cli(folder, status, nobody)).code).toBe(1)
    })

    it("someone else's .lockgate", async () => {
      const folder = workFolder(good)
      expect((await cli(folder, waiver())).code).toBe(0)
      await expectRefused(folder, waiver(), refusal(3, 'LG3009', /EACCES/), nobody)
      for (const args of [status, ['report', '--format', 'json']])
        await expectRefused(folder, args, refusal(3, 'LG3103', /EACCES/), nobody)
    })

    it('a folder where init cannot write', () =>
      expectRefused(workFolder(null), ['init'], refusal(3, 'LG3009', /lockgate\.yaml cannot be written/), nobody))
  })

  describe.skipIf(!isRoot)('no disk space (needs root, to mount a small disk)', { concurrent: true }, () => {
    const smallDisk = async (work: (disk: string) => Promise<void>) => {
      const disk = mkdtempSync(join(top, 'disk-'))
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk])
      try {
        await work(disk)
      } finally {
        execFileSync('umount', ['-l', disk])
      }
    }
    const pageBytes = 4096
    const ballast = (disk: string) => join(disk, 'ballast')
    /** Fills the disk but for some pages. */
    const fill = (disk: string, free: number) => {
      rmSync(ballast(disk), { force: true })
      try {
        for (;;) writeFileSync(ballast(disk), Buffer.alloc(pageBytes), { flag: 'a' })
      } catch {
        truncateSync(ballast(disk), statSync(ballast(disk)).size - free * pageBytes)
      }
    }
    const records = async (disk: string) => {
      const ran = await cli(disk, ['evidence', 'verify', '--json'])
      expect(ran.code, say(ran)).toBe(0)
      return (JSON.parse(ran.stdout) as { logs: { size: number }[] }).logs[0]?.size
    }

    it('refuses, keeps what was recorded, and works again when there is room', () =>
      smallDisk(async (disk) => {
        writeFileSync(join(disk, 'lockgate.yaml'), good)
        fill(disk, 0)
        await expectRefused(disk, waiver(), refusal(3, 'LG3009', /\.lockgate/))
        rmSync(ballast(disk))
        expect((await cli(disk, waiver())).code).toBe(0)
        fill(disk, 0)
        for (const args of [waiver(), ['verify'], ['apply', 'consolidate', '--yes']])
          await expectRefused(disk, args, refusal(3, 'LG3009', /space/))
        expect(await records(disk)).toBe(1)
        rmSync(ballast(disk))
        expect((await cli(disk, waiver())).code).toBe(0)
        expect([await records(disk), (await cli(disk, status)).code]).toEqual([2, 1])
      }))

    it('records all of it or nothing, wherever the disk fills up', () =>
      smallDisk(async (disk) => {
        writeFileSync(join(disk, 'lockgate.yaml'), good)
        expect((await cli(disk, waiver())).code).toBe(0)
        let size = 1
        for (const free of [1, 2, 4]) {
          fill(disk, free)
          const ran = await cli(disk, [...waiver(), '--json'])
          if (ran.code === 0) size += 1
          else expect([ran.code, JSON.parse(ran.stdout).error.code], say(ran)).toEqual([3, 'LG3009'])
          expect(await records(disk), `${free} pages: ${say(ran)}`).toBe(size)
          expect(readdirSync(join(disk, '.lockgate')).filter((name) => name.includes('.tmp'))).toEqual([])
        }
        rmSync(ballast(disk))
        expect((await cli(disk, waiver())).code).toBe(0)
      }))

    it('applies all of it or nothing, wherever the disk fills up', () =>
      smallDisk(async (disk) => {
        writeFileSync(join(disk, 'lockgate.yaml'), good)
        expect((await cli(disk, waiver())).code).toBe(0)
        const out = join(disk, 'out')
        mkdirSync(out)
        for (const free of [1, 3, 5, 7]) {
          fill(disk, free)
          const ran = await cli(disk, ['apply', 'consolidate', '--yes', '--json'])
          const { applied = false } = JSON.parse(ran.stdout) as { applied?: boolean }
          if (ran.code !== 0) {
            expect([ran.code, ran.stdout], say(ran)).toEqual([3, expect.stringMatching(/space|full/)])
          }
          if (!applied) {
            const written = Object.values(listing(out)).filter((entry) => !entry.endsWith(' -'))
            expect(written, `${free} pages: ${say(ran)}`).toEqual([])
          }
          rmSync(ballast(disk))
          await records(disk)
          const now = JSON.parse((await cli(disk, ['status', '--json'])).stdout) as { stages: { because: string[] }[] }
          const notApplied = now.stages[0]?.because.some((one) => one.startsWith('gate.not-applied'))
          expect([free, notApplied], say([ran, now])).toEqual([free, !applied])
          if (applied) expect((await cli(disk, ['rollback'])).code).toBe(0)
        }
      }))
  })
})

describe.skipIf(!have('netns', 'nft', 'nginx'))('on hosts (netns, nft, nginx)', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld({ plane: 'nginx' })
  })
  afterAll(() => world?.close())
  const lab = (args: readonly string[]) => world.lab.lockgate(args, quiet)

  const expectUntouched = async () => {
    expect(readdirSync(world.engine.config).filter((name) => name !== 'access.jsonl')).toEqual([])
    expect((await world.lab.run('payroll', ['nft', 'list', 'tables'])).stdout).not.toContain('lockgate')
    expect(existsSync(world.lab.hostFile('payroll', 'lockgate.nft'))).toBe(false)
    expect(existsSync(join(world.lab.work, '.lockgate', 'transaction.json'))).toBe(false)
  }

  /** Interrupts once `due` is true, as Ctrl-C at a terminal does: everyone in the process group is told. */
  const interrupted = async (args: readonly string[], due: (stderr: string) => boolean) => {
    const child = spawn(lockgate, [...args, '--json', '--dir', world.lab.work], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...quiet.env },
    })
    const said = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => (said.stdout += chunk))
    child.stderr.on('data', (chunk) => (said.stderr += chunk))
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    try {
      for (const end = Date.now() + 30_000; Date.now() < end && child.exitCode === null; await sleep(10))
        if (due(said.stderr)) break
      process.kill(-(child.pid as number), 'SIGINT')
      return { code: await ended, ...said }
    } finally {
      child.kill('SIGKILL')
    }
  }

  it('Ctrl-C during verify ends with 130, and the log holds', async () => {
    const ran = await interrupted(['verify', '--sweep'], (stderr) => stderr.trim().length > 0)
    expect([ran.code, ran.stdout], say(ran)).toEqual([130, expect.stringContaining('LG9001')])
    answers.error.parse(JSON.parse(ran.stdout))
    expect(ran.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m)
    await must([lockgate, 'waive', ...waiver().slice(1), '--dir', world.lab.work], quiet)
    expect((await lab(['evidence', 'verify'])).code).toBe(0)
    await expectUntouched()
  })

  const hasRules = () => tables().includes('lockgate')
  const tables = () =>
    execFileSync('ip', ['netns', 'exec', world.lab.at('payroll').netns, 'nft', 'list', 'tables'], { encoding: 'utf8' })
  const hasFiles = () => readdirSync(world.engine.config).some((name) => name.endsWith('.conf'))

  it.each([
    ['as files are replaced', hasFiles],
    ['as rules are loaded', hasRules],
  ])('Ctrl-C during apply, %s, leaves every host as before', async (_title, due) => {
    const ran = await interrupted(['apply', 'consolidate', '--yes'], due)
    expect([ran.code, answers.apply.parse(JSON.parse(ran.stdout)).applied], say(ran)).toEqual([130, false])
    expect(ran.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m)
    await expectUntouched()
    expect((await lab(['evidence', 'verify'])).code).toBe(0)
  })

  it('Ctrl-C while what was applied is verified leaves it as after, and says what waits', async () => {
    const journal = join(world.lab.work, '.lockgate', 'transaction.json')
    const ran = await interrupted(
      ['apply', 'consolidate', '--yes'],
      () => existsSync(journal) && readFileSync(journal, 'utf8').includes('"phase":"pending"'),
    )
    const answer = answers.apply.parse(JSON.parse(ran.stdout))
    expect([ran.code, answer.applied, answer.because], say(ran)).toEqual([
      130,
      true,
      expect.stringMatching(/in force and waits for `lockgate confirm`.*not verified/),
    ])
    expect(tables()).toContain('lockgate')
    expect((await lab(['rollback'])).code).toBe(0)
    await expectUntouched()
  })

  it('Ctrl-C in confirm or rollback leaves the change waiting, or ends what has begun', async () => {
    const journal = join(world.lab.work, '.lockgate', 'transaction.json')
    const rulesFile = world.lab.hostFile('payroll', 'lockgate.nft')
    expect((await lab(['apply', 'consolidate', '--yes'])).code).toBe(0)
    const early = await interrupted(['confirm'], () => true)
    expect([existsSync(journal), existsSync(rulesFile)], say(early)).toEqual([true, false])
    const late = await interrupted(['confirm'], () => existsSync(rulesFile))
    expect(existsSync(journal), say(late)).toBe(false)
    expect(JSON.parse(late.stdout), say(late)).toMatchObject({ confirmed: true })
    const back = await interrupted(['rollback'], () => !existsSync(rulesFile) || !hasFiles())
    expect(JSON.parse(back.stdout), say(back)).toMatchObject({ left: [] })
    await expectUntouched()
    expect((await lab(['evidence', 'verify'])).code).toBe(0)
  }, 120_000)

  it.each(['test', 'reload'])('a %s program that is not installed', async (part) => {
    const changed = structuredClone(world.config)
    Object.assign(changed.edges[0] as object, { [part]: ['no-such-engine', '-t'] })
    world.lab.yaml(changed)
    try {
      const ran = await lab(['apply', 'consolidate', '--yes'])
      const answer = answers.apply.parse(ran.answer)
      expect([ran.code, answer.applied, answer.because], say(ran)).toEqual([
        3,
        false,
        expect.stringMatching(/no-such-engine is not there.*nothing was changed\. Install it/),
      ])
      await expectUntouched()
    } finally {
      world.lab.yaml(world.config)
    }
  })

  it('every answer is as its schema says', async () => {
    const ask = async (schema: { parse(value: unknown): unknown }, ...args: readonly string[]) => {
      const { code, answer, stderr } = await lab(args)
      expect(() => schema.parse(answer), `${args.join(' ')}: ${code} ${say(answer)} ${stderr}`).not.toThrow()
      return code
    }
    expect(await ask(answers.scan, 'scan')).toBe(1)
    expect(await ask(answers.plan, 'plan', 'consolidate')).toBe(0)
    expect(await ask(answers.verify, 'verify', 'consolidate')).toBe(1)
    expect(await ask(answers.verify, 'verify')).toBe(1)
    expect(await ask(answers.status, 'status')).toBe(1)
    expect(await ask(answers.apply, 'apply', 'consolidate', '--yes')).toBe(0)
    expect(await ask(answers.status, 'status')).toBe(1)
    expect(await ask(answers.error, 'apply', 'consolidate', '--yes')).toBe(1)
    expect((await lab(['confirm'])).code).toBe(0)
    expect(await ask(answers.verify, 'verify', 'consolidate')).toBe(0)
    expect(await ask(answers.plan, 'plan', 'consolidate')).toBe(0)
    expect((await lab(['uninstall', '--yes'])).code).toBe(0)
    await expectUntouched()
  })
})
