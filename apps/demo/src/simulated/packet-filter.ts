/** Judges first packets by the rules that Lockgate writes for nftables: the few forms that they have, and no other. */
import { BlockList, isIPv6 } from 'node:net'

export interface Packet {
  readonly source: string
  readonly destination: string
  readonly port: number
}

type Verdict = 'accept' | 'reject' | 'return' | { readonly jump: string } | null

const setOf = (text: string): readonly string[] => text.split(',').map((one) => one.trim())

function holds(networks: string, address: string): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  for (const one of setOf(networks)) {
    const [network = '', length] = one.split('/')
    if (isIPv6(network) !== (family === 'ipv6')) continue
    if (length === undefined) list.addAddress(network, family)
    else list.addSubnet(network, Number(length), family)
  }
  return list.check(address, family)
}

const holdsPort = (ports: string, port: number): boolean => setOf(ports).includes(String(port))

interface Form {
  readonly rule: RegExp
  readonly judge: (match: RegExpExecArray, packet: Packet) => Verdict
}

/** A first TCP packet that comes from another host is what is judged, so what is said of others is passed over. */
const forms: readonly Form[] = [
  { rule: /^(?:iifname "lo"|tcp flags & \( syn \| ack \) != syn|meta l4proto != tcp) accept$/, judge: () => null },
  { rule: /^ct status dnat /, judge: () => null },
  { rule: /^return\b/, judge: () => 'return' },
  { rule: /^meta l4proto tcp reject with tcp reset$/, judge: () => 'reject' },
  { rule: /^fib daddr type local jump (\w+)$/, judge: ([, chain = '']) => ({ jump: chain }) },
  { rule: /^jump (\w+)$/, judge: ([, chain = '']) => ({ jump: chain }) },
  {
    rule: /^ip6? daddr \{ ([^}]*) \} jump (\w+)$/,
    judge: ([, networks = '', chain = ''], { destination }) => (holds(networks, destination) ? { jump: chain } : null),
  },
  {
    rule: /^tcp dport \{ ([^}]*) \} ip6? saddr \{ ([^}]*) \} accept$/,
    judge: ([, ports = '', networks = ''], { port, source }) =>
      holdsPort(ports, port) && holds(networks, source) ? 'accept' : null,
  },
  {
    rule: /^tcp dport \{ ([^}]*) \} (accept|reject)(?: with tcp reset)?$/,
    judge: ([, ports = '', verdict], { port }) => (holdsPort(ports, port) ? (verdict as 'accept' | 'reject') : null),
  },
]

type Chains = ReadonlyMap<string, readonly string[]>

export function chainsOf(table: string): Chains {
  const chains = new Map<string, readonly string[]>()
  for (const [, name = '', body = ''] of table.matchAll(/^\tchain (\w+) \{\n([\s\S]*?)^\t\}/gm))
    chains.set(
      name,
      body
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('type filter hook')),
    )
  return chains
}

/** Rules for translated packets, which this network does not have. */
const untranslated = (name: string): boolean => name !== 'translated'

/** A rule that has none of the known forms, or null. */
export function unknownRule(table: string): string | null {
  const rules = [...chainsOf(table)].filter(([name]) => untranslated(name)).flatMap(([, lines]) => lines)
  return rules.find((line) => !forms.some((one) => one.rule.test(line))) ?? null
}

function walk(chains: Chains, name: string, packet: Packet): 'accept' | 'reject' | null {
  for (const line of chains.get(name) ?? []) {
    const form = forms.find((one) => one.rule.test(line))
    if (!form) throw new Error(`the simulated packet filter does not know the rule: ${line}`)
    const verdict = form.judge(form.rule.exec(line) as RegExpExecArray, packet)
    if (verdict === 'return') return null
    if (verdict === 'accept' || verdict === 'reject') return verdict
    const inner = verdict ? walk(chains, verdict.jump, packet) : null
    if (inner !== null) return inner
  }
  return null
}

export const judge = (table: string, packet: Packet): 'accept' | 'reject' =>
  walk(chainsOf(table), 'arriving', packet) ?? 'accept'
