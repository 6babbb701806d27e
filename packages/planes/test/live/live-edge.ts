/** An edge with a real engine in front of an echo backend, for the cases that every engine must pass. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DataPlane, Feature, Rendered } from '@lockgate/model'
import { edgeModel, settingsOf } from '../model.ts'
import { makeCertificate } from './certificate.ts'
import { type EchoBackend, startEchoBackend } from './echo-backend.ts'
import { freePorts } from './free-ports.ts'
import { type Engine, startEngine } from './run-engine.ts'

export interface EngineKind {
  readonly plane: DataPlane
  readonly version: string
  /** Writes the operator's main configuration and returns how to start, reload and test. */
  main(
    root: string,
    folder: string,
    ports: { readonly http: number; readonly https: number },
  ): { readonly start: readonly string[]; readonly reload: readonly string[]; readonly test: readonly string[] }
}

export interface LiveEdge {
  readonly http: number
  readonly https: number
  readonly backend: EchoBackend
  readonly rendered: Rendered
  readonly engine: Engine
  readonly reload: readonly string[]
  can(feature: Feature): boolean
  log(): readonly Record<string, unknown>[]
  /** Renders with other backends and writes the files. */
  write(backends: readonly Readonly<Record<string, unknown>>[]): Rendered
  stop(): Promise<void>
}

const put = (rendered: Rendered): void => {
  for (const file of rendered.target.files) {
    mkdirSync(join(file.path, '..'), { recursive: true })
    writeFileSync(file.path, file.content)
  }
}

export const liveBackends = (http: number, https: number, upstream: number, dead: number) => [
  { id: 'plain', public: `http://plain.acme.test:${http}`, upstream: `http://127.0.0.1:${upstream}` },
  { id: 'safe', public: `https://safe.acme.test:${https}`, upstream: `http://127.0.0.1:${upstream}` },
  { id: 'other', public: `https://other.acme.test:${https}`, upstream: `http://127.0.0.1:${upstream}` },
  {
    id: 'relaxed',
    public: `http://relaxed.acme.test:${http}`,
    upstream: `http://127.0.0.1:${upstream}`,
    paths: { 'encoded-slash': 'keep', 'empty-segments': 'keep', parameters: 'keep' },
  },
  {
    id: 'small',
    public: `http://small.acme.test:${http}`,
    upstream: `http://127.0.0.1:${upstream}`,
    limits: { body: '1KiB', timeout: '1s' },
  },
  { id: 'dead', public: `http://dead.acme.test:${http}`, upstream: `http://127.0.0.1:${dead}` },
]

export async function startLiveEdge({ plane, version, main }: EngineKind): Promise<LiveEdge> {
  const root = mkdtempSync(join(tmpdir(), `lockgate-${plane.id}-`))
  const folder = join(root, 'lockgate')
  mkdirSync(folder)
  const backend = await startEchoBackend()
  const [http, https, dead] = (await freePorts(3)) as [number, number, number]
  const listen = ['127.0.0.1', '[::1]'].flatMap((one) => [`http://${one}:${http}`, `https://${one}:${https}`])
  const edge = { plane: plane.id, config: folder, listen, tls: makeCertificate(root) }
  const write = (backends: readonly Readonly<Record<string, unknown>>[]): Rendered => {
    const rendered = plane.render(edgeModel(settingsOf({ edges: [edge], backends })), version)
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.conf'))) rmSync(join(folder, name))
    put(rendered)
    return rendered
  }
  const clean = async () => {
    await backend.close()
    rmSync(root, { recursive: true, force: true })
  }
  try {
    const rendered = write(liveBackends(http, https, backend.port, dead))
    const { start, reload } = main(root, folder, { http, https })
    const engine = await startEngine(start, http)
    const log = () =>
      readFileSync(join(folder, 'access.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    const can = (feature: Feature) => 'since' in plane.supports[feature]
    return { http, https, backend, rendered, engine, reload, can, log, write, stop: () => engine.stop().finally(clean) }
  } catch (error) {
    await clean()
    throw error
  }
}
