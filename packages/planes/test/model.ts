/** Models for tests, from lockgate.yaml as a person would write it. */
import {
  type Backend,
  type Edge,
  type EdgeIdentity,
  type EdgeModel,
  type HostModel,
  type IdentitySettings,
  type Origin,
  parseConfig,
  parseOrigin,
  type Settings,
} from '@lockgate/model'
import { stringify } from 'yaml'

const defaults = {
  edge: {
    id: 'front',
    plane: 'builtin',
    via: 'local',
    addresses: ['10.10.0.2', 'fd00:10::2'],
    config: '/etc/lockgate',
  },
  backend: { edge: 'front' },
  host: {
    via: 'local',
    addresses: ['10.20.0.11', 'fd00:20::11'],
    firewall: { nftables: '/etc/nftables.d/lockgate.nft' },
  },
}

export interface Written {
  readonly edges?: readonly Readonly<Record<string, unknown>>[]
  readonly host?: Readonly<Record<string, unknown>>
  readonly backends: readonly Readonly<Record<string, unknown>>[]
}

export const settingsOf = ({ edges = [{}], host = {}, backends }: Written): Settings =>
  parseConfig(
    stringify({
      version: 1,
      edges: edges.map((one, index) => ({
        ...defaults.edge,
        ...(index > 0 ? { config: `/etc/lockgate-${index}` } : {}),
        listen: ['http://0.0.0.0:80', 'http://[::]:80'],
        ...one,
      })),
      backends: backends.map((one) => ({ ...defaults.backend, host: { ...defaults.host, ...host }, ...one })),
      vantages: [{ id: 'office', stands: 'users', via: 'local' }],
    }),
  )

export const edgeModel = (settings: Settings): EdgeModel => ({
  stage: 'consolidate',
  edge: settings.edges[0] as Edge,
  backends: settings.backends.filter((one) => one.edge === settings.edges[0]?.id),
})

/** The same lockgate.yaml once stage identity is applied to the named backends; without names, to all. */
export function withIdentity(
  model: EdgeModel,
  names?: readonly string[],
  written: Partial<EdgeIdentity> = {},
): EdgeModel {
  const backends = model.backends.filter((one) => names?.includes(one.id) ?? true)
  const settings = toIdentitySettings(model)
  return {
    ...model,
    stage: 'identity',
    identity: {
      settings,
      gateway: {
        listen: ['unix:/run/lockgate.sock'],
        group: null,
        store: 'sqlite',
        state: '/var/lib/lockgate/gateway',
      },
      organisation: 'Acme',
      language: 'en',
      idpCa: null,
      rollout: Object.fromEntries(backends.map((one) => [one.id, { mode: 'enforce', percent: 100 }])),
      origins: backends.map((one) => one.public.origin),
      ...written,
    },
  }
}

/** With the defaults that lockgate.yaml fills in. */
function toIdentitySettings({ edge }: EdgeModel): IdentitySettings {
  const origin = parseOrigin('https://login.acme.test') as Origin
  return {
    origin,
    edge: edge.id,
    issuer: 'https://id.acme.test/realms/acme',
    client: { id: 'lockgate', secret: { env: 'LOCKGATE_CLIENT_SECRET' } },
    mfa: { acr: [], amr: [['mfa']] },
    claims: { user: 'preferred_username', require: [], groups: 'groups' },
    session: { idle: 1_800_000, absolute: 43_200_000, pass: 60_000 },
    stepUp: [],
    api: { audience: [], introspection: false },
    keycloakAdmin: null,
    ca: null,
  }
}

export function hostModel(settings: Settings): HostModel {
  const addressesByEdge = Object.fromEntries(settings.edges.map((one) => [one.id, one.addresses]))
  const [first] = settings.backends as [Backend]
  const host = first.hosts[0] as HostModel['host']
  const edgeAddresses = [...new Set(settings.backends.flatMap((one) => addressesByEdge[one.edge] ?? []))]
  return { stage: 'consolidate', host, backends: settings.backends, edgeAddresses, addressesByEdge }
}
