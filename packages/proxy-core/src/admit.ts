/** Judges the form of a request before anything is decided or forwarded. Pure: what it needs comes in. */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { judgePath, type PathJudgement } from './path.ts'
import { streamOf } from './protocol.ts'
import { type Refusal, refusal } from './refusal.ts'
import { type Classify, forHttp2, type RequestHead, readRequestHead } from './request-headers.ts'
import { type CompiledRoute, type Find, ownRules } from './routes.ts'
import type { Limits, Peer } from './types.ts'

export interface Gate {
  readonly find: Find
  readonly classify: Classify
  readonly limits: Limits
}

export type Admission =
  | {
      readonly kind: 'forward'
      readonly route: CompiledRoute
      readonly head: RequestHead
      readonly path: string
      readonly forward: string
    }
  | {
      readonly kind: 'own'
      readonly route: CompiledRoute | null
      readonly authority: string
      readonly head: RequestHead
      readonly path: string
      readonly forward: string
    }
  | { readonly kind: 'fixed'; readonly body: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly route: CompiledRoute | null }

const refused = (why: Refusal, route: CompiledRoute | null = null): Admission => ({
  kind: 'refused',
  refusal: why,
  route,
})

const misdirected = refusal(421, 'This host is not served here.')
const noHost = refusal(400, 'Host is not a host.', true)
const wrongScheme = refusal(400, 'The scheme is not the one of this connection.')
const notAllowed: Readonly<Record<string, Refusal>> = {
  TRACE: refusal(405, 'TRACE is not allowed.'),
  CONNECT: refusal(405, 'CONNECT is not allowed.', true),
}
const absolute = /^(https?):\/\/([^/?#]*)(.*)$/i

/** The target in origin form. Absolute form must say the same as Host and the listener (RFC 9112 §3.2.2). */
function originForm(target: string, scheme: string, host: string): string | Refusal {
  if (target[0] === '/') return target
  const match = absolute.exec(target)
  if (!match) return refusal(400, 'The request target is neither a path nor a URL of this host.')
  const [, itsScheme = '', itsHost = '', rest = ''] = match
  if (itsHost.toLowerCase() !== host.toLowerCase()) return refusal(400, 'The request target and Host differ.')
  if (itsScheme.toLowerCase() !== scheme) return misdirected
  return rest[0] === '/' ? rest : `/${rest}`
}

/** On TLS the name of the handshake is the name that is asked for; addresses have no SNI (RFC 6066 §3). */
function sniMatches(servername: string | false | null | undefined, host: string): boolean {
  if (isIP(host)) return !servername
  return typeof servername === 'string' && servername.toLowerCase().replace(/\.$/, '') === host
}

/** Bytes of a form to one of our own pages. */
export const ownBodyLimit = 65_536

const namesHandshake = (request: IncomingMessage, host: string): boolean =>
  sniMatches((request.socket as TLSSocket).servername, host)

/** The scheme of the listener that took the request, and its method and target as received; `peer` where an engine took it. */
export function admit(
  request: IncomingMessage,
  listener: 'http' | 'https',
  gate: Gate,
  peer: Peer | null = null,
): Admission {
  const scheme = peer?.scheme ?? listener
  const method = request.method ?? ''
  const url = request.url ?? ''
  const forbidden = notAllowed[method]
  if (forbidden) return refused(forbidden)
  if (url.length > gate.limits.targetBytes) return refused(refusal(414, 'The request target is too long.', true))
  const stream = streamOf(request)
  const read = readRequestHead(
    request.rawHeaders,
    stream ? 'h2' : request.httpVersion,
    gate.classify,
    gate.limits.headerCount,
  )
  if ('status' in read) return refused(read)
  const itsScheme = request.headers[':scheme']
  if (!peer && itsScheme !== undefined && itsScheme !== listener) return refused(wrongScheme)
  const named = peer?.host == null ? read : { ...read, host: peer.host }
  const head = stream ? forHttp2(named, stream.endAfterHeaders) : named
  const target = originForm(url, scheme, head.host)
  if (typeof target !== 'string') return refused(target)
  const found = gate.find(scheme, head.host)
  if (found.kind === 'fixed') return found
  if (found.kind === 'malformed') return refused(noHost)
  if (found.kind === 'unknown') return refused(misdirected)
  if (found.kind === 'redirect') return redirect(found.to, judgePath(target, found.paths))

  const { host } = found.kind === 'own' ? found : found.route
  if (!peer && scheme === 'https' && !namesHandshake(request, host)) return refused(misdirected)
  return found.kind === 'own' ? admitOwn(found.authority, target, head) : admitRoute(found.route, target, head)
}

function admitOwn(authority: string, target: string, head: RequestHead): Admission {
  const judged = judgePath(target, ownRules)
  if (!judged.ok) return refused(refusal(400, `Refused: ${judged.because}.`))
  if (head.length !== null && head.length > ownBodyLimit) return refused(tooLarge)
  return { kind: 'own', route: null, authority, head, path: judged.path, forward: judged.forward }
}

function admitRoute(route: CompiledRoute, target: string, head: RequestHead): Admission {
  const { paths, ownPaths, bodyLimit } = route.route
  const judged = judgePath(target, paths)
  if (!judged.ok) return refused(refusal(400, `Refused: ${judged.because}.`), route)
  const { path, forward } = judged
  const own = ownPaths !== undefined && path.startsWith(ownPaths)
  if (head.length !== null && head.length > (own ? ownBodyLimit : bodyLimit)) return refused(tooLarge, route)
  if (own) return { kind: 'own', route, authority: route.authority, head, path, forward }
  return { kind: 'forward', route, head, path, forward }
}

export const tooLarge = refusal(413, 'The request body is larger than this backend takes.')

/** 308 keeps method and body (RFC 9110 §15.4.9); what could end the header line never gets this far. */
function redirect(to: string, judged: PathJudgement): Admission {
  if (!judged.ok) return refused(refusal(400, `Refused: ${judged.because}.`))
  return refused(refusal(308, 'This host is served over https.', false, ['Location', to + judged.forward]))
}
