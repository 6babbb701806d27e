/** Asks without a session, for pages and as a program, under every known path and by tricks that were bypasses elsewhere. */
import type { Backend, Check, Io } from '@lockgate/model'
import { mapBounded } from '../bounded.ts'
import { publicEndpoints } from '../edge-endpoints.ts'
import type { HeaderLine } from '../exact-ask.ts'
import { verdictOf } from '../verdict.ts'
import { isEnforced, type Part, partOf, unenforced } from './enforced.ts'
import { judgeDenied } from './judge-denied.ts'
import { knownPaths } from './known-paths.ts'
import { authentication } from './mapping.ts'
import type { Treated } from './treatment.ts'
import { asPage, asProgram, type Try, tryAll } from './tries.ts'
import { lookAtWouldDeny, saidOfWouldDeny, type WouldDeny } from './would-deny.ts'

export type AnonymousFacts = Part & {
  readonly vantage: string
  readonly url: string
  readonly asked: readonly Treated[]
  /** What belongs to the gateway's local listener, asked from here. */
  readonly internal: readonly Treated[]
  /** What passes for now; null or absent: the stage is enforced, or takes no part. */
  readonly wouldDeny?: WouldDeny | null
}

const get = (what: string, target: string, headers: readonly HeaderLine[]): Try => ({
  what,
  method: 'GET',
  target,
  headers,
})

/** CVE-2026-34457: these skip the login of some proxies. */
const monitors = ['kube-probe/1.34', 'ELB-HealthChecker/2.0', 'GoogleHC/1.0', 'Amazon-Route53-Health-Check-Service']

/** Nothing with a body goes to a path that exists, so that a bypass is found and changes nothing. */
function tricks(path: string, nowhere: string): readonly Try[] {
  return [
    { what: 'HEAD', method: 'HEAD', target: path, headers: asProgram },
    {
      what: 'a form',
      method: 'POST',
      target: nowhere,
      headers: [['Content-Type', 'application/x-www-form-urlencoded']],
      body: 'a=b',
    },
    { what: 'DELETE', method: 'DELETE', target: nowhere, headers: asProgram },
    { what: 'an unknown method', method: 'PROPFIND', target: nowhere, headers: asProgram },
    {
      what: 'a CORS preflight',
      method: 'OPTIONS',
      target: path,
      headers: [
        ['Origin', 'https://attacker.example'],
        ['Access-Control-Request-Method', 'GET'],
      ],
    },
    get('a WebSocket', path, [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', 'bG9ja2dhdGUtdmVyaWZ5IQ=='],
    ]),
    {
      what: 'gRPC',
      method: 'POST',
      target: nowhere,
      headers: [
        ['Content-Type', 'application/grpc'],
        ['TE', 'trailers'],
      ],
      body: '',
    },
    ...monitors.map((agent) => get(`the monitor ${agent}`, path, [['User-Agent', agent]])),
    get('a bearer token of garbage', path, [['Authorization', 'Bearer lockgate-verify']]),
    get('an empty bearer token', path, [['Authorization', 'Bearer ']]),
    get('cookies of garbage', path, [
      ['Cookie', ['', '_pass', '_login'].map((end) => `__Host-lockgate${end}=a.b.c`).join('; ')],
    ]),
    get('a fragment', `${nowhere}#/healthz`, asPage),
    get('a path of ours in front', `/.lockgate/jwks.json/..${nowhere}`, asPage),
    get('an encoded path of ours in front', `/.lockgate/%2e%2e${nowhere}`, asPage),
  ]
}

const internal = [
  '/.lockgate/decide',
  '/.lockgate/answer',
  '/.lockgate/check/',
  '/.lockgate/pass-jwks.json',
  '/.lockgate/tokens',
]

const nowhere = '/lockgate-verify-no-such-page'

/** Where who is not signed in passes as meant, tries would show nothing but themselves among what would be denied. */
async function probe(backend: Backend, io: Io): Promise<AnonymousFacts> {
  const about = { ...partOf(io), vantage: io.at.vantage.id, url: backend.public.origin }
  if (isEnforced(io)) return { ...about, ...(await ask(backend, io)), wouldDeny: null }
  return { ...about, asked: [], internal: [], wouldDeny: about.rollout && (await lookAtWouldDeny(backend.id, io)) }
}

async function ask(backend: Backend, io: Io): Promise<Pick<AnonymousFacts, 'asked' | 'internal'>> {
  const paths = await knownPaths(backend, io)
  const path = backend.health ?? '/'
  const tries = [
    ...[...paths, nowhere].flatMap((one) => [get('a page', one, asPage), get('a program', one, asProgram)]),
    ...tricks(path, nowhere),
  ]
  const [first, ...others] = publicEndpoints(io.edge.edge, backend.public)
  const inner = internal.map((one) => get('a path of the local listener', one, asPage))
  const basic = [get('a page', path, asPage), get('a program', path, asProgram)]
  const asked = [
    ...(first ? await tryAll(backend, first, tries, io) : []),
    ...(await mapBounded(others, 2, (one) => tryAll(backend, one, basic, io))).flat(),
  ]
  return { asked, internal: first ? await tryAll(backend, first, inner, io) : [] }
}

export const anonymous: Check<AnonymousFacts> = {
  id: 'identity.anonymous',
  title: 'Without a session a page leads to the login and a program gets 401, on every path',
  severity: 'blocker',
  per: 'vantage',
  maps: authentication,
  fix: 'identity.md#anonymous',
  needs: ['consolidate.brokered'],
  probe,
  judge(facts) {
    const off = unenforced(facts)
    if (off.length > 0) return verdictOf([...off, ...(facts.wouldDeny ? [saidOfWouldDeny(facts.wouldDeny)] : [])], [])
    const open = facts.internal.filter(({ status = 0 }) => status >= 200 && status < 300)
    return judgeDenied(
      facts,
      facts.asked,
      open.map((one) => `${one.request} is the local listener's and answers ${one.status} to users`),
    )
  },
}
