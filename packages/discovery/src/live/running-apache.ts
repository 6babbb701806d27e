/** What a running Apache serves: the configuration of its parent process, checked against what the server itself includes. */
import { posix } from 'node:path'
import type { Edge, Reach } from '@lockgate/model'
import type { ApacheStart } from '../apache/load-apache.ts'
import { readApache } from '../apache/read-apache.ts'
import { filesOf } from '../files.ts'
import type { ProxyRead, Unread } from '../shapes.ts'
import { type Engine, findEngines, optionOf } from './engines.ts'
import { folderTakenIn } from './folder-taken-in.ts'

async function environmentOf(reach: Reach, engine: Engine): Promise<Readonly<Record<string, string>> | null> {
  const { code, stdout } = await reach.run(['cat', `/proc/${engine.pid}/environ`])
  if (code !== 0) return null
  const pairs = stdout.split('\0').filter((one) => one.includes('='))
  return Object.fromEntries(pairs.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]))
}

const definesOf = (args: readonly string[]): readonly string[] =>
  args.flatMap((arg, index) => (arg === '-D' ? [args[index + 1] ?? ''] : arg.startsWith('-D') ? [arg.slice(2)] : []))

async function startOf(reach: Reach, engine: Engine, environment: Readonly<Record<string, string>>) {
  const { stdout } = await reach.run([engine.program, '-V'])
  const root = optionOf(engine.args, ['-d']) ?? /HTTPD_ROOT="([^"]*)"/.exec(stdout)?.[1] ?? '/usr/local/apache2'
  const standard = /SERVER_CONFIG_FILE="([^"]*)"/.exec(stdout)?.[1] ?? 'conf/httpd.conf'
  const start: ApacheStart = {
    root: posix.resolve(engine.cwd ?? '/', root),
    defines: definesOf(engine.args),
    environment,
  }
  return { start, main: posix.resolve(start.root, optionOf(engine.args, ['-f']) ?? standard) }
}

/** Asks the server which files it would read now, with the arguments and the environment of the running one. */
async function compareFiles(reach: Reach, engine: Engine, env: Readonly<Record<string, string>>, read: ProxyRead) {
  const kept = engine.args.filter((arg, index) => arg !== '-k' && engine.args[index - 1] !== '-k' && !/^-k/.test(arg))
  const settings = Object.entries(env).flatMap(([name, value]) =>
    /^APACHE_|^LANG$/.test(name) ? [`${name}=${value}`] : [],
  )
  const ask = [engine.program, ...kept.filter((arg) => !/^-(DFOREGROUND|X)$/.test(arg)), '-t', '-D', 'DUMP_INCLUDES']
  const { code, stdout, stderr } = await reach.run(['env', ...settings, ...ask])
  if (code === 127) return []
  const last = stderr.trim().split('\n').at(-1) ?? ''
  const source = ask.join(' ')
  if (code !== 0)
    return [
      { source, because: `Apache refuses what is on disk, so what it serves was read from something else: ${last}` },
    ]
  const theirs = [...stdout.matchAll(/^\s*\(\S+\)\s+(\/.*)$/gm)].map((one) => posix.normalize(one[1] as string))
  return theirs
    .filter((path) => !read.files.includes(path))
    .map((path) => ({ source: path, because: 'Apache includes this file, and it was not found by reading' }))
}

async function readEngine(reach: Reach, edge: Edge, engine: Engine): Promise<ProxyRead> {
  const environment = await environmentOf(reach, engine)
  const { start, main } = await startOf(reach, engine, environment ?? {})
  const read = await readApache(main, filesOf(reach), start)
  const source = `apache process ${engine.pid}`
  const more: Unread[] = []
  if (!environment)
    more.push({ source, because: 'its environment cannot be read, which its configuration may use; set sudo: true' })
  if (engine.args.some((arg) => /^-[Cc]$/.test(arg)))
    more.push({ source, because: 'its option -C or -c carries configuration, which is not read' })
  more.push(...(await compareFiles(reach, engine, environment ?? {}, read)))
  more.push(...(await folderTakenIn(reach, edge, read, 'Apache')))
  return { ...read, unread: [...read.unread, ...more] }
}

export async function readRunningApache(edge: Edge, reach: Reach): Promise<readonly ProxyRead[]> {
  const { engines, because } = await findEngines(reach, ['apache2', 'httpd'])
  const reads = await Promise.all(engines.map((engine) => readEngine(reach, edge, engine)))
  return because ? [...reads, { routes: [], files: [], unread: [{ source: reach.label, because }] }] : reads
}
