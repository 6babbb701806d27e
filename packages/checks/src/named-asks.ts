/** Questions under right and wrong names, to find out who answers when nobody was meant. Pure. */
import { type Backend, type Edge, type Endpoint, isIpv6 } from '@lockgate/model'
import { type Ask, authorityOf, servernameOf } from './ask.ts'
import { listenEndpoints } from './edge-endpoints.ts'

/** A name that nobody has (RFC 6761 §6.4). */
export const unlistedName = 'unlisted.lockgate.invalid'

const inHostHeader = (name: string) => (isIpv6(name) ? `[${name}]` : name)

const schemesAt = (port: number): readonly ('http' | 'https')[] =>
  port === 443 ? ['https'] : port === 80 ? ['http'] : ['http', 'https']

/** The backend's own address, asked for its public name, for its own, and for one that nobody has. */
export function directAsks(backend: Backend, endpoint: Endpoint, path: string): readonly Ask[] {
  const { public: origin, upstream } = backend
  const names = [
    { host: authorityOf(origin), servername: servernameOf(origin.host) },
    { host: unlistedName, servername: unlistedName },
    { host: authorityOf(upstream), servername: servernameOf(upstream.host) },
  ]
  return schemesAt(endpoint.port).flatMap((scheme) =>
    names.map((name) => ({ endpoint, scheme, path, verify: null, ...name })),
  )
}

/** Names under which nobody was promised an answer. */
function strangersTo({ upstream, hosts }: Backend, publicOrigins: readonly string[]): readonly string[] {
  const own = hosts.flatMap((one) => one.addresses.slice(0, 1)).map(inHostHeader)
  const names = [unlistedName, inHostHeader(upstream.host), authorityOf(upstream), ...own]
  const served = publicOrigins.map((one) => new URL(one).hostname)
  return [...new Set(names)].filter((one) => !served.includes(new URL(`http://${one}`).hostname))
}

/** The edge, asked for names that it was not told to serve, without a server name and with a wrong one. */
export function edgeAsks(backend: Backend, edge: Edge, publicOrigins: readonly string[], path: string): readonly Ask[] {
  const { public: origin } = backend
  return (['http', 'https'] as const).flatMap((scheme) =>
    listenEndpoints(edge, (one) => one.scheme === scheme).flatMap((endpoint): readonly Ask[] => {
      const base = { endpoint, scheme, path, verify: null }
      const nameless = strangersTo(backend, publicOrigins).map((host) => ({ ...base, host, servername: null }))
      if (scheme === 'http') return nameless
      return [
        ...nameless,
        { ...base, host: unlistedName, servername: unlistedName },
        { ...base, host: authorityOf(origin), servername: unlistedName },
        { ...base, host: unlistedName, servername: servernameOf(origin.host) },
      ]
    }),
  )
}
