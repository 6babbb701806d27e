/** The reader of each kind of source. */
import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { openReach } from '@lockgate/reach'
import { flowSightings } from './access-log/flow-sightings.ts'
import { readAccessLog } from './access-log/read-access-log.ts'
import { readApache } from './apache/read-apache.ts'
import { parseDotEnv } from './compose/interpolate.ts'
import { readCompose } from './compose/read-compose.ts'
import { readEnvoy } from './envoy/read-envoy.ts'
import { localFiles } from './files.ts'
import { readHaproxy } from './haproxy/read-haproxy.ts'
import { readHosts } from './hosts/read-hosts.ts'
import { readKubernetes } from './kubernetes/read-kubernetes.ts'
import { readNginx } from './nginx/read-nginx.ts'
import type { SourceKind } from './parse-source.ts'
import type { FoundProxy, Reading, SourceReader } from './reading.ts'
import { routeSightings } from './route-sightings.ts'
import { readNmap } from './scan/read-nmap.ts'
import { scanNet } from './scan/scan-net.ts'
import type { Files, ProxyRead } from './shapes.ts'
import type { SightingsRead } from './sighting.ts'
import { readNxGraph, readWorkspace } from './workspace/read-workspace.ts'

/** Debian keeps what the configuration takes from the environment in a file beside it. */
async function readApacheFile(path: string, files: Files): Promise<ProxyRead> {
  const root = dirname(path)
  const environment = parseDotEnv((await files.read(join(root, 'envvars'))) ?? '')
  return readApache(path, files, { root, environment })
}

/** How each engine reads a main configuration file. */
const engines = {
  nginx: { plane: 'nginx', read: (path, files) => readNginx(path, files) },
  apache: { plane: 'apache', read: readApacheFile },
  envoy: { plane: 'envoy', read: (path, files) => readEnvoy(path, files) },
  haproxy: { plane: null, read: (path, files) => readHaproxy(path, files) },
} as const satisfies Record<
  string,
  { plane: FoundProxy['plane']; read: (path: string, files: Files) => Promise<ProxyRead> }
>

function proxyReader(engine: keyof typeof engines): SourceReader {
  return async (source, reading) => {
    const file = resolve(reading.baseDir, source.where)
    const { routes, unread, unused = [] } = await engines[engine].read(file, reading.files)
    const listen = [...new Set(routes.flatMap((one) => one.listen))]
    return {
      sightings: routeSightings(routes),
      unread: [...unread, ...unused],
      proxy: { source: source.text, plane: engines[engine].plane, engine, file, listen },
    }
  }
}

const fileReader =
  (read: (path: string, files: Files) => Promise<SightingsRead>): SourceReader =>
  (source, reading) =>
    read(resolve(reading.baseDir, source.where), reading.files)

/** Streamed from this machine, whatever its size; from elsewhere it is read as one text. */
const readLog: SourceReader = async (source, reading) => {
  const file = resolve(reading.baseDir, source.where)
  if (reading.files !== localFiles) {
    const text = await reading.files.read(file)
    if (text === null) throw new LockgateError('LG1201', `${file} is not there`)
    return flowSightings(readAccessLog(once(text)), file)
  }
  await access(file).catch((cause: Error) => {
    throw new LockgateError('LG1201', `${file} cannot be read: ${cause.message}`, { at: { file }, cause })
  })
  return flowSightings(readAccessLog(createReadStream(file, { signal: reading.signal })), file)
}

async function* once(text: string): AsyncGenerator<string> {
  yield text
}

const readNet: SourceReader = async (source, { baseDir, reach, signal, progress }: Reading) => {
  if (reach) return scanNet(source.where, reach, { signal, progress })
  const local = await openReach('local', { baseDir, ...(signal ? { signal } : {}) })
  try {
    return await scanNet(source.where, local, { signal, progress })
  } finally {
    await local.close()
  }
}

export const readers: Readonly<Record<SourceKind, SourceReader>> = {
  nginx: proxyReader('nginx'),
  apache: proxyReader('apache'),
  envoy: proxyReader('envoy'),
  haproxy: proxyReader('haproxy'),
  compose: fileReader(readCompose),
  kubernetes: fileReader(readKubernetes),
  hosts: fileReader(readHosts),
  workspace: fileReader((path, files) =>
    path.endsWith('.json') ? readNxGraph(path, files) : readWorkspace(path, files),
  ),
  'access-log': readLog,
  nmap: fileReader(readNmap),
  net: readNet,
}
