/** One plane with stage identity enforced, on loopback: the real engine, the real gateway, an identity provider and a backend that echoes. */
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type EdgeModel, type PlaneId, parseConfig, type Rendered } from '@lockgate/model'
import { planes } from '@lockgate/planes'
import { type EchoBackend, startEchoBackend } from '../conformance/echo-backend.ts'
import { freePorts } from '../conformance/free-ports.ts'
import { askGeneration } from '../conformance/generation.ts'
import { type Destination, type Reply, send } from '../conformance/raw-client.ts'
import {
  type Browser,
  createBrowser,
  type Idp,
  type Person,
  people,
  signIn,
  startOidcProvider,
} from '../lab/idp/index.ts'
import {
  type Authority,
  type Child,
  createAuthority,
  type Engine,
  programOf,
  run,
  startChild,
  startEngine,
  startReaper,
} from '../lab/index.ts'

/** Backends by how they learn who asks; `watched` is only observed. */
export const sites = {
  app: { identity: 'assertion', mode: 'enforce' },
  plain: { identity: 'headers', mode: 'enforce' },
  quiet: { identity: 'none', mode: 'enforce' },
  watched: { identity: 'assertion', mode: 'observe' },
} as const
export type SiteName = keyof typeof sites

export interface IdentityBench {
  readonly plane: PlaneId
  readonly idp: Idp
  readonly backend: EchoBackend
  readonly home: string
  /** The edge's own state: keys, log. */
  readonly state: string
  /** `https://app.test:21443` */
  origin(name: SiteName | 'login'): string
  browser(headers?: Readonly<Record<string, string>>): Browser
  /** A browser that has signed in and been at each of these. */
  signedIn(person: Person, ...names: readonly SiteName[]): Promise<Browser>
  destination(name: SiteName | 'login'): Destination
  /** Sends `GET /path` with these header lines as they are (`Host` is added), and gives what came back. */
  ask(name: SiteName | 'login', target: string, lines?: readonly string[], more?: AskMore): Promise<Reply>
  /** The gateway as a process of its own; null for the builtin plane, where it is the engine. */
  readonly gateway: Child | null
  readonly engine: Engine
  /** Another gateway, where the one that was started has ended; ends with the bench. */
  startGateway(): Promise<Child>
  close(): Promise<void>
}

export interface AskMore {
  readonly method?: string
  readonly body?: string
  readonly host?: string
}

export interface IdentityBenchOptions {
  /** Lifetime of a pass, such as `5s`; 60s unless said. */
  readonly pass?: string
  /** One that runs already, and knows that `login.test` is at 127.0.0.1. */
  readonly idp?: Idp
}

const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
const gatewayMain = fileURLToPath(new URL('../../apps/gateway/src/main.ts', import.meta.url))
const secretVariable = 'LOCKGATE_OIDC_SECRET'
const host = { via: 'local', addresses: ['127.0.0.1'], firewall: { none: 'a test' } } as const

interface Site {
  readonly plane: PlaneId
  readonly home: string
  readonly https: number
  readonly local: number
  readonly upstream: number
  readonly idp: Idp
  readonly certificate: { readonly certificate: string; readonly key: string }
  readonly parking: number
  readonly pass: string
}

const originOf = (name: string, port: number): string => `https://${name}.test:${port}`

