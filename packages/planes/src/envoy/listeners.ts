/** Listeners: one for each address, on https with one filter chain for each certificate. */
import { type Backend, type EdgeModel, generationHost, hostPort, isIpAddress, type Origin } from '@lockgate/model'
import { anyKeyPair, keyPairOf, servingListeners } from '../tree/edge-listeners.ts'
import { servesLogin } from '../tree/identity.ts'
import { connectionManager } from './connection-manager.ts'
import { generationVirtualHost } from './generation.ts'
import { identityFilters } from './identity-filters.ts'
import { loginVirtualHost } from './login-host.ts'
import { typed, typeUrl } from './type-url.ts'
import { backendVirtualHost, otherVirtualHost, redirectVirtualHost, type Serving } from './virtual-hosts.ts'

export interface Rendering extends Serving {
  readonly generation: string
}

interface KeyPair {
  readonly certificate: string
  readonly key: string
}

const bodyLimitsOf = ({ model, limits }: Rendering): readonly number[] =>
  limits ? [...new Set(model.backends.map((one) => one.bodyLimit))].sort((a, b) => a - b) : []

const managerOf = (rendering: Rendering, name: string, virtualHosts: readonly object[]) =>
  connectionManager(rendering.model.edge, {
    name,
    identityFilters: identityFilters(rendering.model),
    generation: rendering.generation,
    virtualHosts: [
      ...virtualHosts,
      generationVirtualHost(rendering.generation, rendering.model.identity ?? null),
      otherVirtualHost,
    ],
    bodyLimits: bodyLimitsOf(rendering),
  })

export const tlsOf = ({ certificate, key }: KeyPair) =>
  typed('envoy.transport_sockets.tls', 'downstreamTls', {
    common_tls_context: {
      tls_params: { tls_minimum_protocol_version: 'TLSv1_2' },
      alpn_protocols: ['h2', 'http/1.1'],
      tls_certificates: [{ certificate_chain: { filename: certificate }, private_key: { filename: key } }],
    },
  })

/**
 * https backends whose names no backend has on this http listener: a user who types the name without a scheme arrives
 * here. Of several with one name, the first is where such a user is sent.
 */
function redirectsAt({ backends }: EdgeModel, listen: Origin): readonly Backend[] {
  const taken = new Set(
    backends.flatMap(({ public: { scheme, host, port } }) => (scheme === 'http' && port === listen.port ? [host] : [])),
  )
  const secure = backends.filter((one) => one.public.scheme === 'https' && !taken.has(one.public.host))
  return [...new Map(secure.toReversed().map((one) => [one.public.host, one])).values()].toReversed()
}

function httpChains(rendering: Rendering, listen: Origin) {
  const { edge, backends } = rendering.model
  const served = backends.filter((one) => servingListeners(edge, one).includes(listen))
  const hosts = [
    ...served.map((one) => backendVirtualHost(rendering, one, listen)),
    ...redirectsAt(rendering.model, listen).map((one) => redirectVirtualHost(one, listen)),
  ]
  return [{ filters: [managerOf(rendering, nameOf(listen), hosts)] }]
}

/** The login origin, where this listener serves it. */
function loginOf(model: EdgeModel, listen: Origin): Origin | null {
  const origin = model.identity?.settings.origin
  const isHere = origin && servesLogin(model) && origin.scheme === listen.scheme && origin.port === listen.port
  return isHere ? origin : null
}

/** No chain takes a name that is not listed, and Envoy closes a connection that no chain takes. */
function httpsChains(rendering: Rendering, listen: Origin) {
  const { edge, backends } = rendering.model
  const served = backends.filter((one) => servingListeners(edge, one).includes(listen) && !isIpAddress(one.public.host))
  const pairs = new Map<string, { pair: KeyPair; names: string[]; hosts: object[] }>()
  const chainOf = (pair: KeyPair) => {
    const key = `${pair.certificate} ${pair.key}`
    const chain = pairs.get(key) ?? { pair, names: [], hosts: [] }
    pairs.set(key, chain)
    return chain
  }
  const own = anyKeyPair(edge)
  if (own) chainOf(own).names.push(generationHost(rendering.generation))
  for (const backend of served) {
    const pair = keyPairOf(edge, backend.public.host)
    if (!pair) continue
    const chain = chainOf(pair)
    chain.names.push(backend.public.host)
    chain.hosts.push(backendVirtualHost(rendering, backend, listen))
  }
  const login = loginOf(rendering.model, listen)
  const pair = login && keyPairOf(edge, login.host)
  if (login && pair) {
    const chain = chainOf(pair)
    chain.names.push(login.host)
    chain.hosts.push(loginVirtualHost(login, listen))
  }
  return [...pairs.values()].map(({ pair, names, hosts }, index) => ({
    name: `${nameOf(listen)} ${index}`,
    filter_chain_match: { server_names: names },
    transport_socket: tlsOf(pair),
    filters: [managerOf(rendering, `${nameOf(listen)} ${index}`, hosts)],
  }))
}

const nameOf = (listen: Origin): string => `lockgate ${hostPort(listen.host, listen.port)}`

export const listenersOf = (rendering: Rendering) =>
  rendering.model.edge.listen.map((listen) => ({
    '@type': typeUrl.listener,
    name: nameOf(listen),
    address: { socket_address: { address: listen.host, port_value: listen.port } },
    per_connection_buffer_limit_bytes: 65_536,
    ...(listen.scheme === 'https'
      ? {
          listener_filters: [typed('envoy.filters.listener.tls_inspector', 'tlsInspector')],
          filter_chains: httpsChains(rendering, listen),
        }
      : { filter_chains: httpChains(rendering, listen) }),
  }))
