/** What the backend listens on: an address that users have no business with is better than a rule that keeps them out. */
import { type Backend, type Check, type HostIo, hostPort, type Io } from '@lockgate/model'
import { isWildcard } from '../address.ts'
import { listenersOf } from '../host-sight.ts'
import { segmentation } from '../mapping.ts'
import { verdictOf } from '../verdict.ts'

export type BindAddressFacts = {
  readonly hosts: readonly {
    readonly host: string
    readonly sockets: readonly {
      readonly address: string
      readonly port: number
      readonly dualStack: boolean | null
      readonly process: string | null
    }[]
    readonly unseen: string | null
  }[]
}

async function ofHost(one: HostIo, backend: Backend, io: Io): Promise<BindAddressFacts['hosts'][number]> {
  const listeners = await listenersOf(one, io)
  if ('unseen' in listeners) return { host: one.host.id, sockets: [], unseen: listeners.unseen }
  const ports = [backend.upstream.port, ...one.host.close]
  const sockets = listeners.seen
    .filter((socket) => ports.includes(socket.port))
    .map(({ address, port, dualStack, process }) => ({ address, port, dualStack, process }))
  return { host: one.host.id, sockets, unseen: null }
}

type Seen = BindAddressFacts['hosts'][number]

function failuresOf(one: Seen): readonly string[] {
  return one.sockets
    .filter((socket) => isWildcard(socket.address))
    .map((socket) => {
      const both = socket.address === '::' && socket.dualStack !== false ? ', IPv4 among them' : ''
      const by = socket.process === null ? '' : ` by ${socket.process}`
      return `${one.host}: ${hostPort(socket.address, socket.port)} is bound${by}, which is every address${both}; bind it to loopback or the address that the edge asks`
    })
}

function errorsOf(one: Seen, backend: Backend): readonly string[] {
  if (one.unseen !== null) return [`the listening sockets of ${one.host} could not be read: ${one.unseen}`]
  return one.sockets.some((socket) => socket.port === backend.upstream.port)
    ? []
    : [`nothing listens on port ${backend.upstream.port} at ${one.host}, so the inventory and the host disagree`]
}

export const bindAddress: Check<BindAddressFacts> = {
  id: 'consolidate.bind-address',
  title: 'The backend listens on loopback or on the one address that the edge asks',
  severity: 'warning',
  per: 'backend',
  maps: segmentation,
  fix: 'consolidate.md#bind-address',
  warningWhile: 'consolidate.tcp-direct',
  probe: async (backend, io) => ({ hosts: await Promise.all(io.hosts.map((one) => ofHost(one, backend, io))) }),
  judge: ({ hosts }, backend) =>
    verdictOf(
      hosts.flatMap(failuresOf),
      hosts.flatMap((one) => errorsOf(one, backend)),
    ),
}