function modelOf(site: Site): EdgeModel {
  const { plane, home, https, local, upstream, idp, certificate, parking, pass } = site
  const text = JSON.stringify({
    version: 1,
    organisation: 'Acme',
    edges: [
      {
        id: 'bench',
        plane,
        via: 'local',
        addresses: ['127.0.0.1'],
        listen: [`https://127.0.0.1:${https}`],
        config: `${home}/lockgate`,
        tls: certificate,
      },
    ],
    backends: Object.entries(sites).map(([id, { identity }]) => ({
      id,
      edge: 'bench',
      public: originOf(id, https),
      upstream: `http://127.0.0.1:${upstream}`,
      host,
      identity,
    })),
    vantages: [],
    identity: {
      origin: originOf('login', https),
      issuer: idp.issuer,
      client: { id: idp.client.id, secret: { env: secretVariable } },
      mfa: { acr: idp.mfa.acr, amr: idp.mfa.amr },
      session: { pass },
      'step-up': [{ backend: 'app', path: '/admin', 'max-age': '8s' }],
      api: { audience: ['https://api.acme.test'] },
    },
    gateway: { listen: [`unix:${home}/run/gateway.sock`, `127.0.0.1:${local}`], state: `${home}/state` },
  })
  const settings = parseConfig(text)
  return {
    stage: 'identity',
    edge: settings.edges[0] as EdgeModel['edge'],
    backends: settings.backends,
    listening: [{ address: '127.0.0.1', port: parking }],
    identity: {
      settings: settings.identity as NonNullable<typeof settings.identity>,
      gateway: settings.gateway,
      organisation: settings.organisation,
      language: settings.language,
      idpCa: readFileSync(idp.ca, 'utf8'),
      rollout: Object.fromEntries(
        Object.entries(sites).map(([id, { mode }]) => [id, { mode, percent: mode === 'enforce' ? 100 : 0 }]),
      ),
      origins: settings.backends.map((one) => one.public.origin),
    },
  }
}

