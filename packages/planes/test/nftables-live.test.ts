/** The rules of a host, loaded into a kernel: who gets through and who does not, from where they stand. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nftables } from '../src/firewall/nftables/nftables.ts'
import { hostModel, settingsOf, type Written } from './model.ts'
import { canMakeNamespaces, makeNamespaces, type Space, type Spaces } from './namespaces.ts'

const possible = canMakeNamespaces()
test.runIf(process.env.CI === 'true')('network namespaces can be made here', () => expect(possible).toBe(true))

const edges = [
  { id: 'front', addresses: ['10.9.2.2', 'fd09:2::2'] },
  { id: 'side', addresses: ['10.9.2.0/30', '10.9.2.3', 'fd09:2::3'], listen: ['http://0.0.0.0:81'] },
]
const backends = [
  { id: 'payroll', public: 'http://payroll.acme.test', upstream: 'http://10.9.1.1:8080' },
  { id: 'orders', public: 'http://orders.acme.test', upstream: 'http://10.9.1.1:8081' },
  { id: 'wiki', edge: 'side', public: 'http://wiki.acme.test:81', upstream: 'http://[fd09:1::1]:8082' },
  { id: 'box', public: 'http://box.acme.test', upstream: 'http://172.30.0.2:80' },
]
const host = { addresses: ['10.9.1.1', 'fd09:1::1'], close: [9464] }

/** As Docker writes it: 8081 is published to port 80 of a container, 9999 to its 8081, 7777 is redirected to 8080. */
const chain = (family: string, box: string, more: readonly string[] = []) =>
  [
    `table ${family} theirs {`,
    'chain prerouting {',
    'type nat hook prerouting priority dstnat;',
    `fib daddr type local tcp dport 8081 dnat to ${box}:80`,
    `fib daddr type local tcp dport 9999 dnat to ${box}:8081`,
    ...more,
    '}\n}\n',
  ].join('\n')
const published = `${chain('ip', '172.30.0.2', ['fib daddr type local tcp dport 7777 redirect to :8080'])}${chain('ip6', '[fd30::2]')}`

