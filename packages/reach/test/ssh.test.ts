/** A Reach by ssh to real sshds: keys, argv, files, sudo, connections from there. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { Reach, Via } from '@lockgate/model'
import { openReach } from '@lockgate/reach'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needsRoot } from './lab.ts'
import { openSshLab, type SshLab } from './ssh-lab.ts'

const noSudo = !existsSync('/usr/bin/sudo') && process.env.CI !== 'true'

describe.skipIf(needsRoot.skip)('ssh (root, sshd)', () => {
  let lab: SshLab
  let ops: Reach
  const open = (via: Via): Promise<Reach> => openReach(via, { baseDir: lab.folder })
  const failure = async (via: Via): Promise<{ code: string; message: string }> => {
    const reach = await open(via).catch((error) => error)
    if ('close' in reach) await reach.close()
    return { code: reach.code, message: reach.message }
  }

  beforeAll(async () => {
    lab = await openSshLab()
    lab.inside(
      lab.far,
      ['nft', '-f', '-'],
      'table inet t { chain i { type filter hook input priority 0;\n tcp dport 9000-9999 drop\n }\n}\n',
    )
    await lab.listen({ port: 7001, text: 'banner' })
    await lab.listen({ port: 7002 })
    ops = await open(lab.via())
  })
  afterAll(async () => {
    await ops?.close()
    await lab?.close()
  })

  describe('host keys', () => {
    test('an unknown one is an error with the line to add, and that line works', async () => {
      const known = lab.knownHosts()
      const said = await failure(lab.via({ 'known-hosts': known }))
      expect(said.code).toBe('LG3002')
      const print = execFileSync('ssh-keygen', ['-lf', lab.path('host_ed25519.pub')], { encoding: 'utf8' }).split(
        ' ',
      )[1]
      expect(said.message).toContain(print as string)
      expect(said.message).toContain(known)
      writeFileSync(known, `${said.message.split('\n').at(-1)}\n`)
      await (await open(lab.via({ 'known-hosts': known }))).close()
    })

    test('another key than the known one is refused', async () => {
      const [, other] = readFileSync(lab.path('stranger.pub'), 'utf8').split(' ')
      const known = lab.knownHosts(`${lab.gate} ssh-ed25519 ${other}`)
      expect(await failure(lab.via({ 'known-hosts': known }))).toMatchObject({
        code: 'LG3002',
        message: expect.stringMatching(/not the one in .*ssh-keygen -f .* -R/s),
      })
    })

    test('a revoked one is refused, though it is known as well', async () => {
      const known = lab.knownHosts(`${lab.gate} ${lab.hostKeys.ed25519}`, `@revoked * ${lab.hostKeys.ed25519}`)
      expect(await failure(lab.via({ 'known-hosts': known }))).toMatchObject({
        code: 'LG3002',
        message: expect.stringMatching(/@revoked/),
      })
    })

    test.each(['rsa', 'ecdsa'] as const)('a host known by its %s key alone is asked for that one', async (type) => {
      const known = lab.knownHosts(`${lab.gate} ${lab.hostKeys[type]}`)
      await (await open(lab.via({ 'known-hosts': known }))).close()
    })

    test('a hashed name is found', async () => {
      const known = lab.knownHosts(`${lab.gate} ${lab.hostKeys.ed25519}`)
      execFileSync('ssh-keygen', ['-q', '-H', '-f', known], { stdio: 'ignore' })
      await (await open(lab.via({ 'known-hosts': known }))).close()
    })
  })

  describe('logging in', () => {
    test('with an RSA key', async () => {
      await (await open(lab.via({ key: 'user_rsa' }))).close()
    })

    test('a key that the host does not accept is named', async () => {
      expect(await failure(lab.via({ key: 'stranger' }))).toMatchObject({
        code: 'LG3001',
        message: expect.stringMatching(/accepted none of: .*stranger/),
      })
    })

    test('a key that is not there is named', async () => {
      expect(await failure(lab.via({ key: 'none' }))).toMatchObject({
        code: 'LG3001',
        message: expect.stringMatching(/no key .*none/),
      })
    })

    test('an encrypted key is the agent’s work', async () => {
      const before = process.env.SSH_AUTH_SOCK
      delete process.env.SSH_AUTH_SOCK
      try {
        expect(await failure(lab.via({ key: 'encrypted' }))).toMatchObject({
          code: 'LG3001',
          message: expect.stringMatching(/encrypted.*ssh-add/),
        })
        await withAgent(lab, async () => (await open(lab.via({ key: 'encrypted' }))).close())
      } finally {
        if (before !== undefined) process.env.SSH_AUTH_SOCK = before
      }
    })

    test('a port where nobody listens, and one where no ssh speaks', async () => {
      expect(await failure(lab.via({ port: 23 }))).toMatchObject({
        code: 'LG3001',
        message: expect.stringMatching(/port 23 is refused/),
      })
    })
  })

  describe('argv', () => {
    test('arrive as they were', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed() && !text.includes('\0')),
            { minLength: 1 },
          ),
          async (words) => {
            const { stdout } = await ops.run(['printf', '%s\\0', ...words])
            expect(stdout.split('\0').slice(0, -1)).toEqual(words)
          },
        ),
        { numRuns: 15 },
      )
    })

    test('code, stderr and input come through', async () => {
      expect(await ops.run(['sh', '-c', 'cat; echo no >&2; exit 7'], { input: 'in' })).toEqual({
        code: 7,
        stdout: 'in',
        stderr: 'no\n',
        timedOut: false,
      })
      expect((await ops.run(['lockgate-none'])).code).toBe(127)
    })

    test('a timeout ends the program over there', async () => {
      const got = await ops.run(['sh', '-c', 'echo $$; exec sleep 61'], { timeoutMs: 700 })
      expect(got).toMatchObject({ code: null, timedOut: true })
      await expect
        .poll(async () => (await ops.run(['cat', `/proc/${got.stdout.trim()}/cmdline`])).stdout)
        .not.toContain('sleep')
    })

    test('a daemon that was left behind does not hold the answer up, and lives on', async () => {
      const got = await ops.run(['sh', '-c', 'sleep 20 & echo $!'])
      expect(got).toMatchObject({ code: 0, timedOut: false })
      expect((await ops.run(['kill', got.stdout.trim()])).code).toBe(0)
    })

    test('an abort is LG9001', async () => {
      await expect(ops.run(['sleep', '60'], { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
        code: 'LG9001',
      })
    })

    test('thirty at once wait for the sessions that sshd allows', async () => {
      const all = await Promise.all(Array.from({ length: 30 }, (_, index) => ops.run(['echo', String(index)])))
      expect(all.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 30 }, (_, index) => index))
    })
  })

  describe('files', () => {
    test('are put, read, listed and removed', async () => {
      const folder = lab.path('ops/a b/c')
      await ops.makeFolder(folder, 0o750)
      await ops.putFile(`${folder}/it's`, Buffer.from([0, 10, 255]), 0o640)
      expect(await ops.readFile(`${folder}/it's`)).toEqual(Buffer.from([0, 10, 255]))
      expect(await ops.stat(`${folder}/it's`)).toEqual({ kind: 'file', mode: 0o640, uid: 42_420 })
      expect(await ops.stat(folder)).toMatchObject({ kind: 'folder', mode: 0o750 })
      expect(await ops.listFolder(folder)).toEqual(["it's"])
      await ops.removeFile(`${folder}/it's`)
      await ops.removeFile(`${folder}/it's`)
      await ops.removeFolder(lab.path('ops/a b'))
      expect(await ops.stat(folder)).toBe(null)
      expect(await ops.readFile(`${folder}/it's`)).toBe(null)
      expect(await ops.listFolder(folder)).toBe(null)
    })

    test('of root are LG3004 with the path, and nothing is left', async () => {
      mkdirSync(lab.path('roots'))
      await expect(ops.putFile(lab.path('roots/f'), 'x', 0o644)).rejects.toMatchObject({
        code: 'LG3004',
        message: expect.stringMatching(/roots\/f: permission denied.*sudo/),
      })
      await expect(ops.readFile('/etc/shadow')).rejects.toMatchObject({ code: 'LG3004' })
      expect(readdirSync(lab.path('roots'))).toEqual([])
    })

    test('on a full disk are LG3009, the old file stays and nothing is left', async () => {
      const disk = lab.path('disk')
      await ops.putFile(`${disk}/f`, 'old', 0o644)
      await expect(ops.putFile(`${disk}/f`, 'x'.repeat(200_000), 0o644)).rejects.toMatchObject({ code: 'LG3009' })
      expect(String(await ops.readFile(`${disk}/f`))).toBe('old')
      expect(await ops.listFolder(disk)).toEqual(['f'])
    })
  })

  describe.skipIf(noSudo)('sudo', () => {
    test('with the lines of sudoersLines files of root are put, and sockets of others named', async () => {
      const root = await open(lab.via({ sudo: true }))
      await root.makeFolder(lab.path('sudo'), 0o700)
      await root.putFile(lab.path('sudo/f'), 'x', 0o600)
      expect(statSync(lab.path('sudo/f'))).toMatchObject({ uid: 0, size: 1 })
      expect(statSync(lab.path('sudo/f')).mode & 0o7777).toBe(0o600)
      expect(String(await root.readFile(lab.path('sudo/f')))).toBe('x')
      expect((await root.listeners()).find(({ port }) => port === 22)).toMatchObject({ process: 'sshd' })
      await root.close()
    })

    test('without them it is an error that prints them', async () => {
      const guest = await open(lab.via({ ssh: `guest@${lab.gate}`, sudo: true }))
      await expect(guest.run(['cat', '/etc/shadow'])).rejects.toMatchObject({
        code: 'LG3003',
        message: expect.stringMatching(/sudo did not run cat.*NOPASSWD/s),
      })
      await guest.close()
    })
  })

  test('a login that writes a greeting runs nothing, and connections from there are as ever', async () => {
    const greeted = await open(lab.via({ ssh: `greeted@${lab.gate}` }))
    const refused = { code: 'LG3003', message: expect.stringMatching(/"Welcome to acme".*silent/) }
    await expect(greeted.run(['true'])).rejects.toMatchObject(refused)
    await expect(greeted.stat('/etc/passwd')).rejects.toMatchObject(refused)
    expect((await greeted.connect({ host: '10.77.0.2', port: 7002 })).outcome).toBe('connected')
    await greeted.close()
  })

  describe('from there', () => {
    test.each([
      ['an open port', '10.77.0.2', 7002, 'connected'],
      ['an open port on IPv6', 'fd77::2', 7002, 'connected'],
      ['a closed port', '10.77.0.2', 7999, 'refused'],
      ['a dropped port', '10.77.0.2', 9001, 'timed-out'],
      ['an unreachable route', '10.78.1.1', 80, 'unreachable'],
      ['a blackhole route', '10.78.2.1', 80, 'unreachable'],
      ['a prohibit route', '10.78.3.1', 80, 'unreachable'],
      ['no route at all', '192.0.2.1', 80, 'unreachable'],
      ['no route at all on IPv6', '2001:db8::1', 80, 'unreachable'],
      ['a name that nobody knows', 'nowhere.invalid', 80, 'failed'],
    ] as const)('%s is %s port %i: %s', async (_title, host, port, expected) => {
      const got = await ops.connect({ host, port }, { timeoutMs: 2_500 })
      if (got.outcome === 'connected') got.socket.destroy()
      expect(got.outcome).toBe(expected)
    })

    test('no byte of a server that speaks first is lost', async () => {
      const got = await ops.connect({ host: lab.far4, port: 7001 })
      await wait(50)
      const [chunk] = await once((got as { socket: Duplex }).socket, 'data')
      expect(String(chunk)).toBe('banner')
      ;(got as { socket: Duplex }).socket.destroy()
    })

    test('a server that forbids forwarding has failed, not refused', async () => {
      const guest = await open(lab.via({ ssh: `guest@${lab.gate}` }))
      expect(await guest.connect({ host: lab.far4, port: 7002 })).toMatchObject({
        outcome: 'failed',
        detail: expect.stringMatching(/AllowTcpForwarding/),
      })
      expect(await guest.scan([{ host: lab.far4, ports: [7002, 7999] }])).toMatchObject([{ open: [], failed: 2 }])
      await guest.close()
    })

    test('a scan finds what is open among closed and more dropped ports than one connection holds', async () => {
      const ports = [
        ...Array.from({ length: 500 }, (_, index) => 9_000 + index),
        ...Array.from({ length: 300 }, (_, index) => 6_900 + index),
      ]
      const found = await ops.scan(
        [
          { host: lab.far4, ports },
          { host: lab.far6, ports: [7_001, 7_999] },
        ],
        { timeoutMs: 700 },
      )
      expect(found).toEqual([
        { host: lab.far4, open: [7001, 7002], refused: 298, timedOut: 500, unreachable: 0, failed: 0 },
        { host: lab.far6, open: [7001], refused: 1, timedOut: 0, unreachable: 0, failed: 0 },
      ])
    })

    test('listeners, addresses and identity are those of that host', async () => {
      expect(await ops.listeners()).toContainEqual(expect.objectContaining({ port: 22, family: 4, address: '0.0.0.0' }))
      expect(await ops.addresses()).toEqual(expect.arrayContaining([lab.gate, '10.77.0.1', 'fd77::1']))
      const netns = await openReach({ netns: lab.near }, { baseDir: '.' })
      expect(await ops.identity()).toEqual(await netns.identity())
      await netns.close()
    })
  })

  test('a host behind a jump host', async () => {
    const behind = await open(lab.via({ ssh: 'root@10.77.0.2', jump: `ops@${lab.gate}` }))
    const netns = await openReach({ netns: lab.far }, { baseDir: '.' })
    expect(await behind.identity()).toEqual(await netns.identity())
    expect(await behind.scan([{ host: '10.77.0.1', ports: [22, 23] }])).toMatchObject([{ open: [22], refused: 1 }])
    await Promise.all([behind.close(), netns.close()])
    expect(await failure(lab.via({ ssh: 'root@10.77.0.99', jump: `ops@${lab.gate}` }))).toMatchObject({
      code: 'LG3001',
      message: expect.stringMatching(/from the jump host/),
    })
  })

  test('a lost connection is LG3001 for argv and failed for connections, and nothing hangs', async () => {
    const lost = await open(lab.via())
    const hanging = lost.run(['sh', '-c', 'kill -9 $(ps -o ppid= -p $PPID) $PPID; sleep 60'])
    await expect(hanging).rejects.toMatchObject({ code: 'LG3001' })
    await expect(lost.run(['true'])).rejects.toMatchObject({ code: 'LG3001' })
    expect(await lost.connect({ host: lab.far4, port: 7002 })).toMatchObject({ outcome: 'failed' })
    await lost.close()
  })

  test('closed is closed', async () => {
    const closed = await open(lab.via())
    await closed.close()
    await expect(closed.run(['true'])).rejects.toMatchObject({
      code: 'LG3001',
      message: expect.stringMatching(/closed/),
    })
  })
})

async function withAgent(lab: SshLab, work: () => Promise<unknown>): Promise<void> {
  const socket = lab.path('agent')
  const said = execFileSync('ssh-agent', ['-a', socket], { encoding: 'utf8' })
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1])
  try {
    const askpass = lab.path('askpass')
    writeFileSync(askpass, '#!/bin/sh\necho secret\n', { mode: 0o755 })
    execFileSync('ssh-add', [lab.path('encrypted')], {
      env: { ...process.env, SSH_AUTH_SOCK: socket, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' },
      stdio: 'ignore',
    })
    process.env.SSH_AUTH_SOCK = socket
    await work()
  } finally {
    delete process.env.SSH_AUTH_SOCK
    process.kill(pid)
  }
}