function put({ target }: Rendered): void {
  for (const { path, content, mode } of target.files.toSorted((a, b) => a.order - b.order)) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.lockgate-new`, content, { mode })
    renameSync(`${path}.lockgate-new`, path)
  }
}

/** Outside of `home`, made by nginx. */
function keptFolderOf({ target }: Rendered): string | null {
  const file = target.files.find(({ path }) => path.endsWith('/gateway.json'))
  return (JSON.parse(file?.content ?? '{}') as { identity?: { kept?: string } }).identity?.kept ?? null
}

async function versionOf(plane: PlaneId): Promise<string | null> {
  const { versionArgv, readVersion } = planes[plane]
  if (versionArgv === null) return null
  const { stdout, stderr } = await run([programOf(plane), ...versionArgv.slice(1)])
  return readVersion(`${stdout}${stderr}`)
}

/** Apache's workers are no root: the folder's group is who may ask the gateway. */
function runFolder(home: string): void {
  const folder = join(home, 'run')
  mkdirSync(folder)
  const group = readFileSync('/etc/group', 'utf8').match(/^www-data:[^:]*:(\d+):/m)?.[1]
  if (group && process.getuid?.() === 0) chownSync(folder, 0, Number(group))
  chmodSync(folder, 0o750)
}

export async function startIdentityBench(plane: PlaneId, options: IdentityBenchOptions = {}): Promise<IdentityBench> {
  const name = `lg-${randomBytes(3).toString('hex')}`
  const home = join(tmpdir(), name)
  mkdirSync(home, { mode: 0o755 })
  runFolder(home)
  const reaper = startReaper(name, home)
  let kept: string | null = null
  const removeKept = async (): Promise<void> => {
    if (kept !== null) rmSync(kept, { recursive: true, force: true })
  }
  const closers: (() => Promise<unknown>)[] = [removeKept, () => reaper.end()]
  const close = async () => {
    for (const one of closers.toReversed()) await one()
  }
  try {
    const authority = options.idp?.authority ?? (await createAuthority(`${home}/tls`))
    const backend = await startEchoBackend()
    closers.push(() => backend.close())
    const [https = 0, local = 0, parking = 0] = await freePorts(3)
    const own = options.idp ?? (await startProvider(authority))
    if (!options.idp) closers.push(() => own.stop())
    await own.register(originOf('login', https))
    const names = [...Object.keys(sites), 'login'].map((one) => `${one}.test`)
    const site: Site = {
      plane,
      home,
      https,
      local,
      parking,
      upstream: backend.port,
      idp: own,
      certificate: await authority.issue(`edge-${https}`, names),
      pass: options.pass ?? '60s',
    }
    const env = { [secretVariable]: own.client.secret }
    const start = (argv: readonly string[], file: string) =>
      startChild(argv, { file: `${home}/${file}`, env, ...reaper.track })
    const rendered = planes[plane].render(modelOf(site), await versionOf(plane))
    kept = keptFolderOf(rendered)
    const engine = await startEngine({ plane, edge: 'bench', home, start, parking: `127.0.0.1:${parking}` })
    put(rendered)
    const startGateway = async (): Promise<Child> => {
      const argv = [node, '--conditions=source', gatewayMain, '--folder', `${home}/lockgate`, '--edge', 'bench']
      const gateway = await start(argv, 'gateway')
      await gateway.until((_, stderr) => stderr.includes('"msg":"serving"'), 60_000)
      return gateway
    }
    const gateway = plane === 'builtin' ? null : await startGateway()
    if (gateway === null) await engine.child().until((_, stderr) => stderr.includes('"msg":"serving"'), 60_000)
    await takeIn(engine, rendered, authority).catch((error: Error) => {
      throw new Error(`${error.message}\n${gateway?.stderr() ?? ''}`)
    })
    return benchOf({ site, authority, backend, gateway, engine, startGateway, close })
  } catch (error) {
    await close()
    throw error
  }
}

const startProvider = (authority: Authority): Promise<Idp> =>
  startOidcProvider({ authority, hosts: { 'login.test': '127.0.0.1' } })

async function takeIn(engine: Engine, rendered: Rendered, authority: Authority): Promise<void> {
  const tested = await engine.test()
  if (tested && tested.code !== 0) throw new Error(`the engine refuses the files: ${tested.stdout}${tested.stderr}`)
  await engine.reload()
  await askGeneration(rendered, readFileSync(authority.ca, 'utf8'))
}

interface Parts {
  readonly site: Site
  readonly authority: Authority
  readonly backend: EchoBackend
  readonly gateway: Child | null
  readonly engine: Engine
  readonly startGateway: () => Promise<Child>
  readonly close: () => Promise<void>
}

function benchOf({ site, authority, backend, gateway, engine, startGateway, close }: Parts): IdentityBench {
  const { https, plane, home, idp } = site
  const ca = readFileSync(authority.ca, 'utf8')
  const origin: IdentityBench['origin'] = (name) => originOf(name, https)
  const destination: IdentityBench['destination'] = (name) => ({
    host: '127.0.0.1',
    port: https,
    tls: { sni: `${name}.test`, ca },
  })
  const browser: IdentityBench['browser'] = (headers = {}) =>
    createBrowser({ ca: [authority.ca, idp.ca], hosts: { '*': '127.0.0.1' }, headers, patience: 60_000 })
  return {
    plane,
    idp,
    backend,
    home,
    state: `${home}/state/bench`,
    origin,
    browser,
    destination,
    gateway,
    engine,
    startGateway,
    close,
    async signedIn(person, ...names) {
      const own = browser()
      for (const name of names) {
        const page = await signIn(own, `${origin(name)}/.lockgate/handoff?to=/`, person)
        if (page.status !== 200)
          throw new Error(`${person.login} at ${name}: ${page.status} ${page.body.slice(0, 500)}`)
      }
      return own
    },
    ask(name, target, lines = [], more = {}) {
      const { method = 'GET', body, host: asked = `${name}.test:${https}` } = more
      const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
      const head = [`${method} ${target} HTTP/1.1`, `Host: ${asked}`, ...length, ...lines, 'Connection: close']
      const text = lines.some((one) => /^connection:/i.test(one)) ? head.slice(0, -1) : head
      return send(destination(name), `${text.join('\r\n')}\r\n\r\n${body ?? ''}`, { methods: [method] })
    },
  }
}

export { people }
