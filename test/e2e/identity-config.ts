/** lockgate.yaml of the lab with an identity provider. */
import { writeFileSync } from 'node:fs'
import type { Idp, Keycloak } from '../lab/idp/index.ts'
import type { Engine, EngineId, Lab } from '../lab/index.ts'

type Dict = Record<string, unknown>

export const names = ['login.acme.test', 'payroll.acme.test', 'wiki.acme.test']
export const loginOrigin = 'https://login.acme.test'

export interface Described {
  readonly plane: EngineId
  readonly engine: Engine
  readonly idp: Idp
  /** Over what `identity` has. */
  readonly identity: Dict
}

/** A file of the edge's host, 0600. */
function secretFile(lab: Lab, name: string, secret: string) {
  const file = lab.hostFile('edge', name)
  writeFileSync(file, secret, { mode: 0o600 })
  return { file }
}

function edgeOf(lab: Lab, { plane, engine }: Described, pair: Dict) {
  const { netns, ipv4, ipv6 } = lab.at('edge')
  return {
    id: 'edge',
    plane,
    via: { netns },
    addresses: [ipv4, ...(ipv6 ? [ipv6] : [])],
    listen: [ipv4, ...(ipv6 ? [`[${ipv6}]`] : [])].map((address) => `https://${address}:443`),
    config: engine.config,
    tls: { ...pair, ca: lab.authority.ca },
    ...(engine.testArgv ? { test: engine.testArgv } : {}),
    ...(engine.reloadArgv ? { reload: engine.reloadArgv } : {}),
  }
}

function backendOf(lab: Lab, id: string, identity: string, wave: string) {
  const { netns, ipv4, ipv6 } = lab.at(id)
  return {
    id,
    edge: 'edge',
    public: `https://${id}.acme.test`,
    upstream: `http://${ipv4}:8080`,
    host: {
      via: { netns },
      addresses: [ipv4, ...(ipv6 ? [ipv6] : [])],
      firewall: { nftables: lab.hostFile(id, 'lockgate.nft') },
    },
    health: '/healthz',
    identity,
    wave,
  }
}

/** At Keycloak a client of Lockgate's own making, which has no level of its own: each login asks for the second. */
const clientOf = {
  'oidc-provider': () => ({}),
  'entra-shaped': () => ({}),
  keycloak: (lab: Lab, idp: Idp, secret: object) => {
    const { id, secret: own } = (idp as Keycloak).admin
    return {
      client: { id: 'lockgate-live', secret },
      mfa: { ...idp.mfa, ask: ['2'] },
      keycloak: { admin: { id, secret: secretFile(lab, 'keycloak-admin', own) } },
    }
  },
} as const

export async function describeIdentity(lab: Lab, described: Described) {
  const { plane, idp, identity } = described
  const pair = { ...(await lab.authority.issue('edge', names)) }
  const secret = secretFile(lab, 'client-secret', idp.client.secret)
  return {
    version: 1,
    organisation: 'Lab',
    gate: { sweep: 'usual' },
    edges: [edgeOf(lab, described, pair)],
    backends: [backendOf(lab, 'payroll', 'assertion', 'pilot'), backendOf(lab, 'wiki', 'headers', 'rest')],
    vantages: [
      { id: 'office', stands: 'users', via: { netns: lab.at('office').netns } },
      // One place to look from is enough where the plane is what differs.
      ...(plane === 'builtin' ? [{ id: 'neighbour', stands: 'peers', via: { netns: lab.at('peers').netns } }] : []),
    ],
    identity: {
      origin: loginOrigin,
      issuer: idp.issuer,
      client: { id: idp.client.id, secret },
      mfa: idp.mfa,
      ca: idp.ca,
      ...clientOf[idp.kind](lab, idp, secret),
      ...identity,
    },
    // mod_auth_openidc fetches keys over TCP only.
    gateway: {
      listen: [plane === 'apache' ? '127.0.0.1:9000' : `unix:${lab.hostFile('edge', 'gateway.sock')}`],
      state: lab.hostFile('edge', 'state'),
    },
  }
}
