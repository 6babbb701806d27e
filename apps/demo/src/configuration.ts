/** The demo company's lockgate.yaml. */
import { join } from 'node:path'
import { stringify } from 'yaml'
import { applications } from './applications.ts'
import type { Place } from './network.ts'

export const loginHost = 'login.acme.test'
export const providerHost = 'idp.acme.test'
export const providerPort = 8443

/** Which place each name of the company leads to. */
export const names: Readonly<Record<string, string>> = {
  ...Object.fromEntries(applications.map(({ id }) => [`${id}.acme.test`, 'edge'])),
  [loginHost]: 'edge',
  [providerHost]: 'idp',
}

export interface EngineSetting {
  readonly plane: 'builtin' | 'nginx'
  readonly config: string
  readonly test?: readonly string[]
  readonly reload?: readonly string[]
}

export interface Paths {
  readonly folder: string
  /** Of the edge's certificate. */
  readonly certificate: string
  readonly key: string
  readonly ca: string
  readonly clientSecret: string
}

const origin = (host: string): string => `https://${host}`

const identity = ({ ca, clientSecret }: Paths) => ({
  origin: origin(loginHost),
  issuer: `${origin(providerHost)}:${providerPort}`,
  client: { id: 'lockgate', secret: { file: clientSecret } },
  mfa: { acr: ['2'], amr: ['mfa'] },
  session: { idle: '30m', absolute: '12h', pass: '60s' },
  ca,
})

export function writeConfiguration(
  paths: Paths,
  places: Readonly<Record<string, Place>>,
  engine: EngineSetting,
): string {
  const { folder, certificate, key, ca } = paths
  const at = (name: string): Place => places[name] as Place
  const edge = at('edge')
  return stringify({
    version: 1,
    organisation: 'Acme, the demo company',
    gate: { maxAge: '24h', sweep: 'usual' },
    edges: [
      {
        id: 'front',
        via: { netns: edge.netns },
        addresses: [edge.ipv4, edge.ipv6],
        listen: ['http', 'https'].flatMap((scheme) => {
          const port = scheme === 'http' ? 80 : 443
          return [`${scheme}://${edge.ipv4}:${port}`, `${scheme}://[${edge.ipv6}]:${port}`]
        }),
        tls: { certificate, key, ca },
        ...engine,
      },
    ],
    backends: applications.map(({ id, ...more }) => {
      const host = at(id)
      return {
        id,
        edge: 'front',
        public: origin(`${id}.acme.test`),
        upstream: `http://${host.ipv4}:8080`,
        host: {
          via: { netns: host.netns },
          addresses: [host.ipv4, host.ipv6],
          firewall: { nftables: join(folder, 'hosts', id, 'lockgate.nft') },
          ...(id === 'payroll' ? { close: [9229] } : {}),
        },
        source: `company/${id}`,
        identity: 'assertion',
        ...more,
      }
    }),
    'not-brokered': [{ what: 'postgres 10.77.3.30:5432', owner: 'dba@acme.test', reason: 'no HTTP' }],
    vantages: [
      { id: 'office', stands: 'users', via: { netns: at('users').netns } },
      { id: 'neighbour', stands: 'peers', via: { netns: at('neighbour').netns } },
      { id: 'front', stands: 'proxy', via: { netns: edge.netns } },
    ],
    identity: identity(paths),
    gateway: {
      listen: [`unix:${join(folder, 'edge', 'gateway.sock')}`],
      store: 'sqlite',
      state: join(folder, 'edge', 'state'),
    },
  })
}
