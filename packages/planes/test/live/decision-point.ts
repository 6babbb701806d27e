/** A decision point that speaks the engines' side of the gateway's local listener: a real server on a Unix socket, with a table of passes for a policy. */
import { chmodSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'

export interface Asked {
  readonly path: string
  readonly host: string
  readonly rawHeaders: readonly string[]
  readonly backend: string
  readonly method: string
  readonly target: string
}

export interface DecisionPoint {
  readonly socket: string
  /** Every request that arrived, in order. */
  readonly asked: readonly Asked[]
  /** What passes are worth; without an entry: nothing. */
  readonly passes: Map<string, Pass>
  generation: string
  close(): Promise<void>
}

/** `renew`: the yes comes with a Set-Cookie. `mfa`: also good for paths below /admin. */
export interface Pass {
  readonly user: string
  readonly may: 'all' | 'nothing'
  readonly renew?: boolean
  readonly mfa?: boolean
}

export interface Upstreams {
  /** Port on loopback, and what the backend is told, by backend id. */
  readonly [backend: string]: {
    readonly port: number
    readonly host: string
    readonly kind: 'assertion' | 'headers' | 'none'
  }
}

const header = (request: IncomingMessage, name: string): string => String(request.headers[name] ?? '')

/** Asked about by its id, or handed over under its own name. */
const backendOf = (upstreams: Upstreams, request: IncomingMessage): string =>
  header(request, 'lockgate-backend') ||
  (Object.entries(upstreams).find(([, { host }]) => host === request.headers.host)?.[0] ?? '')

function passOf(request: IncomingMessage): string | null {
  const own = header(request, 'cookie')
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one.startsWith('__Host-lockgate_pass='))
  return own.length === 1 ? (own[0] as string).slice('__Host-lockgate_pass='.length) : null
}

interface Decision {
  readonly status: 200 | 401 | 403
  readonly headers: Readonly<Record<string, string>>
}

const tells = {
  assertion: (user: string, what: string) => ({ 'Lockgate-Assertion': `assertion:${user}:${what}` }),
  headers: (user: string) => ({
    'Lockgate-User': user,
    'Lockgate-Email': `${user}@acme.test`,
    'Lockgate-Subject': `sub-${user}`,
    'Lockgate-Groups': 'staff,payroll',
    'Lockgate-Session': `sid-${user}`,
  }),
  none: () => ({}),
} as const

const segments = (target: string): readonly string[] => (target.split('?')[0] as string).split('/').slice(1)

function decide(point: DecisionPoint, upstreams: Upstreams, incoming: IncomingMessage): Decision {
  const backend = backendOf(upstreams, incoming)
  const what = `${backend} ${header(incoming, 'lockgate-method') || incoming.method}`
  const kind = upstreams[backend]?.kind ?? 'none'
  const authorization = header(incoming, 'authorization')
  if (authorization !== '')
    return authorization === 'Bearer good'
      ? { status: 200, headers: tells[kind]('robot', what) }
      : { status: 401, headers: { 'WWW-Authenticate': 'Bearer of-the-decision' } }
  const pass = point.passes.get(passOf(incoming) ?? '')
  if (!pass) return { status: 401, headers: { 'WWW-Authenticate': 'Bearer of-the-decision' } }
  if (pass.may === 'nothing') return { status: 403, headers: {} }
  const [first = ''] = segments(header(incoming, 'lockgate-target') || (incoming.url ?? '/'))
  if (decodeURIComponent(first).toLowerCase() === 'admin' && !pass.mfa) return { status: 401, headers: {} }
  const renewed = { 'Set-Cookie': '__Host-lockgate_pass=renewed; Path=/; Secure; HttpOnly; SameSite=Lax' }
  return { status: 200, headers: { ...tells[kind](pass.user, what), ...(pass.renew ? renewed : {}) } }
}

/** The final answer of a refusal. */
function refuse(response: ServerResponse, { status }: Decision): void {
  const headers = { 'Lockgate-Reference': 'ABCD-EFGH', 'WWW-Authenticate': 'Bearer' }
  if (status === 403) response.writeHead(403, { 'Lockgate-Reference': 'ABCD-EFGH' }).end('denied')
  else response.writeHead(401, headers).end('sign in')
}

