/** One plane, set up for the suite: the real engine on loopback with the configuration that @lockgate/planes renders. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DataPlane, PlaneId, Rendered } from '@lockgate/model'
import { planes } from '@lockgate/planes'
import { createAuthority, type Engine, programOf, run, startChild, startEngine, startReaper } from '../lab/index.ts'
import { type BackendName, type Listener, publicNames } from './case.ts'
import { type EchoBackend, startEchoBackend } from './echo-backend.ts'
import { freePorts } from './free-ports.ts'
import { askGeneration, askText } from './generation.ts'
import type { Destination } from './raw-client.ts'
import { handwrittenHosts, isHttps, modelOf, type Site } from './site.ts'

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

/** The engine that is going to be started is the one that is asked, wherever PATH points. */
async function versionOf(plane: DataPlane): Promise<string | null> {
  const [, ...options] = plane.versionArgv ?? []
  if (plane.versionArgv === null) return null
  const { stdout, stderr } = await run([programOf(plane.id), ...options])
  return plane.readVersion(`${stdout}${stderr}`)
}

async function siteOf(id: PlaneId, home: string, vhosts: Site['vhosts'], upstream: number): Promise<Site> {
  const authority = await createAuthority(`${home}/tls`)
  const [http = 0, https = 0, dead = 0, parking = 0] = await freePorts(4)
  const own = [{ address: '127.0.0.1', port: parking }]
  const theirs = ['127.0.0.1', '::1'].map((address) => ({ address, port: http }))
  return {
    plane: id,
    vhosts,
    config: `${home}/lockgate`,
    tls: await authority.issue('edge', Object.values(publicNames)),
    ports: { http, https, dead, upstream },
    listening: vhosts === 'theirs' ? [...own, ...theirs] : own,
  }
}

export async function startBench(id: PlaneId, vhosts: Site['vhosts'] = 'ours'): Promise<Bench> {
  const name = `lg-${randomBytes(3).toString('hex')}`
  const home = join(tmpdir(), name)
  mkdirSync(home, { mode: 0o755 })
  const reaper = startReaper(name, home)
  const backend = await startEchoBackend()
  const close = async () => {
    await backend.close()
    await reaper.end()
  }
  try {
    const site = await siteOf(id, home, vhosts, backend.port)
    const version = await versionOf(planes[id])
    const render = (added: boolean) => planes[id].render(modelOf(site, added), version)
    const rendered = render(false)
    const parking = site.listening.map((one) => `${one.address}:${one.port}`)[0] as string
    const start = (argv: readonly string[], file: string) =>
      startChild(argv, { file: `${home}/${file}`, ...reaper.track })
    const engine = await startEngine({
      plane: id,
      edge: 'bench',
      home,
      start,
      parking,
      ...(vhosts === 'theirs' ? { after: handwrittenHosts(site, rendered), prepare: () => put(rendered, null) } : {}),
    })
    return await running({ plane: planes[id], engine, backend, site, render, close })
  } catch (error) {
    await close()
    throw error
  }
}

interface Parts {
  readonly plane: DataPlane
  readonly engine: Engine
  readonly backend: EchoBackend
  readonly site: Site
  readonly render: (added: boolean) => Rendered
  readonly close: () => Promise<void>
}

async function running({ plane, engine, backend, site, render, close }: Parts): Promise<Bench> {
  const { http, https } = site.ports
  const ca = readFileSync(site.tls.certificate, 'utf8')
  let live: Rendered | null = null
  const turn = async (next: Rendered) => {
    put(next, live)
    live = next
    const tested = await engine.test()
    if (tested && tested.code !== 0) throw new Error(`the engine refuses the files: ${tested.stdout}${tested.stderr}`)
    await engine.reload()
    await askGeneration(next, ca)
  }
  const rendered = render(false)
  await turn(rendered)
  // So that no case meets an engine that is still setting up; that the proof comes last is the reload's case.
  for (const end = performance.now() + 5_000; performance.now() < end; await sleep(20))
    if ((await askText(`http://127.0.0.1:${http}/`, publicNames.app, ca)) === 'the answer') break
  return {
    plane,
    engine,
    backend,
    ports: { http, https },
    rendered,
    authority: (name) => `${publicNames[name]}:${isHttps(name) ? https : http}`,
    destination: (listener, sni) => ({
      host: listener.endsWith('6') ? '::1' : '127.0.0.1',
      port: listener.startsWith('https') ? https : http,
      ...(listener.startsWith('https') ? { tls: { sni, ca } } : {}),
    }),
    accessLog: () => readFileSync(`${engine.config}/access.jsonl`, 'utf8').split('\n').filter(Boolean),
    reload: async (change) => {
      await turn(render(change === 'add'))
      if (change === 'remove') return
      const known = await askText(`http://127.0.0.1:${http}/`, 'added.test', ca)
      if (known !== 'the answer') throw new Error(`the added backend does not answer: ${known}`)
    },
    close,
  }
}
