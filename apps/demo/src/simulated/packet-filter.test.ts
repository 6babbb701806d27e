import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { judge, unknownRule } from './packet-filter.ts'

const golden = '../../../../packages/planes/src/firewall/nftables/testdata/two-edges.nft'
const table = readFileSync(new URL(golden, import.meta.url), 'utf8')

test.each([
  ['an edge at an upstream port', '10.10.0.2', '10.20.0.11', 8080, 'accept'],
  ['a user at an upstream port', '10.30.0.5', '10.20.0.11', 8080, 'reject'],
  ['an edge over IPv6', 'fd00:10::2', 'fd00:20::11', 8080, 'accept'],
  ['a user over IPv6', 'fd00:30::5', 'fd00:20::11', 8080, 'reject'],
  ['an edge of a network at its own port', '10.11.0.77', '10.20.0.11', 8082, 'accept'],
  ['an edge at the port of another edge', '10.10.0.2', '10.20.0.11', 8082, 'reject'],
  ['a user at a kept port', '10.30.0.5', '10.20.0.11', 22, 'accept'],
  ['a user at a port that nobody named', '10.30.0.5', '10.20.0.11', 9999, 'reject'],
] as const)('%s', (_, source, destination, port, expected) => {
  expect(judge(table, { source, destination, port })).toBe(expected)
})

test('knows every form of rule that Lockgate writes, and says which one it does not know', () => {
  expect(unknownRule(table)).toBeNull()
  expect(unknownRule(table.replace('tcp dport { 22 } accept', 'udp dport { 53 } accept'))).toBe(
    'udp dport { 53 } accept',
  )
})
