/** What becomes of the published ports of a compose file so that users no longer reach the upstream ports. */
import { type Backend, type Gap, type HostModel, isIpAddress } from '@lockgate/model'
import { backendGap, hostGap, shownUpstream } from '../file-gap.ts'
import { isMapping, listAt, type Mapping } from '../yaml-documents.ts'
import { type PublishedPort, readPublishedPort } from './published-port.ts'

export interface ServiceOverride {
  readonly service: string
  /** All ports that the service goes on publishing. */
  readonly ports: readonly (Mapping | string)[]
  readonly expose: readonly string[]
}

export interface Rebinding {
  readonly overrides: readonly ServiceOverride[]
  readonly gaps: readonly Gap[]
}

type Fate =
  | { readonly kind: 'keep' }
  | { readonly kind: 'bind'; readonly address: string; readonly gap: Gap | null }
  | { readonly kind: 'drop' }

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.')
const covers = ([first, last]: readonly [number, number], port: number): boolean => first <= port && port <= last
const textOf = ([first, last]: readonly [number, number]): string => (first === last ? `${first}` : `${first}-${last}`)

function bindTo(backend: Backend): Fate {
  const { host } = backend.upstream
  const because = `${shownUpstream(backend.upstream)} stays published where users may reach it; put the edge on this host with a loopback upstream, or close it by nftables`
  return {
    kind: 'bind',
    address: host,
    gap: isLoopback(host) ? null : backendGap(backend.id, 'firewall-compose', because),
  }
}

/** A port that no backend has and that is not to be closed is left alone. */
function fateOf(model: HostModel, port: PublishedPort): Fate {
  const { host, backends } = model
  const { published } = port
  if (port.protocol !== 'tcp') return { kind: 'keep' }
  if (published === null) return host.others === 'close' ? { kind: 'drop' } : { kind: 'keep' }
  const backend = backends.find((one) => isIpAddress(one.upstream.host) && covers(published, one.upstream.port))
  if (backend) return bindTo(backend)
  if (host.close.some((one) => covers(published, one))) return { kind: 'drop' }
  const kept = host.others === 'report' || host.keep.some((one) => covers(published, one))
  return kept ? { kind: 'keep' } : { kind: 'drop' }
}

/** A range has no long form. */
function printable(port: PublishedPort, hostIp: string | null): Mapping | string {
  const { target, published, protocol } = port
  if (target[0] !== target[1]) {
    const address = hostIp === null ? '' : `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:`
    return `${address}${published ? textOf(published) : ''}:${textOf(target)}/${protocol}`.replace(/^:/, '')
  }
  return {
    target: target[0],
    ...(published ? { published: textOf(published) } : {}),
    ...(hostIp === null ? {} : { host_ip: hostIp }),
    protocol,
  }
}

/** The edge is a container of the same network and asks the service by its name: no port needs to be published. */
function innerFate(model: HostModel, service: string, port: PublishedPort): Fate | null {
  const inner = model.backends.some(
    (one) => one.upstream.host === service && covers(port.target, one.upstream.port) && port.protocol === 'tcp',
  )
  return inner ? { kind: 'drop' } : null
}

function rebindService(model: HostModel, service: string, definition: Mapping): Rebinding {
  const gaps: Gap[] = []
  const ports: (Mapping | string)[] = []
  const expose: string[] = []
  let changed = false
  if (definition.network_mode === 'host')
    gaps.push(
      hostGap(
        'firewall-compose',
        `${service} uses the host's network, where compose closes no port; close it by nftables`,
        true,
      ),
    )
  for (const entry of listAt(definition, 'ports')) {
    const port = readPublishedPort(entry)
    if (!port) {
      gaps.push(
        hostGap(
          'firewall-compose',
          `${service}: the port ${JSON.stringify(entry)} is not understood; write numbers`,
          true,
        ),
      )
      return { overrides: [], gaps }
    }
    const fate = innerFate(model, service, port) ?? fateOf(model, port)
    if (fate.kind === 'bind' && fate.gap) gaps.push(fate.gap)
    const hostIp = fate.kind === 'bind' ? fate.address : port.hostIp
    if (fate.kind === 'drop') expose.push(textOf(port.target))
    else ports.push(printable(port, hostIp))
    changed ||= fate.kind === 'drop' || hostIp !== port.hostIp
  }
  return { overrides: changed ? [{ service, ports, expose }] : [], gaps }
}

/** Upstreams that no service publishes or is named like: nothing in the file closes them. */
function unmatched(model: HostModel, services: Mapping): readonly Gap[] {
  const all = Object.entries(services).flatMap(([name, definition]) =>
    listAt(definition, 'ports').map((entry) => ({ name, port: readPublishedPort(entry) })),
  )
  return model.backends
    .filter(({ upstream }) => services[upstream.host] === undefined)
    .filter(({ upstream }) => !all.some(({ port }) => port?.published && covers(port.published, upstream.port)))
    .map((one) =>
      backendGap(
        one.id,
        'firewall-compose',
        `no service of the file publishes port ${one.upstream.port}; nothing in it closes ${shownUpstream(one.upstream)}`,
      ),
    )
}

export function rebind(model: HostModel, services: Mapping): Rebinding {
  const each = Object.entries(services).map(([name, definition]) =>
    rebindService(model, name, isMapping(definition) ? definition : {}),
  )
  return {
    overrides: each.flatMap((one) => one.overrides),
    gaps: [...each.flatMap((one) => one.gaps), ...unmatched(model, services)],
  }
}