function forward(upstreams: Upstreams, incoming: IncomingMessage, response: ServerResponse, decision: Decision): void {
  const backend = upstreams[backendOf(upstreams, incoming)]
  if (!backend) return void response.writeHead(502).end()
  const { method = 'GET', url = '/' } = incoming
  const headers = { host: backend.host, ...decision.headers, 'x-forwarded-for': header(incoming, 'lockgate-source') }
  const outgoing = request({ port: backend.port, host: '127.0.0.1', method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, { 'content-type': answer.headers['content-type'] ?? 'text/plain' })
    answer.pipe(response)
  })
  outgoing.on('error', () => response.destroy())
  incoming.pipe(outgoing)
}

type Route = (incoming: IncomingMessage, response: ServerResponse) => void

const local = (point: DecisionPoint, upstreams: Upstreams): Readonly<Record<string, Route>> => ({
  '/.lockgate/decide': (incoming, response) => {
    const { status, headers } = decide(point, upstreams, incoming)
    response.writeHead(status, headers).end()
  },
  '/.lockgate/answer': (incoming, response) => refuse(response, decide(point, upstreams, incoming)),
})

function answer(point: DecisionPoint, upstreams: Upstreams, incoming: IncomingMessage, response: ServerResponse): void {
  const { url = '', headers } = incoming
  if (headers.host === 'lockgate.invalid') {
    const route = local(point, upstreams)[url]
    if (route) route(incoming, response)
    else response.writeHead(404).end()
    return
  }
  if (headers.host?.endsWith('.lockgate.invalid')) response.end(point.generation)
  else if (headers.host?.startsWith('login.') || url.startsWith('/.lockgate/'))
    response.writeHead(200, { 'Lockgate-Reference': 'ABCD-EFGH' }).end(`page ${url}`)
  else carry(point, upstreams, incoming, response)
}

function carry(point: DecisionPoint, upstreams: Upstreams, incoming: IncomingMessage, response: ServerResponse): void {
  const decision = decide(point, upstreams, incoming)
  if (decision.status === 200) forward(upstreams, incoming, response, decision)
  else refuse(response, decision)
}

/** WebSockets of backends that take part come here whole. */
function acceptUpgrades(point: DecisionPoint, upstreams: Upstreams, server: ReturnType<typeof createServer>): void {
  server.on('upgrade', (incoming, socket) => {
    remember(point, incoming)
    const backend = upstreams[backendOf(upstreams, incoming)]
    const { status, headers } = decide(point, upstreams, incoming)
    socket.on('error', () => {})
    if (!backend || status !== 200) return socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`)
    const out = connect(backend.port, '127.0.0.1')
    out.on('error', () => socket.destroy())
    const kept = ['sec-websocket-key', 'sec-websocket-version', 'upgrade', 'connection']
    const lines = kept.map((name) => `${name}: ${header(incoming, name)}`)
    const told = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    out.write(`${[`GET ${incoming.url} HTTP/1.1`, `host: ${backend.host}`, ...lines, ...told].join('\r\n')}\r\n\r\n`)
    out.pipe(socket).pipe(out)
  })
}

function remember(point: DecisionPoint, { url = '', rawHeaders, headers }: IncomingMessage): void {
  const [backend, method, target] = ['backend', 'method', 'target'].map((one) =>
    String(headers[`lockgate-${one}`] ?? ''),
  )
  ;(point.asked as Asked[]).push({
    path: url,
    host: headers.host ?? '',
    rawHeaders,
    backend: backend as string,
    method: method as string,
    target: target as string,
  })
}

export async function startDecisionPoint(socket: string, upstreams: Upstreams): Promise<DecisionPoint> {
  const server = createServer((incoming, response) => {
    remember(point, incoming)
    answer(point, upstreams, incoming, response)
  })
  const point: DecisionPoint = {
    socket,
    asked: [],
    passes: new Map(),
    generation: '',
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
  acceptUpgrades(point, upstreams, server)
  await new Promise<void>((done) => server.listen(socket, done))
  chmodSync(socket, 0o666)
  return point
}
