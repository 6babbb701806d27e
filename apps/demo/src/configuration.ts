/** The demo company's lockgate.yaml. */
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Place } from './network.ts'

export interface Applicant {
  readonly id: string
  readonly health: string
  readonly wave: string
  readonly owner: string
}

export const applications: readonly Applicant[] = [
  { id: 'payroll', health: '/healthz', wave: 'pilot', owner: 'hr-platform@acme.test' },
  { id: 'wiki', health: '/healthz', wave: 'pilot', owner: 'it@acme.test' },
  { id: 'orders', health: '/health', wave: 'rest', owner: 'sales-it@acme.test' },
]

export interface EngineSetting {
  readonly plane: 'builtin' | 'nginx'
  readonly config: string
  readonly test?: readonly string[]
  readonly reload?: readonly string[]
}

export function writeConfiguration(
  folder: string,
  places: Readonly<Record<string, Place>>,
  engine: EngineSetting,
): string {
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
        listen: [`http://${edge.ipv4}:80`, `http://[${edge.ipv6}]:80`],
        ...engine,
      },
    ],
    backends: applications.map(({ id, ...more }) => {
      const host = at(id)
      return {
        id,
        edge: 'front',
        public: `http://${id}.acme.test`,
        upstream: `http://${host.ipv4}:8080`,
        host: {
          via: { netns: host.netns },
          addresses: [host.ipv4, host.ipv6],
          firewall: { nftables: join(folder, 'hosts', id, 'lockgate.nft') },
          ...(id === 'payroll' ? { close: [9229] } : {}),
        },
        ...more,
      }
    }),
    'not-brokered': [{ what: 'postgres 10.77.3.30:5432', owner: 'dba@acme.test', reason: 'no HTTP' }],
    vantages: [
      { id: 'office', stands: 'users', via: { netns: at('users').netns } },
      { id: 'neighbour', stands: 'peers', via: { netns: at('neighbour').netns } },
      { id: 'front', stands: 'proxy', via: { netns: edge.netns } },
    ],
  })
}
