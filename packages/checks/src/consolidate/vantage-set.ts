/** Whether the vantages are worth asking: users among them, none privileged, and all of them shut out. */
import { type Backend, type Check, type Io, isIpAddress, type VantageIo } from '@lockgate/model'
import { isAmong, isWildcard, uniqueAddresses } from '../address.ts'
import { backendAddresses, closedEndpoints } from '../backend-addresses.ts'
import { addressesOf } from '../host-sight.ts'
import { type Knock, knockFromVantage } from '../knock.ts'
import { visibility } from '../mapping.ts'
import { edgeKnocks } from '../route-control.ts'
import { standingAt } from '../standing-at.ts'
import { verdictOf } from '../verdict.ts'

export type VantageSetFacts = {
  /** Addresses and networks that are let through to backends because an edge stands there. */
  readonly privileged: readonly string[]
  readonly vantages: readonly {
    readonly id: string
    readonly stands: string
    /** Source addresses of its connections to the edge. */
    readonly sources: readonly string[]
    /** Its interface addresses, or why they are not known. */
    readonly addresses: readonly string[] | { readonly unseen: string }
    readonly edge: readonly Knock[]
    readonly backend: readonly Knock[]
  }[]
}

async function lookFrom(backend: Backend, io: Io) {
  const { vantage, reach } = io.at
  const { addresses } = await backendAddresses(backend, io)
  const [edge, knocks, own] = await Promise.all([
    edgeKnocks(io),
    knockFromVantage(closedEndpoints(backend, addresses), io),
    addressesOf(reach, `vantage ${vantage.id}`, io),
  ])
  return {
    id: vantage.id,
    stands: vantage.stands,
    sources: uniqueAddresses(edge.flatMap((one) => one.from ?? [])),
    addresses: 'seen' in own ? own.seen : own,
    edge,
    backend: knocks,
  }
}

const privilegedOf = (io: Io): readonly string[] => [
  ...new Set(
    io.edges.flatMap(({ edge }) => [
      ...edge.addresses,
      ...edge.listen.map((one) => one.host).filter((host) => isIpAddress(host) && !isWildcard(host)),
    ]),
  ),
]

type Seen = VantageSetFacts['vantages'][number]

function errorsOf(one: Seen, privileged: readonly string[]): readonly string[] {
  const known = 'unseen' in one.addresses ? [] : (one.addresses as readonly string[])
  const stolen = [...new Set([...one.sources, ...known])].filter((address) => isAmong(address, privileged))
  if (!one.edge.some((knock) => knock.outcome === 'connected'))
    return [`${one.id} reaches no address of the edge, so what it can't reach proves nothing`]
  const failed = one.backend.filter((knock) => knock.outcome === 'failed')
  return [
    ...stolen.map(
      (address) => `${one.id} stands at ${address}, which is let through as an edge: it sees what users don't`,
    ),
    ...(one.sources.length === 0 && 'unseen' in one.addresses
      ? [`where ${one.id} stands could not be told: ${one.addresses.unseen}`]
      : []),
    ...failed.map((knock) => `${one.id} could not be asked about ${knock.target}: ${knock.detail}`),
  ]
}

export const vantageSet: Check<VantageSetFacts> = {
  id: 'consolidate.vantage-set',
  title: 'Vantage points stand where users stand, have no privilege, and all are shut out',
  severity: 'blocker',
  per: 'backend',
  maps: visibility,
  fix: 'consolidate.md#vantage-set',
  probe: async (backend: Backend, io: Io) => ({
    privileged: privilegedOf(io),
    vantages: await Promise.all(io.vantages.map((one: VantageIo) => lookFrom(backend, standingAt(io, one)))),
  }),
  judge({ vantages, privileged }) {
    const open = vantages.flatMap((one) =>
      one.backend.filter((knock) => knock.outcome === 'connected').map((knock) => ({ from: one.id, to: knock.target })),
    )
    const noUsers = vantages.some((one) => one.stands === 'users')
      ? []
      : ['no vantage stands with users; add one with stands: users to lockgate.yaml']
    return verdictOf(
      open.map(({ from, to }) => `${to} accepts connections from ${from}`),
      [...noUsers, ...vantages.flatMap((one) => errorsOf(one, privileged))],
    )
  },
}
