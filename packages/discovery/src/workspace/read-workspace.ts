/** npm, pnpm, Nx and Turbo workspaces as mentions: the projects that look like servers, with where their code is. */
import { posix } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { cannotRead, type Files, type Unread } from '../shapes.ts'
import { type Sighting, type SightingsRead, sighted } from '../sighting.ts'
import { at, isMapping, type Lined, listAt, parseLined, textAt, type Value } from '../yaml-lines.ts'
import { projectFolders } from './project-folders.ts'

/** Packages that listen, and what a project is called by them. */
const frameworks: readonly (readonly [string, string])[] = [
  ['next', 'Next.js'],
  ['nuxt', 'Nuxt'],
  ['@sveltejs/kit', 'SvelteKit'],
  ['@remix-run/node', 'Remix'],
  ['@nestjs/core', 'NestJS'],
  ['express', 'Express'],
  ['fastify', 'Fastify'],
  ['koa', 'Koa'],
  ['hono', 'Hono'],
  ['@hapi/hapi', 'hapi'],
  ['restify', 'Restify'],
  ['@apollo/server', 'Apollo'],
  ['@angular/core', 'Angular'],
  ['vite', 'Vite'],
]

export async function readWorkspace(folder: string, files: Files): Promise<SightingsRead> {
  const unread: Unread[] = []
  const root = await readManifest(folder, 'package.json', files, unread)
  const nx = await readManifest(folder, 'nx.json', files, unread)
  const turbo = await readManifest(folder, 'turbo.json', files, unread)
  if (!root && !nx && (await files.list(folder)) === null)
    cannotRead({ unread }, folder, null, 'there is no such folder')
  const folders = await projectFolders(folder, files, at(root?.values[0], 'workspaces'))
  const persistent = persistentTasks(turbo?.values[0])
  const sightings: Sighting[] = []
  for (const one of folders) {
    const project = await readProject(one, files, unread, persistent)
    if (project) sightings.push(project)
  }
  if (listAt(nx?.values[0], 'plugins').length > 0)
    cannotRead(
      { unread },
      posix.join(folder, 'nx.json'),
      null,
      'its plugins infer targets, which are not seen here; `nx graph --file=graph.json` writes them, then --from workspace:graph.json',
    )
  return { sightings, unread }
}

async function readManifest(folder: string, name: string, files: Files, unread: Unread[]): Promise<Lined | null> {
  const path = posix.join(folder, name)
  try {
    const text = await files.read(path)
    if (text === null) return null
    const lined = parseLined(text)
    if (lined.error) cannotRead({ unread }, path, lined.error.line, `it is not JSON: ${lined.error.because}`)
    return lined
  } catch (cause) {
    if (!(cause instanceof LockgateError)) throw cause
    cannotRead({ unread }, path, null, cause.message)
    return null
  }
}

/** Turbo says of a task that it never ends: that is a server. */
function persistentTasks(turbo: Value | undefined): readonly string[] {
  const tasks = at(turbo, 'tasks') ?? at(turbo, 'pipeline')
  return Object.entries(isMapping(tasks) ? tasks : {})
    .filter(([, task]) => at(task, 'persistent') === true)
    .map(([name]) => name.replace(/^.*#/, ''))
}

const serverTasks = ['start', 'serve', 'dev', 'preview']

/** Ports in scripts: `--port 3000`, `-p 3000`, `PORT=3000`. */
const portsIn = (script: string): readonly number[] =>
  [...script.matchAll(/(?:--port[= ]|(?:^|\s)-p[= ]?|\bPORT=)(\d{2,5})\b/g)]
    .map((one) => Number(one[1]))
    .filter((port) => port < 65_536)

async function readProject(
  folder: string,
  files: Files,
  unread: Unread[],
  persistent: readonly string[],
): Promise<Sighting | null> {
  const manifest = await readManifest(folder, 'package.json', files, unread)
  const project = await readManifest(folder, 'project.json', files, unread)
  const value = manifest?.values[0]
  const nx = project?.values[0] ?? at(value, 'nx')
  const scripts = at(value, 'scripts')
  const running = Object.entries(isMapping(scripts) ? scripts : {}).filter(
    ([name]) => persistent.includes(name) || serverTasks.includes(name),
  )
  const targets = at(nx, 'targets')
  const served = Object.entries(isMapping(targets) ? targets : {}).filter(([name]) => serverTasks.includes(name))
  const dependencies = at(value, 'dependencies')
  const framework = frameworks.find(([name]) => isMapping(dependencies) && Object.hasOwn(dependencies, name))
  const isApplication = textAt(nx, 'projectType') === 'application'
  if (!isApplication && !(framework && running.length > 0) && served.length === 0) return null
  if (textAt(nx, 'projectType') === 'library') return null
  const ports = [
    ...running.flatMap(([, script]) => portsIn(String(script))),
    ...served.flatMap(([, target]) => Number(textAt(target, 'options', 'port') ?? 0) || []),
  ]
  const name = textAt(nx, 'name') ?? textAt(value, 'name') ?? posix.basename(folder)
  return sighted({
    name: name.replace(/^@[^/]+\//, ''),
    keys: [`code:${folder}`],
    ports: [...new Set(ports)],
    notes: [
      ...(framework ? [`a project of this workspace that uses ${framework[1]}`] : ['an application of this workspace']),
      ...(ports.length > 0 ? [`listens on port ${[...new Set(ports)].join(', ')} in development`] : []),
    ],
    file: posix.join(folder, project ? 'project.json' : 'package.json'),
    line: 1,
    code: folder,
  })
}

/** The file that `nx graph --file=graph.json` writes. */
export async function readNxGraph(file: string, files: Files): Promise<SightingsRead> {
  const unread: Unread[] = []
  const lined = await readManifest(posix.dirname(file), posix.basename(file), files, unread)
  const nodes = at(lined?.values[0], 'graph', 'nodes') ?? at(lined?.values[0], 'nodes')
  if (!isMapping(nodes))
    cannotRead({ unread }, file, null, 'it has no graph.nodes; `nx graph --file=graph.json` writes them')
  const applications = Object.entries(isMapping(nodes) ? nodes : {}).filter(
    ([, node]) => textAt(node, 'type') === 'app',
  )
  const sightings = applications.map(([name, node]) => {
    const root = textAt(node, 'data', 'root') ?? ''
    const port = Number(textAt(node, 'data', 'targets', 'serve', 'options', 'port') ?? 0)
    return sighted({
      name: name.replace(/^@[^/]+\//, ''),
      keys: [`code:${posix.resolve(posix.dirname(file), root)}`],
      ports: port > 0 ? [port] : [],
      notes: ['an application of the Nx project graph'],
      file,
      line: lined?.lineOf(node) ?? 1,
      code: posix.resolve(posix.dirname(file), root),
    })
  })
  return { sightings, unread }
}
