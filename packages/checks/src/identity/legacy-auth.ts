/** Tries what signed people in before: Basic, API keys, session cookies of frameworks; at the gateway, and whether the backend still asks for it. */
import type { Backend, Check, Io } from '@lockgate/model'
import { mapBounded } from '../bounded.ts'
import { publicEndpoints } from '../edge-endpoints.ts'
import { type HeaderLine, headersOf } from '../exact-ask.ts'
import { verdictOf } from '../verdict.ts'
import { askBackend } from './backend-asks.ts'
import { type Part, partOf, unenforced } from './enforced.ts'
import { judgeDenied } from './judge-denied.ts'
import { knownPaths } from './known-paths.ts'
import { identityStores } from './mapping.ts'
import type { Treated } from './treatment.ts'
import { asProgram, type Try, tryAll } from './tries.ts'

export type LegacyAuthFacts = Part & {
  readonly vantage: string
  readonly url: string
  readonly anonymous: readonly Treated[]
  /** What the backend itself asks for, past the gateway. */
  readonly backend: readonly {
    readonly path: string
    readonly status: number | null
    readonly challenges: readonly string[]
    readonly detail?: string
  }[]
}

const basic = `Basic ${Buffer.from('lockgate-verify:lockgate-verify').toString('base64')}`
/** Names under which the sessions of frameworks travel. */
export const sessionCookies: readonly string[] = [
  'connect.sid',
  'sessionid',
  'session',
  'sid',
  'JSESSIONID',
  'PHPSESSID',
  'ASP.NET_SessionId',
  '.AspNetCore.Cookies',
  'laravel_session',
  '_session_id',
  'koa.sess',
  'next-auth.session-token',
  '__Secure-next-auth.session-token',
  'authjs.session-token',
  'remember_me',
  'token',
  'jwt',
  'access_token',
]

const credentials: readonly (readonly [string, readonly HeaderLine[]])[] = [
  ['Basic', [['Authorization', basic]]],
  ['Digest', [['Authorization', 'Digest username="lockgate-verify", realm="", nonce="", uri="/", response=""']]],
  ['Negotiate', [['Authorization', 'Negotiate TlRMTVNTUAAB']]],
  ['an API key', [['X-API-Key', 'lockgate-verify']]],
  ['an API token', [['Authorization', 'Token lockgate-verify']]],
  ['an access token header', [['X-Access-Token', 'lockgate-verify']]],
  ['a proxy password', [['Proxy-Authorization', basic]]],
  ...sessionCookies.map((name) => [`the cookie ${name}`, [['Cookie', `${name}=lockgate-verify`]]] as const),
]

async function askItself(backend: Backend, io: Io): Promise<LegacyAuthFacts['backend']> {
  return mapBounded(await knownPaths(backend, io), 4, async (path) => {
    const answer = await askBackend(backend, { target: path, headers: asProgram }, io)
    if (answer.outcome !== 'answered')
      return { path, status: null, challenges: [], detail: `${answer.outcome}: ${answer.detail}` }
    const challenges = headersOf(answer.headers, 'www-authenticate').map((one) => one.split(/[\s,]/)[0] ?? '')
    return { path, status: answer.status, challenges }
  })
}

async function probe(backend: Backend, io: Io): Promise<LegacyAuthFacts> {
  const path = backend.health ?? '/'
  const tries: readonly Try[] = [
    ...credentials.map(([what, lines]) => ({ what, method: 'GET', target: path, headers: [...asProgram, ...lines] })),
    {
      what: 'a key in the query',
      method: 'GET',
      target: `${path}?api_key=lockgate-verify&access_token=lockgate-verify`,
      headers: asProgram,
    },
  ]
  const [endpoint] = publicEndpoints(io.edge.edge, backend.public)
  const [anonymous, itself] = await Promise.all([
    endpoint ? tryAll(backend, endpoint, tries, io) : [],
    askItself(backend, io),
  ])
  return { ...partOf(io), vantage: io.at.vantage.id, url: backend.public.origin, anonymous, backend: itself }
}

/** The assertion's own challenge is Bearer. */
const ownSchemes: readonly string[] = ['basic', 'digest', 'negotiate', 'ntlm', 'token']

export const legacyAuth: Check<LegacyAuthFacts> = {
  id: 'identity.legacy-auth',
  title: 'Basic, API keys and old session cookies sign nobody in, and the backend asks for none',
  severity: 'blocker',
  per: 'backend',
  maps: identityStores,
  fix: 'identity.md#legacy-auth',
  needs: ['consolidate.brokered'],
  probe,
  judge(facts) {
    const off = unenforced(facts)
    if (off.length > 0) return verdictOf(off, [])
    const asks = facts.backend.flatMap(({ path, status, challenges }) =>
      challenges
        .filter((one) => ownSchemes.includes(one.toLowerCase()))
        .map((scheme) => `the backend itself answers ${status} to ${path} and asks for ${scheme}`),
    )
    const denied = judgeDenied(facts, facts.anonymous, asks)
    if (denied.status !== 'pass') return denied
    const first = facts.backend.find((one) => one.status === null)
    return verdictOf([], first ? [`the backend could not be asked from its edge: ${first.path} ${first.detail}`] : [])
  },
}
