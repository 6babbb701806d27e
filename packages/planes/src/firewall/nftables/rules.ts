/**
 * The rules of one host: who may open a TCP connection to its upstream ports.
 * Only a connection's first packet (SYN without ACK) is judged, so what was open when the rules came goes on, with
 * or without conntrack. `ct` in the chain `translated` switches on the kernel's defragmentation for all of them: no
 * first packet hides in small fragments (RFC 3128).
 */
import { type HostModel, isIpAddress } from '@lockgate/model'
import { type GuardedPort, keptPorts, type PortGroup, portGroups } from '../guarded-ports.ts'
import { type Networks, networksOf } from '../networks.ts'
import { type Chain, fixedChain, fixedRule, type Rule, type Ruleset, rule, type Word } from './ruleset.ts'

export const tableName = 'lockgate'

const tableRules = {
  lo: fixedRule('iifname', '"lo"', 'accept'),
  notFirst: fixedRule('tcp', 'flags', '&', '(', 'syn', '|', 'ack', ')', '!=', 'syn', 'accept'),
  notTcp: fixedRule('meta', 'l4proto', '!=', 'tcp', 'accept'),
  localUpstreams: fixedRule('fib', 'daddr', 'type', 'local', 'jump', 'upstreams'),
  localOthers: fixedRule('fib', 'daddr', 'type', 'local', 'jump', 'others'),
  rejectTcp: fixedRule('meta', 'l4proto', 'tcp', 'reject', 'with', 'tcp', 'reset'),
  upstreams: fixedRule('jump', 'upstreams'),
} as const

const firstPacket: readonly Word[] = ['tcp', 'flags', '&', '(', 'syn', '|', 'ack', ')', '==', 'syn']

/** One rule a family: `WORDS ip saddr { … } accept`. */
const fromEdges = (words: readonly Word[], edges: Networks): readonly Rule[] => [
  ...(edges.v4.length > 0 ? [rule(...words, 'ip', 'saddr', edges.v4, 'accept')] : []),
  ...(edges.v6.length > 0 ? [rule(...words, 'ip6', 'saddr', edges.v6, 'accept')] : []),
]

export const allowedRules = ({ ports, edges }: PortGroup): readonly Rule[] => fromEdges(['tcp', 'dport', ports], edges)

const upstreamsChain = (groups: readonly PortGroup[], guarded: readonly number[]): Chain => ({
  name: 'upstreams',
  why: 'Upstream ports, and those in close: the edges only.',
  hook: null,
  rules: [
    ...groups.flatMap(allowedRules),
    ...(guarded.length > 0 ? [rule('tcp', 'dport', guarded, 'reject', 'with', 'tcp', 'reset')] : []),
  ],
})

const nothingElse = fixedChain({
  name: 'others',
  why: 'others: report. Nothing else is closed here.',
  hook: null,
  rules: [],
})

const everythingBut = (kept: readonly number[]): Chain => ({
  name: 'others',
  why: 'others: close. Everything but keep.',
  hook: null,
  rules: [...(kept.length > 0 ? [rule('tcp', 'dport', kept, 'accept')] : []), tableRules.rejectTcp],
})

/** Addresses of the host, and those that upstreams are asked at, which may be a container's. */
export const guardedAddresses = ({ host, backends }: RulesModel): Networks =>
  networksOf([...host.addresses, ...backends.map((one) => one.upstream.host).filter(isIpAddress)])

/** Before DNAT and after conntrack: a published port is still the one that the client asked for. */
const arrivingChain = ({ host }: RulesModel, all: Networks): Chain => {
  const own = networksOf(host.addresses)
  const at = (networks: Networks, chain: string) => [
    ...(networks.v4.length > 0 ? [rule('ip', 'daddr', networks.v4, 'jump', chain)] : []),
    ...(networks.v6.length > 0 ? [rule('ip6', 'daddr', networks.v6, 'jump', chain)] : []),
  ]
  return {
    name: 'arriving',
    why: 'What is sent to this host, before any DNAT.',
    hook: { name: 'prerouting', priority: -150 },
    rules: [
      tableRules.lo,
      tableRules.notFirst,
      tableRules.notTcp,
      ...at(all, 'upstreams'),
      tableRules.localUpstreams,
      ...at(own, 'others'),
      tableRules.localOthers,
    ],
  }
}

/**
 * A port that was published under another number, or at an address that is not this host's, leads here too.
 * One rule a port: nft 1.0.6 lists a set of `ct original proto-dst` in a form that it can't read back.
 */
const translatedChain = (groups: readonly PortGroup[], kept: readonly number[]): Chain => {
  const asked = (port: number): readonly Word[] => ['meta', 'l4proto', 'tcp', 'ct', 'original', 'proto-dst', port]
  return {
    name: 'translated',
    why: 'First packets after DNAT: accepted by the port that was asked for, else judged by the one they lead to.',
    hook: null,
    rules: [
      ...kept.map((port) => rule(...asked(port), 'accept')),
      ...groups.flatMap(({ ports, edges }) => ports.flatMap((port) => fromEdges(asked(port), edges))),
      tableRules.upstreams,
    ],
  }
}

const fromDnat = fixedRule('ct', 'status', 'dnat', ...firstPacket, 'jump', 'translated')

const afterDnat = (name: string, hook: 'input' | 'forward', why: string): Chain =>
  fixedChain({ name, why, hook: { name: hook, priority: -10 }, rules: [tableRules.lo, fromDnat] })

const judgedAfterDnat: readonly Chain[] = [
  afterDnat('entering', 'input', 'DNAT or REDIRECT to a socket of this host.'),
  afterDnat('passing', 'forward', 'DNAT to a container or another machine behind this host.'),
]

/** What rules are made of; what else is known of a host does not show in them. */
export type RulesModel = Pick<HostModel, 'backends'> & {
  readonly host: Pick<HostModel['host'], 'addresses' | 'keep' | 'close' | 'others'>
}

/** Pure. `generation` stands in the rules as a comment, so that the live rules show which ones they are. */
export function rulesOf(model: RulesModel, guarded: readonly GuardedPort[], generation: string): Ruleset {
  const groups = portGroups(guarded)
  const kept = keptPorts(model.host.keep, guarded)
  const generationChain: Chain = {
    name: 'generation',
    why: 'Which rules these are.',
    hook: null,
    rules: [{ words: ['return'], comment: generation }],
  }
  return {
    table: tableName,
    chains: [
      generationChain,
      upstreamsChain(
        groups,
        guarded.map((one) => one.port),
      ),
      model.host.others === 'close' ? everythingBut(kept) : nothingElse,
      arrivingChain(model, guardedAddresses(model)),
      translatedChain(groups, kept),
      ...judgedAfterDnat,
    ],
  }
}
