/** An edge with stage identity on loopback for benchmarks: its model, its gateway, and sessions that are signed in already. */
import { hash, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type EdgeModel, type PlaneId, parseConfig } from '@lockgate/model'
import { planes } from '@lockgate/planes'
import { openStore, type Session } from '@lockgate/sso-adapter'
import { type RunningEngine, startForeground } from './engine-pair.ts'

export interface IdentitySite {
  readonly folder: string
  readonly plane: PlaneId
  readonly port: number
  readonly backendPort: number
}

export const authorityOf = ({ port }: IdentitySite): string => `bench.test:${port}`
export const socketOf = ({ folder }: IdentitySite): string => `${folder}/gateway.sock`
const issuer = 'https://id.bench.test'

/** `identity: null` leaves stage identity out. The public URL is http, as the peers' is; sessions come from nowhere but the store. */
export function modelOf(site: IdentitySite, isJoined = true): EdgeModel {
  const { folder, plane, port, backendPort } = site
  const settings = parseConfig(`
version: 1
edges: [{ id: front, plane: ${plane}, via: local, addresses: [127.0.0.1], listen: ["http://127.0.0.1:${port}"], config: ${folder}/lockgate }]
backends:
  - { id: bench, edge: front, public: "http://${authorityOf(site)}", upstream: "http://127.0.0.1:${backendPort}", identity: assertion,
      host: { via: local, addresses: [127.0.0.1], firewall: { none: benchmark } } }
vantages: [{ id: office, stands: users, via: local }]
`)
  const model = {
    stage: 'identity',
    edge: settings.edges[0] as EdgeModel['edge'],
    backends: settings.backends,
  } as const
  if (!isJoined) return model
  return {
    ...model,
    identity: {
      settings: {
        origin: { scheme: 'https', host: 'login.bench.test', port: 443, origin: 'https://login.bench.test' },
        edge: 'login',
        issuer,
        client: { id: 'bench', secret: null },
        mfa: { acr: [], amr: [['mfa']] },
        claims: { user: 'preferred_username', require: [], groups: 'groups' },
        session: { idle: 3_600_000, absolute: 43_200_000, pass: 600_000 },
        stepUp: [],
        api: { audience: [], introspection: false },
        keycloakAdmin: null,
        ca: null,
      },
      gateway: { listen: [`unix:${socketOf(site)}`], group: null, store: 'sqlite', state: `${folder}/state` },
      organisation: 'Bench',
      language: 'en',
      idpCa: null,
      rollout: { bench: { mode: 'enforce', percent: 100 } },
      origins: [`http://${authorityOf(site)}`],
    },
  }
}

/** What the plane writes, in the folder; gives the folders that the engine makes outside of it. */
export async function writeSite(site: IdentitySite, isJoined = true): Promise<readonly string[]> {
  const { target } = planes[site.plane].render(modelOf(site, isJoined), null)
  for (const { path, content } of target.files) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
  return target.files.flatMap(({ content }) => /^proxy_cache_path (\/run\/\S+)/m.exec(content)?.[1] ?? [])
}

const main = fileURLToPath(new URL('../../../apps/gateway/src/main.ts', import.meta.url))

/** One process. `port` 0: a decision point, which is waited for at its socket. */
export async function startGateway(site: IdentitySite, port: number): Promise<RunningEngine> {
  const argv = [process.execPath, '--conditions=source', '--disable-warning=ExperimentalWarning', main]
  const options = ['--folder', join(site.folder, 'lockgate'), '--edge', 'front', '--workers', '1']
  return startForeground([...argv, ...options], port === 0 ? socketOf(site) : port, 'ignore')
}

const sessionOf = (index: number, now: number): Session => ({
  issuer,
  subject: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  user: `person.${index}`,
  email: `person.${index}@bench.test`,
  name: `Person ${index}`,
  groups: ['hr-staff', 'payroll-readers', 'role:employee', 'wiki-editors'],
  acr: '2',
  amr: ['pwd', 'otp', 'mfa'],
  contexts: [],
  authTime: now,
  mfaAt: now,
  sid: randomBytes(16).toString('base64url'),
  createdAt: now,
  lastSeenAt: now,
  endsAt: now + 43_200_000,
  renewAt: null,
  device: 'Firefox, Linux',
})

/** Puts sessions into the store as logins leave them, each with a cookie of the public host; gives the cookies' values. */
export async function signIn(address: string, host: string, count: number): Promise<readonly string[]> {
  const store = openStore(address)
  const now = Date.now()
  const keys = Array.from({ length: count }, () => randomBytes(32).toString('base64url'))
  for (const [index, key] of keys.entries()) {
    const session = sessionOf(index, now)
    const { subject: idpSubject, sid: idpSession, endsAt } = session
    const expiresAt = Math.min(endsAt, now + 3_600_000)
    const record = { session, idpSubject, idpSession, sealed: null, version: 1, expiresAt, refreshSentAt: null }
    await store.sessions.create(record, hash('sha256', `\nlogin ${key}`, 'base64url'))
    await store.sessions.addKey(session.sid, hash('sha256', `${host}\n${key}`, 'base64url'), host)
  }
  await store.close()
  return keys
}

export const storeOf = ({ folder }: IdentitySite): string => `sqlite:${folder}/state/sessions.sqlite`

/** The Cookie header of a browser with this session, after its first request; throws where it is refused. */
export const cookieWithPass = (site: IdentitySite, key: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const cookie = `__Host-lockgate=${key}`
    const headers = {
      host: 'lockgate.invalid',
      cookie,
      'lockgate-backend': 'bench',
      'lockgate-method': 'GET',
      'lockgate-target': '/',
      'lockgate-source': '127.0.0.1',
    }
    const asked = request(
      { socketPath: socketOf(site), path: '/.lockgate/decide', headers, agent: false },
      (answer) => {
        answer.resume()
        const set = answer.headers['set-cookie']?.[0]?.split(';')[0]
        if (answer.statusCode !== 200 || !set) reject(new Error(`the gateway answered ${answer.statusCode}`))
        else resolve(`theme=dark; ${cookie}; ${set}`)
      },
    )
    asked.on('error', reject).end()
  })
