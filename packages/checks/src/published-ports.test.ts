import { expect, test } from 'vitest'
import { publishedByIptables, publishedByNft, publishedByRuntime } from './published-ports.ts'

const rule = (...expr: unknown[]) =>
  JSON.stringify({ nftables: [{ metainfo: {} }, { rule: { family: 'ip', table: 'nat', chain: 'pre', expr } }] })
const dport = (right: unknown, op = '==') => ({
  match: { op, left: { payload: { protocol: 'tcp', field: 'dport' } }, right },
})
const dnat = { dnat: { addr: '172.17.0.2', port: 80 } }

test.each([
  ['a port', rule(dport(8080), dnat), [[8080, 8080, '172.17.0.2 port 80']]],
  [
    'a set of ports and ranges',
    rule(dport({ set: [80, { range: [90, 99] }] }), dnat),
    [
      [80, 80, '172.17.0.2 port 80'],
      [90, 99, '172.17.0.2 port 80'],
    ],
  ],
  ['a redirection', rule(dport(80), { redirect: { port: 8080 } }), [[80, 80, 'port 8080']]],
  ['every port', rule(dnat), [[1, 65_535, '172.17.0.2 port 80']]],
  [
    'a map',
    rule({
      dnat: {
        addr: {
          map: {
            key: {},
            data: {
              set: [
                [80, '10.0.0.2'],
                [81, '10.0.0.3'],
              ],
            },
          },
        },
      },
    }),
    [
      [80, 80, 'a map'],
      [81, 81, 'a map'],
    ],
  ],
  ['UDP', rule({ match: { op: '==', left: { payload: { protocol: 'udp', field: 'dport' } }, right: 53 } }, dnat), []],
  ['no translation', rule(dport(80), { accept: null }), []],
] as const)('nft: %s', (_title, output, expected) => {
  const { published, unread } = publishedByNft(output)
  expect(published.map((one) => [one.from, one.to, one.leads])).toEqual(expected)
  expect(unread).toEqual([])
})

test.each([
  ['a named set', rule(dport('@ports'), dnat)],
  ['every port but some', rule(dport(22, '!='), dnat)],
  ["iptables' own target", rule({ xt: { type: 'target', name: 'DNAT' } })],
])('nft, not readable: %s', (_title, output) => {
  expect(publishedByNft(output)).toMatchObject({ published: [], unread: [expect.stringContaining('nft table ip nat')] })
})

const docker = `*nat
:DOCKER - [0:0]
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER ! -i docker0 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.3:53
-A PREROUTING -p tcp -m multiport --dports 80,8000:8010 -j REDIRECT --to-ports 3000
COMMIT
`

test('iptables-save as Docker leaves it', () => {
  const { published, unread } = publishedByIptables(docker, 'iptables-save')
  expect(published.map((one) => [one.from, one.to, one.leads])).toEqual([
    [8080, 8080, '172.17.0.2:80'],
    [80, 80, '3000'],
    [8000, 8010, '3000'],
  ])
  expect(unread).toEqual([])
})

test('docker ps', () => {
  const output =
    'web\t0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 9000/tcp\nrange\t0.0.0.0:7000-7002->7000-7002/tcp, 0.0.0.0:53->53/udp\nnone\t\n'
  expect(publishedByRuntime(output, 'docker').published.map((one) => [one.from, one.to, one.leads])).toEqual([
    [8080, 8080, 'port 80 of web'],
    [8080, 8080, 'port 80 of web'],
    [7000, 7002, 'port 7000 of range'],
  ])
})
