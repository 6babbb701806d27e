/** An nginx with stage identity in front of an echo backend, and the decision point that it asks. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type EdgeModel, type Origin, parseOrigin, type Rendered } from '@lockgate/model'
import { nginx } from '../../src/nginx/nginx.ts'
import { keptFolder } from '../../src/tree/identity.ts'
import { edgeModel, settingsOf, withIdentity } from '../model.ts'
import { makeCertificate } from './certificate.ts'
import { type DecisionPoint, startDecisionPoint } from './decision-point.ts'
import { type EchoBackend, startEchoBackend } from './echo-backend.ts'
import { freePorts } from './free-ports.ts'
import { nginxVersion, writeNginxMain } from './nginx-main.ts'
import { type Answer, rawRequest } from './raw-request.ts'
import { startEngine } from './run-engine.ts'

export interface IdentityEdge {
  readonly port: number
  readonly http: number
  readonly backend: EchoBackend
  point: DecisionPoint
  readonly rendered: Rendered
  readonly root: string
  /** Sends the head's lines and the body as they are. */
  ask(host: string, target: string, lines?: readonly string[], more?: Partial<Sent>): Promise<Answer>
  /** Stops and starts the decision point. */
  down(): Promise<void>
  up(): Promise<void>
  stop(): Promise<void>
}

interface Sent {
  readonly method: string
  readonly body: string
}

export const hostOf = (name: string, port: number): string => `${name}.acme.test:${port}`

const kinds = { token: 'assertion', plain: 'headers', bare: 'none', before: 'assertion' } as const

/** `before` does not take part yet. */
function modelOf(root: string, vhosts: string, ports: readonly [number, number], upstream: number): EdgeModel {
  const [http, https] = ports
  const listen = ['127.0.0.1', '[::1]'].flatMap((one) => [`http://${one}:${http}`, `https://${one}:${https}`])
  const model = edgeModel(
    settingsOf({
      edges: [{ plane: 'nginx', config: join(root, 'lockgate'), listen, vhosts, tls: makeCertificate(root) }],
      backends: Object.entries(kinds).map(([id, identity]) => ({
        id,
        identity,
        public: `https://${id}.acme.test:${https}`,
        upstream: `http://127.0.0.1:${upstream}`,
        limits: { body: '1MiB', timeout: '5s' },
        ...(id === 'bare' ? { paths: { 'encoded-slash': 'keep', 'empty-segments': 'keep', parameters: 'keep' } } : {}),
      })),
    }),
  )
  const joined = withIdentity(model, ['token', 'plain', 'bare'])
  if (!joined.identity) throw new Error('no identity')
  const origin = parseOrigin(`https://login.acme.test:${https}`) as Origin
  const stepUp = [{ backend: 'token', path: '/admin', acr: ['2'], maxAge: null }]
  return {
    ...joined,
    identity: {
      ...joined.identity,
      settings: { ...joined.identity.settings, origin, stepUp },
      gateway: { ...joined.identity.gateway, listen: [`unix:${root}/gateway.sock`] },
    },
  }
}

function put({ target }: Rendered): void {
  for (const file of target.files) {
    mkdirSync(dirname(file.path), { recursive: true })
    writeFileSync(file.path, file.content)
  }
}

/** The operator's own server blocks around the snippets, with settings that must do no harm. */
const handwritten = (root: string, model: EdgeModel, { steps }: Rendered): string => {
  const ports = model.edge.listen
    .filter((one) => one.scheme === 'https')
    .map((one) => `listen ${one.origin.replace('https://', '')} ssl;`)
  const certificate = `ssl_certificate ${root}/edge.pem; ssl_certificate_key ${root}/edge.key;`
  const names = ['token', 'plain', 'bare', 'before', 'login']
  return steps
    .map((step, index) => {
      const rewriting = 'rewrite ^/moved/(.*)$ /admin/$1;'
      return `server { ${ports.join(' ')} server_name ${names[index]}.acme.test; ${certificate}\n${rewriting}\n${step.expects}\n}`
    })
    .join('\n')
}

/** Of http level. That `ignore_invalid_headers off` is not among them is one of the gaps of `vhosts: theirs`. */
const harmful =
  'satisfy any; allow all; underscores_in_headers on; proxy_ignore_headers Set-Cookie Cache-Control; proxy_cache_use_stale error timeout http_500 http_503; proxy_intercept_errors on; error_page 401 403 500 502 503 =200 /welcome;'

const ofServers = { ours: 'ignore_invalid_headers off;', theirs: '' } as const

export async function startIdentityEdge(vhosts: 'ours' | 'theirs'): Promise<IdentityEdge> {
  const root = mkdtempSync(join(tmpdir(), 'lockgate-identity-'))
  chmodSync(root, 0o755)
  const backend = await startEchoBackend()
  const ports = (await freePorts(2)) as [number, number]
  const [http, https] = ports
  const model = modelOf(root, vhosts, ports, backend.port)
  const rendered = nginx.render(model, nginxVersion())
  put(rendered)
  const upstreams = Object.fromEntries(
    Object.entries(kinds).map(([id, kind]) => [id, { port: backend.port, host: hostOf(id, https), kind }]),
  )
  const startPoint = async () => {
    const point = await startDecisionPoint(join(root, 'gateway.sock'), upstreams)
    point.generation = rendered.target.generation
    return point
  }
  const after = vhosts === 'theirs' ? handwritten(root, model, rendered) : ''
  const engine = await startEngine(
    writeNginxMain(root, model.edge.config, `${harmful} ${ofServers[vhosts]}`, after),
    https,
  )
  const edge: IdentityEdge = {
    port: https,
    http,
    backend,
    rendered,
    root,
    point: await startPoint(),
    ask: (name, target, lines = [], { method = 'GET', body = '' } = {}) => {
      const head = [`${method} ${target} HTTP/1.1`, `Host: ${hostOf(name, https)}`, 'Connection: close', ...lines]
      const length = body === '' ? [] : [`Content-Length: ${body.length}`]
      const serverName = `${name}.acme.test`
      return rawRequest({ port: https, serverName }, `${[...head, ...length].join('\r\n')}\r\n\r\n${body}`)
    },
    down: () => edge.point.close(),
    up: async () => {
      const { passes } = edge.point
      edge.point = await startPoint()
      for (const [pass, worth] of passes) edge.point.passes.set(pass, worth)
    },
    stop: async () => {
      await engine.stop()
      await edge.point.close()
      await backend.close()
      rmSync(root, { recursive: true, force: true })
      rmSync(keptFolder(model.edge), { recursive: true, force: true })
    },
  }
  return edge
}