describe.runIf(possible)('the nftables rules of a host', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-nft-'))
  let spaces: Spaces
  let at: Readonly<Record<'host' | 'users' | 'edge' | 'box', Space>>

  function load(written: Written): void {
    const { target } = nftables.render(hostModel(settingsOf(written)), {})
    const file = join(folder, 'staged.nft')
    writeFileSync(file, target.files[0]?.content ?? '')
    for (const argv of [...target.test, ...target.reload])
      at.host.run(...argv.map((word) => word.replaceAll('{file}', file)))
    if (target.proof?.kind === 'argv') expect(at.host.run(...target.proof.argv)).toContain(target.proof.expect)
  }

  beforeAll(async () => {
    spaces = makeNamespaces(['host', 'users', 'edge', 'box'])
    at = spaces.space as typeof at
    spaces.cable('host', ['10.9.1.1/24', 'fd09:1::1/64'], 'users', ['10.9.1.2/24', 'fd09:1::2/64'])
    spaces.cable('host', ['10.9.2.1/24', 'fd09:2::1/64'], 'edge', [
      '10.9.2.2/24',
      '10.9.2.3/24',
      '10.9.2.9/24',
      'fd09:2::2/64',
      'fd09:2::3/64',
    ])
    spaces.cable('host', ['172.30.0.1/24', 'fd30::1/64'], 'box', ['172.30.0.2/24', 'fd30::2/64'])
    at.host.run('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1')
    for (const one of [at.users, at.edge, at.box])
      for (const family of ['-4', '-6'])
        one.run(
          'ip',
          family,
          'route',
          'add',
          'default',
          'via',
          gateways[one === at.users ? 'users' : one === at.edge ? 'edge' : 'box'][family === '-4' ? 0 : 1],
        )
    for (const port of [2222, 3333, 8080, 8082, 9464]) expect(await at.host.ask('listen', '::', port)).toBe('listening')
    for (const port of [80, 8081]) expect(await at.box.ask('listen', '::', port)).toBe('listening')
    expect(await at.users.ask('listen', '::', 7000)).toBe('listening')
    const file = join(folder, 'theirs.nft')
    writeFileSync(file, published)
    at.host.run('nft', '-f', file)
  })
  afterAll(async () => {
    await spaces?.close()
    rmSync(folder, { recursive: true })
  })

  const everywhere = ['10.9.1.1', 'fd09:1::1'] as const

  test('everything answers users before', async () => {
    for (const address of everywhere)
      for (const port of [8080, 8081, 8082, 9464, 9999])
        expect([address, port, await at.users.ask('connect', address, port)]).toEqual([address, port, 'connected'])
    expect(await at.users.ask('connect', '10.9.1.1', 7777)).toBe('connected')
    expect(await at.users.ask('connect', '172.30.0.2', 80)).toBe('connected')
  })

  test('users are refused on every address, family and published port, and what is not ours stays', async () => {
    load({ edges, backends, host })
    for (const address of everywhere) {
      for (const port of [8080, 8081, 8082, 9464, 9999])
        expect([address, port, await at.users.ask('connect', address, port)]).toEqual([address, port, 'ECONNREFUSED'])
      expect(await at.users.ask('connect', address, 2222)).toBe('connected')
    }
    expect(await at.users.ask('connect', '10.9.1.1', 7777)).toBe('ECONNREFUSED')
    expect(await at.users.ask('connect', '172.30.0.2', 80)).toBe('ECONNREFUSED')
    expect(at.host.run('nft', 'list', 'tables')).toContain('table ip theirs')
  })

  test('each port accepts the edge of its own backend', async () => {
    const rows = [
      ['10.9.1.1', 8080, '10.9.2.2', 'connected'],
      ['fd09:1::1', 8080, 'fd09:2::2', 'connected'],
      ['10.9.1.1', 8081, '10.9.2.2', 'connected'],
      ['fd09:1::1', 8081, 'fd09:2::2', 'connected'],
      ['172.30.0.2', 80, '10.9.2.2', 'connected'],
      ['10.9.1.1', 8082, '10.9.2.3', 'connected'],
      ['fd09:1::1', 8082, 'fd09:2::3', 'connected'],
      ['10.9.1.1', 9464, '10.9.2.3', 'connected'],
      ['fd09:1::1', 8080, 'fd09:2::3', 'ECONNREFUSED'],
      ['10.9.1.1', 8082, '10.9.2.9', 'ECONNREFUSED'],
      ['fd09:1::1', 8082, 'fd09:2::2', 'ECONNREFUSED'],
    ] as const
    for (const [address, port, from, expected] of rows)
      expect([address, port, from, await at.edge.ask('connect', address, port, from)]).toEqual([
        address,
        port,
        from,
        expected,
      ])
  })

  test('the host reaches itself and others', async () => {
    for (const address of ['127.0.0.1', '::1', ...everywhere])
      expect(await at.host.ask('connect', address, 8080)).toBe('connected')
    expect(await at.host.ask('connect', '10.9.1.2', 7000)).toBe('connected')
    expect(await at.host.ask('connect', 'fd09:1::2', 7000)).toBe('connected')
    expect(await at.box.ask('connect', '10.9.1.2', 7000)).toBe('connected')
  })

  test('others: close keeps keep and what is open already', async () => {
    expect(await at.users.ask('hold', '10.9.1.1', 3333)).toBe('connected')
    expect(await at.host.ask('hold', 'fd09:1::2', 7000)).toBe('connected')
    load({ edges, backends, host: { ...host, others: 'close', keep: [2222] } })
    expect(await at.users.ask('echo', '10.9.1.1', 3333)).toBe('hello')
    expect(await at.host.ask('echo', 'fd09:1::2', 7000)).toBe('hello')
    for (const address of everywhere) {
      expect(await at.users.ask('connect', address, 2222)).toBe('connected')
      for (const port of [3333, 8080, 9464, 9999, 5000])
        expect([address, port, await at.users.ask('connect', address, port)]).toEqual([address, port, 'ECONNREFUSED'])
    }
    expect(await at.host.ask('connect', '10.9.1.2', 7000)).toBe('connected')
    expect(await at.edge.ask('connect', '10.9.1.1', 8080)).toBe('connected')
    expect(await at.box.ask('connect', 'fd09:1::2', 7000)).toBe('connected')
  })

  test('live rules can be read and loaded again, and taken out twice', () => {
    const { target } = nftables.render(hostModel(settingsOf({ edges, backends, host })), {})
    const saved = at.host.run(...(target.readLive as string[]))
    const file = join(folder, 'saved.nft')
    writeFileSync(file, saved)
    for (const argv of target.loadLive ?? []) at.host.run(...argv.map((word) => word.replaceAll('{file}', file)))
    expect(at.host.run(...(target.readLive as string[]))).toBe(saved)
    for (let round = 0; round < 2; round++) for (const argv of target.undo) at.host.run(...argv)
    expect(at.host.run('nft', 'list', 'tables')).not.toContain('inet lockgate')
    expect(at.host.run('nft', 'list', 'tables')).toContain('table ip theirs')
  })
})

const gateways = {
  users: ['10.9.1.1', 'fd09:1::1'],
  edge: ['10.9.2.1', 'fd09:2::1'],
  box: ['172.30.0.1', 'fd30::1'],
} as const
