/** What a running nginx serves: the main configuration of its master, checked against the files that `nginx -T` names. */
import { posix } from 'node:path'
import type { Edge, Reach } from '@lockgate/model'
import { filesOf } from '../files.ts'
import { readNginx } from '../nginx/read-nginx.ts'
import type { ProxyRead, Unread } from '../shapes.ts'
import { type Engine, findEngines, optionOf } from './engines.ts'
import { folderTakenIn } from './folder-taken-in.ts'
import { changedSinceLoaded } from './loaded-since.ts'

/** What is compiled in, from `nginx -V`. */
const compiledIn = (output: string) => ({
  prefix: /--prefix=(\S+)/.exec(output)?.[1] ?? '/usr/local/nginx',
  config: /--conf-path=(\S+)/.exec(output)?.[1] ?? 'conf/nginx.conf',
})

async function mainConfig(reach: Reach, engine: Engine): Promise<{ path: string; argv: readonly string[] }> {
  const given = { config: optionOf(engine.args, ['-c']), prefix: optionOf(engine.args, ['-p']) }
  const { stderr, stdout } = await reach.run([engine.program, '-V'])
  const standard = compiledIn(stderr + stdout)
  const prefix = posix.resolve(engine.cwd ?? '/', given.prefix ?? standard.prefix)
  const path = posix.resolve(prefix, given.config ?? standard.config)
  return { path, argv: [engine.program, '-T', '-q', '-p', `${prefix}/`, '-c', path] }
}

/** Files that nginx itself would read now; null where it could not be asked. */
async function filesByNginx(reach: Reach, argv: readonly string[]): Promise<readonly string[] | string | null> {
  const { code, stdout, stderr } = await reach.run(argv)
  if (code === 127) return null
  const lines = stderr.trim().split('\n')
  const last = lines.find((line) => /\[(emerg|crit|alert)\]/.test(line)) ?? lines.at(-1) ?? ''
  return code === 0 ? [...stdout.matchAll(/^# configuration file (.*):$/gm)].map((one) => one[1] as string) : last
}

async function compareFiles(reach: Reach, argv: readonly string[], read: ProxyRead): Promise<readonly Unread[]> {
  const theirs = await filesByNginx(reach, argv)
  if (theirs === null) return []
  const source = argv.join(' ')
  if (typeof theirs === 'string')
    return [
      { source, because: `nginx refuses what is on disk, so what it serves was read from something else: ${theirs}` },
    ]
  const missed = theirs.filter((path) => !read.files.includes(path))
  return missed.map((path) => ({ source: path, because: 'nginx includes this file, and it was not found by reading' }))
}

async function readEngine(reach: Reach, edge: Edge, engine: Engine): Promise<ProxyRead> {
  const { path, argv } = await mainConfig(reach, engine)
  const read = await readNginx(path, filesOf(reach))
  const global = optionOf(engine.args, ['-g'])
  const more: readonly Unread[] = /\b(include|http|stream)\b/.test(global ?? '')
    ? [{ source: `nginx process ${engine.pid}`, because: 'its option -g carries configuration, which is not read' }]
    : []
  const compared = await compareFiles(reach, argv, read)
  return {
    ...read,
    unread: [
      ...read.unread,
      ...more,
      ...compared,
      ...(await changedSinceLoaded(reach, engine.pid, read.files)),
      ...(await folderTakenIn(reach, edge, read, 'nginx')),
    ],
  }
}

export async function readRunningNginx(edge: Edge, reach: Reach): Promise<readonly ProxyRead[]> {
  const { engines, because } = await findEngines(reach, ['nginx'])
  const reads = await Promise.all(engines.map((engine) => readEngine(reach, edge, engine)))
  return because ? [...reads, { routes: [], files: [], unread: [{ source: reach.label, because }] }] : reads
}
