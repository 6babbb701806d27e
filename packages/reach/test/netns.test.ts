/** A Reach into a network namespace, and what it sees of another one. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { Reach } from '@lockgate/model'
import { openReach } from '@lockgate/reach'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Lab, needsRoot, openLab } from './lab.ts'

const rules = `table inet t { chain input { type filter hook input priority 0;
  tcp dport 9001 drop
  tcp dport 9002 reject with tcp reset
  tcp dport 9003 reject with icmpx type admin-prohibited
  tcp dport 9004 reject with icmpx type host-unreachable
  }
}`

describe.skipIf(needsRoot.skip)('netns (root)', () => {
  let lab: Lab
  let near: Reach
  let far: Reach

  beforeAll(async () => {
    lab = openLab()
    lab.inside(lab.far, ['nft', '-f', '-'], rules)
    // The kernel sends few ICMP errors a second, and what it does not send is silence.
    lab.inside(lab.far, ['sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0'])
    await lab.listen({ port: 7001, text: 'banner' })
    await lab.listen({ port: 7002 })
    await lab.listen({ port: 7003, host: 'fd77::2' })
    await lab.listen({ port: 7004, host: '127.0.0.1' })
    near = await openReach({ netns: lab.near }, { baseDir: '.' })
    far = await openReach({ netns: lab.far }, { baseDir: '.' })
  })
  afterAll(async () => {
    await near?.close()
    await far?.close()
    await lab?.close()
  })

  // An ICMPv6 error that is there before connect(2) returns is kept by Linux as a soft error until the SYN is sent again,
  // after one second (tcp_v6_err, sock_owned_by_user).
  const timeoutMs = 2_500

  const outcomes = [
    ['an open port', '10.77.0.2', 7002, 'connected'],
    ['an open port on IPv6', 'fd77::2', 7002, 'connected'],
    ['a port open on IPv6 only', '10.77.0.2', 7003, 'refused'],
    ['that one on IPv6', 'fd77::2', 7003, 'connected'],
    ['a port open on loopback only', '10.77.0.2', 7004, 'refused'],
    ['a closed port', '10.77.0.2', 7999, 'refused'],
    ['a reset by the firewall', 'fd77::2', 9002, 'refused'],
    ['a dropped port', '10.77.0.2', 9001, 'timed-out'],
    ['a dropped port on IPv6', 'fd77::2', 9001, 'timed-out'],
    ['a port prohibited by ICMP', '10.77.0.2', 9003, 'unreachable'],
    ['a port prohibited by ICMPv6', 'fd77::2', 9003, 'unreachable'],
    ['a host that a router calls unreachable', '10.77.0.2', 9004, 'unreachable'],
    ['an unreachable route', '10.78.1.1', 80, 'unreachable'],
    ['a blackhole route', '10.78.2.1', 80, 'unreachable'],
    ['a prohibit route', '10.78.3.1', 80, 'unreachable'],
    ['no route at all', '192.0.2.1', 80, 'unreachable'],
    ['no route at all on IPv6', '2001:db8::1', 80, 'unreachable'],
    ['a name that nobody knows', 'nowhere.invalid', 80, 'failed'],
  ] as const

  test.each(outcomes)('%s is %s port %i: %s', async (_title, host, port, expected) => {
    const got = await near.connect({ host, port }, { timeoutMs })
    if (got.outcome === 'connected') got.socket.destroy()
    expect(got.outcome).toBe(expected)
  })

  test('a host that nobody answers for is unreachable or silent, never refused', async () => {
    const got = await near.connect({ host: '10.77.0.99', port: 80 }, { timeoutMs: 5_000 })
    expect(['unreachable', 'timed-out']).toContain(got.outcome)
  })

  test('no byte of a server that speaks first is lost, however late one listens', async () => {
    const got = await near.connect({ host: lab.far4, port: 7001 })
    expect(got).toMatchObject({ outcome: 'connected', localAddress: '10.77.0.1' })
    await wait(50)
    const [chunk] = await once((got as { socket: Duplex }).socket, 'data')
    expect(String(chunk)).toBe('banner')
    ;(got as { socket: Duplex }).socket.destroy()
  })

  test('large data goes both ways and ends cleanly', async () => {
    const got = await near.connect({ host: lab.far6, port: 7002 })
    const socket = (got as { socket: Duplex }).socket
    const sent = Buffer.alloc(3_000_000, 'x')
    const received: Buffer[] = []
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    socket.end(sent)
    await once(socket, 'end')
    expect(Buffer.concat(received).length).toBe(sent.length)
  })

  test('two hundred connections at once are all its own', async () => {
    const all = await Promise.all(Array.from({ length: 200 }, () => near.connect({ host: lab.far4, port: 7002 })))
    expect(new Set(all.map((got) => got.outcome))).toEqual(new Set(['connected']))
    for (const got of all) if (got.outcome === 'connected') got.socket.destroy()
  })

  test('a scan finds each open port and tells silence from refusal', async () => {
    const ports = [...Array.from({ length: 100 }, (_, index) => 6_950 + index), 9_001, 9_002, 9_003]
    const found = await near.scan(
      [
        { host: lab.far4, ports },
        { host: lab.far6, ports },
        { host: '10.78.1.1', ports: [80, 443] },
      ],
      { timeoutMs },
    )
    expect(found).toEqual([
      { host: lab.far4, open: [7001, 7002], refused: 99, timedOut: 1, unreachable: 1, failed: 0 },
      { host: lab.far6, open: [7001, 7002, 7003], refused: 98, timedOut: 1, unreachable: 1, failed: 0 },
      { host: '10.78.1.1', open: [], refused: 0, timedOut: 0, unreachable: 2, failed: 0 },
    ])
  })

  test('a scan by several threads finds the same, and reports its progress', async () => {
    const ports = Array.from({ length: 65_535 }, (_, index) => index + 1)
    const seen: number[] = []
    const [found] = await near.scan([{ host: lab.far4, ports }], {
      timeoutMs: 500,
      progress: (done) => seen.push(done),
    })
    expect(found).toEqual({
      host: lab.far4,
      open: [7001, 7002],
      refused: 65_530,
      timedOut: 1,
      unreachable: 2,
      failed: 0,
    })
    expect(seen.length).toBeGreaterThan(1)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  })

  test('an abort ends a scan and a connection attempt', async () => {
    const scan = near.scan([{ host: lab.far4, ports: [9_001] }], { timeoutMs: 30_000, signal: AbortSignal.timeout(50) })
    await expect(scan).rejects.toMatchObject({ code: 'LG9001' })
    const got = await near.connect(
      { host: lab.far4, port: 9_001 },
      { timeoutMs: 30_000, signal: AbortSignal.timeout(50) },
    )
    expect(got.outcome).toBe('failed')
  })

  test('argv run there, with exit codes as a shell has them', async () => {
    expect(await near.run(['ip', '-br', '-4', 'addr', 'show', 'c0'])).toMatchObject({ code: 0, timedOut: false })
    expect((await near.run(['cat'], { input: 'in' })).stdout).toBe('in')
    expect((await near.run(['no-such-program'])).code).toBe(127)
    expect((await near.run([lab.folder])).code).toBe(126)
    expect((await near.run(['sh', '-c', 'exit 3'])).code).toBe(3)
  })

  test('it lists what listens there, with process and dual stack', async () => {
    const found = (await far.listeners()).filter(({ port }) => port >= 7_000 && port < 7_100)
    const row = (port: number): unknown => found.find((listener) => listener.port === port)
    expect(row(7_002)).toMatchObject({ address: '::', family: 6, dualStack: true })
    expect(row(7_003)).toMatchObject({ address: 'fd77::2', family: 6, dualStack: false })
    expect(row(7_004)).toMatchObject({ address: '127.0.0.1', family: 4, dualStack: false })
    expect((row(7_004) as { process: string }).process).toMatch(/./)
  })

  test('its addresses are those of its own interfaces', async () => {
    expect(await near.addresses()).toEqual(['10.77.0.1', 'fd77::1'])
  })

  test('its identity is the namespace, and the same however it is asked', async () => {
    const inode = String(statSync(`/run/netns/${lab.near}`).ino)
    expect(await near.identity()).toEqual({
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      netns: inode,
    })
    expect((await far.identity()).netns).not.toBe(inode)
  })

  test('a namespace that does not exist is named', async () => {
    await expect(openReach({ netns: 'lgr-none' }, { baseDir: '.' })).rejects.toMatchObject({
      code: 'LG3001',
      message: expect.stringMatching(/lgr-none.*ip netns list/),
    })
  })

  test('the child ends when the Reach is closed, and when its parent is killed', async () => {
    const children = (): string[] =>
      lab.inside(lab.near, ['ip', 'netns', 'pids', lab.near]).trim().split('\n').filter(Boolean)
    const before = children().length
    const other = await openReach({ netns: lab.near }, { baseDir: '.' })
    await other.identity()
    expect(children().length).toBe(before + 1)
    await other.close()
    expect(children().length).toBe(before)
    const program = `import('@lockgate/reach').then(async ({ openReach }) => {
      await (await openReach({ netns: '${lab.near}' }, { baseDir: '.' })).identity(); console.log('up'); setInterval(() => {}, 1000) })`
    const cwd = new URL('.', import.meta.url)
    const parent = spawn(process.execPath, ['--conditions=source', '-e', program], {
      cwd,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(parent.stdout, 'data')
    expect(children().length).toBe(before + 1)
    parent.kill('SIGKILL')
    await expect.poll(() => children().length, { timeout: 5_000 }).toBe(before)
  })

  test('a Reach that nobody closed does not keep its program alive', async () => {
    const program = `import('@lockgate/reach').then(async ({ openReach }) => {
      await (await openReach({ netns: '${lab.near}' }, { baseDir: '.' })).identity() })`
    const cwd = new URL('.', import.meta.url)
    const child = spawn(process.execPath, ['--conditions=source', '-e', program], { cwd, stdio: 'inherit' })
    const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(10_000) })
    expect(code).toBe(0)
  })
})
