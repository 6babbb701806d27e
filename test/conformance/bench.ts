/** One plane, set up for the suite: the real engine on loopback with the configuration that @lockgate/planes renders. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DataPlane, type EdgeModel, type PlaneId, parseConfig, type Rendered } from '@lockgate/model'
import { planes } from '@lockgate/planes'
import { createAuthority, type Engine, must, startChild, startEngine } from '../lab/index.ts'
import { type BackendName, type Listener, publicNames } from './case.ts'
import { type EchoBackend, startEchoBackend } from './echo-backend.ts'
import { type Destination, send } from './raw-client.ts'

export interface Bench {
  readonly plane: DataPlane
  readonly engine: Engine
  readonly backend: EchoBackend
  readonly ports: { readonly http: number; readonly https: number }
  readonly rendered: Rendered
  /** `app.test:21080` */
  authority(name: BackendName): string
  destination(listener: Listener, sni: string | null): Destination
  accessLog(): readonly string[]
  /** Renders with one backend more or less, puts the files and waits until the new generation answers. */
  reload(change: 'add' | 'remove'): Promise<void>
  close(): Promise<void>
}

const standard = { host: { via: 'local', addresses: ['127.0.0.1'], firewall: { none: 'a test' } } } as const

interface Addresses {
  readonly http: number
  readonly https: number
  readonly upstream: number
  readonly dead: number
}

function backendsOf({ http, https, upstream, dead }: Addresses) {
  const of = (id: BackendName | 'added', more: Readonly<Record<string, unknown>> = {}) => ({
    id,
    edge: 'bench',
    public: `http://${id === 'added' ? 'added.test' : publicNames[id]}:${http}`,
    upstream: `http://127.0.0.1:${upstream}`,
    ...standard,
    ...more,
  })
  const keep = { 'encoded-slash': 'keep', 'empty-segments': 'keep', parameters: 'keep' }
  return {
    usual: [
      of('app', { health: '/healthz' }),
      of('kept', { paths: keep }),
      of('resolved', { paths: { 'dot-segments': 'resolve', 'empty-segments': 'merge' } }),
      of('small', { limits: { body: '64KiB', timeout: '1s' } }),
      of('dead', { upstream: `http://127.0.0.1:${dead}` }),
      of('secure', { public: `https://${publicNames.secure}:${https}` }),
      of('other', { public: `https://${publicNames.other}:${https}` }),
    ],
    added: of('added'),
  }
}

/** Ports that nobody listens on, below the range from which the kernel takes its own. */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = 15_000 + (randomBytes(2).readUInt16BE() % 15_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen({ port, host: '::', exclusive: true }, () => server.close(() => resolve(true)))
    })
    if (free && !ports.includes(port)) ports.push(port)
  }
  return ports
}

/** As apply does it: each file written beside and renamed, in order; what is no longer rendered goes. */
function put({ target }: Rendered, before: Rendered | null): void {
  for (const { path, content, mode } of target.files.toSorted((a, b) => a.order - b.order)) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.lockgate-new`, content, { mode })
    renameSync(`${path}.lockgate-new`, path)
  }
  const kept = new Set(target.files.map((one) => one.path))
  for (const { path } of before?.target.files ?? []) if (!kept.has(path)) rmSync(path)
}

/** Until every address of the proof shows this generation. */
export async function awaitGeneration(rendered: Rendered, ca: string, timeoutMs = 15_000): Promise<void> {
  const { proof } = rendered.target
  if (proof?.kind !== 'http') throw new Error('an edge proves its generation over http')
  const missing = new Set(proof.urls)
  let last = 'nothing'
  for (const end = performance.now() + timeoutMs; missing.size > 0; await sleep(20)) {
    for (const url of missing) {
      last = await ask(url, proof.host, ca)
      if (last === proof.expect) missing.delete(url)
    }
    if (missing.size > 0 && performance.now() > end)
      throw new Error(`${[...missing].join(', ')} do not show the generation ${proof.expect}, but: ${last}`)
  }
}

/** So that no case meets an engine that is still setting up; that the proof comes last is the reload's case. */
async function awaitBackend(http: number, ca: string): Promise<void> {
  for (const end = performance.now() + 5_000; performance.now() < end; await sleep(20))
    if ((await ask(`http://127.0.0.1:${http}/`, publicNames.app, ca)) === 'the answer') return
}

