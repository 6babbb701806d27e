import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { addressesOfIp, addressesOfNode } from './addresses.ts'
import { listenersOf } from './listeners.ts'
import { openReach } from './open-reach.ts'
import { usualPorts } from './usual-ports.ts'

const header = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const row = (address: string, state: string): string =>
  `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0`

const tcp = [header, row('0100007F:1F90', '0A'), row('0B14140A:0016', '0A'), row('0100007F:1F91', '01')].join('\n')
const tcp6 = [
  header,
  row(`${'0'.repeat(32)}:1F92`, '0A'),
  row(`${'0'.repeat(32)}:1F93`, '0A'),
  row('000000FD000000000000000001000000:1F94', '0A'),
  row('0000000000000000FFFF00000100007F:1F95', '0A'),
].join('\n')
const ss = [
  'LISTEN 0      511        127.0.0.1:8080 0.0.0.0:* users:(("node",pid=7,fd=20)) ino:1 sk:1 cgroup:/ <->',
  'LISTEN 0      511        *:8082 *:* users:(("java",pid=8,fd=20),("java",pid=9,fd=20)) ino:1 sk:1 cgroup:/ v6only:0 <->',
  'LISTEN 0      511        [::]:8083 [::]:* ino:1 sk:1 cgroup:/ v6only:1 <->',
].join('\n')

describe('listenersOf', () => {
  test('the kernel’s tables are enough, and say nothing about dual stack', () => {
    expect(listenersOf(tcp, tcp6, null)).toEqual([
      { address: '127.0.0.1', port: 8_080, family: 4, dualStack: false, process: null },
      { address: '10.20.20.11', port: 22, family: 4, dualStack: false, process: null },
      { address: '::', port: 8_082, family: 6, dualStack: null, process: null },
      { address: '::', port: 8_083, family: 6, dualStack: null, process: null },
      { address: 'fd00::1', port: 8_084, family: 6, dualStack: false, process: null },
      { address: '::ffff:127.0.0.1', port: 8_085, family: 6, dualStack: false, process: null },
    ])
  })

  test('ss adds processes and dual stack', () => {
    const found = listenersOf(tcp, tcp6, ss)
    expect(found.find(({ port }) => port === 8_080)?.process).toBe('node')
    expect(found.find(({ port }) => port === 8_082)).toMatchObject({ process: 'java', dualStack: true })
    expect(found.find(({ port }) => port === 8_083)).toMatchObject({ process: null, dualStack: false })
  })

  test('a kernel without IPv6 has no second table', () => {
    expect(listenersOf(tcp, null, 'nonsense')).toHaveLength(2)
  })
})

describe('addresses', () => {
  test('of ip -j addr, without loopback and link-local', () => {
    const links = [
      { ifname: 'lo', addr_info: [{ local: '127.0.0.1' }, { local: '::1' }] },
      { ifname: 'eth0', addr_info: [{ local: '10.0.0.2' }, { local: 'fe80::1' }, { local: 'fd00::2' }] },
      { ifname: 'down' },
    ]
    expect(addressesOfIp(JSON.stringify(links))).toEqual(['10.0.0.2', 'fd00::2'])
    expect(addressesOfIp('')).toBe(null)
    expect(addressesOfIp('{}')).toBe(null)
  })

  test('of Node', () => {
    const info = (address: string) => ({ address }) as never
    expect(addressesOfNode({ lo: [info('127.0.0.1')], eth0: [info('192.0.2.2'), info('fe80::1')] })).toEqual([
      '192.0.2.2',
    ])
  })
})

describe('local', () => {
  test('lists a socket that this process listens on, connects to it, and knows its own namespace', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end('hi'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const reach = await openReach('local', { baseDir: '.' })
    try {
      expect(await reach.listeners()).toContainEqual(expect.objectContaining({ address: '127.0.0.1', port, family: 4 }))
      const got = await reach.connect({ host: '127.0.0.1', port })
      expect(got).toMatchObject({ outcome: 'connected', localAddress: '127.0.0.1' })
      if (got.outcome === 'connected') got.socket.destroy()
      expect(await reach.identity()).toMatchObject({
        bootId: expect.any(String),
        netns: expect.stringMatching(/^\d+$/),
      })
    } finally {
      server.close()
      await reach.close()
    }
  })
})

test('the usual ports are a thousand, ascending, the ones everybody knows among them', () => {
  expect(usualPorts).toHaveLength(1_000)
  expect(usualPorts).toEqual(usualPorts.toSorted((a, b) => a - b))
  expect(new Set(usualPorts).size).toBe(1_000)
  expect(usualPorts).toEqual(expect.arrayContaining([22, 80, 443, 3306, 5432, 8080, 8443]))
})
