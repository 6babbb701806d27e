/** Names that the backend had formerly: they are gone, or lead to the edge. */
import { type Check, hostPort, type Io, isIpAddress } from '@lockgate/model'
import { isAmong, isWildcard, uniqueAddresses } from '../address.ts'
import { dnsAsk } from '../dns-ask.ts'
import { resolveThere } from '../host-sight.ts'
import { look } from '../interrupt.ts'
import { traffic } from '../mapping.ts'
import { skip, verdictOf } from '../verdict.ts'

export type OldDnsFacts = {
  readonly vantage: string
  /** Where the edges take requests. */
  readonly edges: readonly string[]
  /** Whether the vantage's own resolver knows the public name: it says the same of a name that is gone and of a network that is down. */
  readonly resolves: boolean
  readonly names: readonly {
    readonly name: string
    readonly sources: readonly {
      /** `10.0.0.53 A`, or `getent` for the vantage's own resolver and hosts file. */
      readonly source: string
      readonly addresses: readonly string[]
      readonly ttl: number | null
      /** Why there is no answer. */
      readonly unseen: string | null
    }[]
  }[]
}

type Source = OldDnsFacts['names'][number]['sources'][number]

const resolverMs = 3_000
const noSuchName: readonly string[] = ['NXDOMAIN', 'NOERROR']

async function byResolver(name: string, resolver: string, type: 'A' | 'AAAA', io: Io): Promise<Source> {
  const source = `${resolver} ${type}`
  const looked = await look(io, async () => {
    const connected = await io.at.reach.connect(
      { host: resolver, port: 53 },
      { timeoutMs: resolverMs, signal: io.signal },
    )
    if (connected.outcome !== 'connected')
      throw new Error(`${hostPort(resolver, 53)} over TCP: ${connected.outcome} (${connected.detail})`)
    const answer = await dnsAsk(connected.socket, name, type, type === 'A' ? 1 : 2, io.signal)
    if (!noSuchName.includes(answer.rcode)) throw new Error(`${resolver} answers ${answer.rcode}`)
    return answer
  })
  if ('unseen' in looked) return { source, addresses: [], ttl: null, unseen: looked.unseen }
  return { source, addresses: uniqueAddresses(looked.seen.addresses), ttl: looked.seen.ttl, unseen: null }
}

/** Also sees hosts files, which no resolver knows. */
async function byGetent(name: string, io: Io): Promise<Source> {
  const found = await resolveThere(io.at.reach, `vantage ${io.at.vantage.id}`, name, io)
  return 'seen' in found
    ? { source: 'getent', addresses: found.seen, ttl: null, unseen: null }
    : { source: 'getent', addresses: [], ttl: null, unseen: found.unseen }
}

async function lookUp(name: string, io: Io): Promise<OldDnsFacts['names'][number]> {
  const asked = io.resolvers.flatMap((resolver) => [
    byResolver(name, resolver, 'A', io),
    byResolver(name, resolver, 'AAAA', io),
  ])
  return { name, sources: await Promise.all([...asked, byGetent(name, io)]) }
}

const edgeAddresses = (io: Io): readonly string[] => [
  ...new Set(
    io.edges.flatMap(({ edge }) => [
      ...edge.addresses,
      ...edge.listen.map((one) => one.host).filter((host) => isIpAddress(host) && !isWildcard(host)),
    ]),
  ),
]

function failuresOf(facts: OldDnsFacts): readonly string[] {
  return facts.names.flatMap(({ name, sources }) =>
    sources.flatMap((one) =>
      one.addresses
        .filter((address) => !isAmong(address, facts.edges))
        .map(
          (address) =>
            `${name} still leads ${facts.vantage} to ${address} (${one.source}${one.ttl === null ? '' : `, cached for up to ${one.ttl} s`})`,
        ),
    ),
  )
}

const byResolvers = (one: Source) => one.source !== 'getent' && one.unseen === null

/** A vantage without getent, or without DNS of its own, is no loss where the resolvers of lockgate.yaml were asked. */
function errorsOf(facts: OldDnsFacts, publicName: string): readonly string[] {
  return facts.names.flatMap(({ name, sources }) => {
    const asked = sources.some(byResolvers)
    const deaf = !asked && !facts.resolves && sources.some((one) => one.unseen === null && one.addresses.length === 0)
    return [
      ...sources
        .filter((one) => one.unseen !== null && (one.source !== 'getent' || !asked))
        .map((one) => `${name} could not be looked up from ${facts.vantage} (${one.source}): ${one.unseen}`),
      ...(deaf
        ? [
            `${facts.vantage} resolves ${publicName} no more than ${name}, so its resolver proves nothing; name resolvers in lockgate.yaml`,
          ]
        : []),
    ]
  })
}

export const oldDns: Check<OldDnsFacts> = {
  id: 'consolidate.old-dns',
  title: 'Former names of the backend are gone or lead to the edge',
  severity: 'blocker',
  per: 'vantage',
  maps: traffic,
  fix: 'consolidate.md#old-dns',
  skips: ['no-former-names'],
  async probe(backend, io) {
    const [names, own] = await Promise.all([
      Promise.all(backend.formerly.map((name) => lookUp(name, io))),
      backend.formerly.length === 0 ? null : byGetent(backend.public.host, io),
    ])
    const resolves = own !== null && own.addresses.length > 0 && !isIpAddress(backend.public.host)
    return { vantage: io.at.vantage.id, edges: edgeAddresses(io), resolves, names }
  },
  judge(facts, backend) {
    if (facts.names.length === 0) return skip('no-former-names', `${backend.id} lists none under formerly`)
    return verdictOf(failuresOf(facts), errorsOf(facts, backend.public.host))
  },
}