async function ask(url: string, host: string, ca: string): Promise<string> {
  const { protocol, hostname, port } = new URL(url)
  const tls = protocol === 'https:' ? { tls: { sni: host, ca } } : {}
  const to = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), ...tls }
  const bytes = `GET / HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`
  const { answers, error } = await send(to, bytes, { methods: ['GET'], timeoutMs: 2_000 })
  return answers[0] ? `${answers[0].body.text}` : String(error)
}

export async function startBench(id: PlaneId): Promise<Bench> {
  const plane = planes[id]
  const home = join(tmpdir(), `lg-conformance-${randomBytes(4).toString('hex')}`)
  mkdirSync(home, { mode: 0o755 })
  const backend = await startEchoBackend()
  let engine: Engine | null = null
  const close = async () => {
    await engine?.stop()
    await backend.close()
    rmSync(home, { recursive: true, force: true })
  }
  try {
    const authority = await createAuthority(`${home}/tls`)
    const tls = await authority.issue('edge', Object.values(publicNames))
    const [http = 0, https = 0, dead = 0, parking = 0] = await freePorts(4)
    const start = (argv: readonly string[], name: string) => startChild(argv, { file: `${home}/${name}` })
    engine = await startEngine({ plane: id, edge: 'bench', home, start, parking: `127.0.0.1:${parking}` })
    const { usual, added } = backendsOf({ http, https, upstream: backend.port, dead })
    const edge = {
      id: 'bench',
      plane: id,
      via: 'local',
      addresses: ['127.0.0.1', '::1'],
      listen: [
        `http://127.0.0.1:${http}`,
        `http://[::1]:${http}`,
        `https://127.0.0.1:${https}`,
        `https://[::1]:${https}`,
      ],
      config: engine.config,
      tls: { ...tls, ca: authority.ca },
    }
    const version = plane.versionArgv === null ? null : plane.readVersion(await versionText(engine, plane))
    const render = (backends: readonly unknown[]) => {
      const settings = parseConfig(JSON.stringify({ version: 1, edges: [edge], backends, vantages: [] }))
      const model: EdgeModel = {
        stage: 'consolidate',
        edge: settings.edges[0] as EdgeModel['edge'],
        backends: settings.backends,
        listening: [{ address: '127.0.0.1', port: parking }],
      }
      return plane.render(model, version)
    }
    const rendered = render(usual)
    const running = engine
    const ca = readFileSync(authority.ca, 'utf8')
    let live: Rendered | null = null
    const turn = async (next: Rendered) => {
      put(next, live)
      live = next
      const tested = await running.test()
      if (tested && tested.code !== 0) throw new Error(`the engine refuses the files: ${tested.stdout}${tested.stderr}`)
      await running.reload()
      await awaitGeneration(next, ca)
    }
    await turn(rendered)
    await awaitBackend(http, ca)
    return {
      plane,
      engine,
      backend,
      ports: { http, https },
      rendered,
      authority: (name) => `${publicNames[name]}:${name === 'secure' || name === 'other' ? https : http}`,
      destination: (listener, sni) => ({
        host: listener.endsWith('6') ? '::1' : '127.0.0.1',
        port: listener.startsWith('https') ? https : http,
        ...(listener.startsWith('https') ? { tls: { sni, ca } } : {}),
      }),
      accessLog: () => readFileSync(`${running.config}/access.jsonl`, 'utf8').split('\n').filter(Boolean),
      reload: async (change) => {
        const next = render(change === 'add' ? [...usual, added] : usual)
        await turn(next)
        if (change === 'remove') return
        const known = await ask(`http://127.0.0.1:${http}/`, 'added.test', ca)
        if (known !== 'the answer') throw new Error(`the added backend does not answer: ${known}`)
      },
      close,
    }
  } catch (error) {
    const said = engine ? `\n${engine.child().stdout()}${engine.child().stderr()}` : ''
    await close()
    throw new Error(`${String(error)}${said.slice(-4_000)}`, { cause: error })
  }
}

/** The engine that was started is the one that is asked, wherever PATH points. */
async function versionText(engine: Engine, plane: DataPlane): Promise<string> {
  const [, ...options] = plane.versionArgv ?? []
  return must(['sh', '-c', 'exec "$@" 2>&1', 'sh', engine.start[0] ?? '', ...options])
}
