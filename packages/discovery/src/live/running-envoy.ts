/** What a running Envoy serves: `/config_dump` of its admin address where it has one, otherwise its bootstrap and the files that it watches. */
import { posix } from 'node:path'
import type { Edge, Endpoint, Reach } from '@lockgate/model'
import { liveResources } from '../envoy/config-dump.ts'
import { readEnvoy, readEnvoyResources } from '../envoy/read-envoy.ts'
import { filesOf } from '../files.ts'
import { emptyNotes, type ProxyRead } from '../shapes.ts'
import { parseLined, textAt, type Value } from '../yaml-lines.ts'
import { type Engine, findEngines, optionOf } from './engines.ts'
import { httpGet } from './http-get.ts'

/** Port 0 is replaced by the port that `--admin-address-path` was given. */
async function adminOf(reach: Reach, engine: Engine, bootstrap: Value | undefined): Promise<Endpoint | null> {
  const written = optionOf(engine.args, ['--admin-address-path'])
  const file = written === null ? null : await reach.readFile(posix.resolve(engine.cwd ?? '/', written))
  const said = /^\[?([^\]]*)\]?:(\d+)$/.exec(file?.toString('utf8').trim() ?? '')
  if (said) return { host: said[1] as string, port: Number(said[2]) }
  const host = textAt(bootstrap, 'admin', 'address', 'socket_address', 'address')
  const port = Number(textAt(bootstrap, 'admin', 'address', 'socket_address', 'port_value') ?? 0)
  return host && port > 0 ? { host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port } : null
}

/** The live routes, each with its place in the files where the same route stands there. */
function routesOfDump(dump: Value, source: string, files: ProxyRead): ProxyRead {
  const resources = liveResources(dump)
  if (!resources) return { ...files, unread: [{ source, because: 'the answer is not a config dump' }] }
  const notes = emptyNotes()
  readEnvoyResources(resources, () => ({ file: source, line: 1 }), notes)
  const key = (one: { name: string; path: string; upstreams: readonly string[] }) =>
    JSON.stringify([one.name, one.path, one.upstreams])
  const known = new Map(files.routes.map((one) => [key(one), one]))
  const routes = notes.routes.map((one) => {
    const place = known.get(key(one))
    return place ? { ...one, file: place.file, line: place.line } : one
  })
  return { routes, unread: notes.unread, files: files.files }
}

function parseJson(text: string): Value {
  try {
    return JSON.parse(text) as Value
  } catch {
    return null
  }
}

async function readEngine(reach: Reach, engine: Engine): Promise<ProxyRead> {
  const config = optionOf(engine.args, ['-c', '--config-path'])
  const inline = optionOf(engine.args, ['--config-yaml'])
  const folder = engine.cwd ?? '/'
  const source = `envoy process ${engine.pid}`
  const path = config === null ? source : posix.resolve(folder, config)
  if (config === null && inline === null)
    return {
      routes: [],
      files: [],
      unread: [{ source, because: 'it was started without -c and without --config-yaml' }],
    }
  const files = filesOf(reach)
  const text = config === null ? (inline as string) : ((await files.read(path)) ?? '')
  const read = await readEnvoy(path, files, folder, config === null ? text : undefined)
  const unread =
    inline !== null && config !== null
      ? [{ source, because: 'its option --config-yaml is merged in, which is not read' }]
      : []
  const values = [inline ?? '', text].map((one) => parseLined(one).values[0])
  const admin = (await adminOf(reach, engine, values[0])) ?? (await adminOf(reach, engine, values[1]))
  if (!admin) return { ...read, unread: [...read.unread, ...unread] }
  const url = `http://${admin.host}:${admin.port}/config_dump`
  const got = await httpGet(reach, admin, '/config_dump?include_eds')
  if ('because' in got || got.status !== 200)
    return {
      ...read,
      unread: [...read.unread, { source: url, because: 'because' in got ? got.because : `answered ${got.status}` }],
    }
  return routesOfDump(parseJson(got.body), url, read)
}

export async function readRunningEnvoy(_edge: Edge, reach: Reach): Promise<readonly ProxyRead[]> {
  const { engines, because } = await findEngines(reach, ['envoy'])
  const reads = await Promise.all(engines.map((engine) => readEngine(reach, engine)))
  return because ? [...reads, { routes: [], files: [], unread: [{ source: reach.label, because }] }] : reads
}
