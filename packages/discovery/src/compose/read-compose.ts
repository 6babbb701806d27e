/** A compose file with the one that overrides it and those that it includes, as mentions of services. */
import { posix } from 'node:path'
import { isLoopback, keyOf } from '../endpoint.ts'
import { cannotRead, type Files, type Unread } from '../shapes.ts'
import { type Sighting, type SightingsRead, sighted } from '../sighting.ts'
import { at, isMapping, listAt, parseLined, textAt, type Value } from '../yaml-lines.ts'
import { extended, servicesIn } from './extended.ts'
import { type Environment, interpolateAll, parseDotEnv } from './interpolate.ts'
import { type Published, readPort } from './ports.ts'

interface Scope {
  readonly files: Files
  readonly unread: Unread[]
  readonly sightings: Sighting[]
  readonly opened: Set<string>
  /** The values of variables that `.env` does not have. */
  readonly environment: Environment
}

/** Programs whose images speak no HTTP to users. */
const notHttp =
  /(^|\/)(postgres|postgis|mysql|mariadb|redis|valkey|memcached|mongo|mongodb|rabbitmq|kafka|zookeeper|nats|etcd|cassandra|mssql|server-oracle|oracle|mosquitto|openldap|postfix|dovecot|sftp)(:|@|$|-)/i

export async function readCompose(main: string, files: Files, environment: Environment = {}): Promise<SightingsRead> {
  const scope: Scope = { files, unread: [], sightings: [], opened: new Set(), environment }
  await readFile(main, scope)
  const override = main.replace(/\.(ya?ml)$/, '.override.$1')
  if (/(^|\/)(docker-)?compose\.ya?ml$/.test(main) && (await files.read(override)) !== null)
    await readFile(override, scope)
  return { sightings: scope.sightings, unread: scope.unread }
}

async function readFile(path: string, scope: Scope): Promise<void> {
  if (scope.opened.has(path)) return
  scope.opened.add(path)
  const text = await scope.files.read(path)
  if (text === null) return cannotRead(scope, path, null, 'it is not there')
  const lined = parseLined(text)
  if (lined.error) cannotRead(scope, path, lined.error.line, lined.error.because)
  const folder = posix.dirname(path)
  const dotEnv = parseDotEnv((await scope.files.read(posix.join(folder, '.env'))) ?? '')
  const lines = new Map<object, number>()
  const missing = (name: string) => cannotRead(scope, path, null, `the variable ${name} has no value in .env`)
  const read = withoutTheUnread(lined.values[0] ?? null, (from, to) => lines.set(to, lined.lineOf(from as Value)))
  const environment = { ...dotEnv, ...scope.environment }
  const value = interpolateAll(read, environment, missing, (from, to) =>
    lines.set(to, lines.get(from) ?? lined.lineOf(from as Value)),
  )
  const put = (other: Value) =>
    interpolateAll(
      withoutTheUnread(other, () => {}),
      environment,
      missing,
      () => {},
    )
  const services = servicesIn(value)
  if (services === null && listAt(value, 'include').length === 0)
    cannotRead(scope, path, null, 'it has no services; is it a compose file?')
  for (const [name, given] of Object.entries(services ?? {})) {
    const line = Math.max(1, (lines.get(given as object) ?? 1) - 1)
    const cannot = (because: string) => cannotRead(scope, path, line, `what ${name} takes over by extends: ${because}`)
    const service = await extended(given, { path, services: services ?? {}, files: scope.files, put, cannot })
    readService({ name, service, path, folder, line }, scope)
  }
  for (const one of listAt(value, 'include')) {
    const paths = typeof one === 'string' ? [one] : [at(one, 'path') ?? null].flat()
    for (const inner of paths) await readFile(posix.resolve(folder, String(inner)), scope)
  }
}

/** Keys of a service that say nothing of where it is reached; what a variable in them holds does not matter here. */
const elsewhere = new Set(
  'environment env_file command entrypoint healthcheck volumes secrets configs logging deploy develop depends_on sysctls'.split(
    ' ',
  ),
)

function withoutTheUnread(file: Value, moved: (from: object, to: object) => void): Value {
  if (!isMapping(file)) return file
  const services = servicesIn(file)
  if (services === null) return file
  const kept = Object.entries(services).map(([name, service]) => {
    if (!isMapping(service)) return [name, service] as const
    const one = Object.fromEntries(Object.entries(service).filter(([key]) => !elsewhere.has(key)))
    moved(service, one)
    return [name, one] as const
  })
  return { ...(file.include === undefined ? {} : { include: file.include }), services: Object.fromEntries(kept) }
}

interface Service {
  readonly name: string
  readonly service: Value
  readonly path: string
  readonly folder: string
  readonly line: number
}

const portOf = (value: Value): readonly number[] => {
  const port = Number(String(value).split('/')[0])
  return Number.isInteger(port) && port > 0 && port < 65_536 ? [port] : []
}

function readService({ name, service, path, folder, line }: Service, scope: Scope): void {
  const published = listAt(service, 'ports').flatMap((one) => {
    const ports = readPort(one)
    if (!ports) cannotRead(scope, path, line, `the port ${JSON.stringify(one)} of ${name} cannot be read`)
    return ports ?? []
  })
  const image = textAt(service, 'image') ?? ''
  const context = textAt(service, 'build', 'context') ?? textAt(service, 'build')
  const code = context === null ? null : posix.resolve(folder, context)
  const inside = [...published.map((one) => one.target), ...listAt(service, 'expose').flatMap(portOf)]
  const names = [name, textAt(service, 'container_name'), textAt(service, 'hostname')].flatMap((one) => one ?? [])
  const isHost = textAt(service, 'network_mode') === 'host'
  const fixed = published.filter((one) => !isAny(one.address) && one.port !== null)
  const own = networkAddresses(service)
  const http = !notHttp.test(image)
  scope.sightings.push(
    sighted({
      name,
      upstream: http ? upstreamOf(name, published, inside) : null,
      keys: [
        `compose:${folder}:${name}`,
        ...(code === null ? [] : [`code:${code}`]),
        ...[...names, ...own].flatMap((one) => inside.map((port) => keyOf(one, port))),
        ...fixed.map((one) => keyOf(one.address, one.port as number)),
      ],
      publics: traefikHosts(service),
      hosts: [...fixed.map((one) => [one.address]), ...(own.length > 0 ? [own] : [])],
      ports: published.flatMap((one) => one.port ?? []),
      exposed: published
        .filter((one) => one.port !== null && !isLoopback(one.address))
        .map((one) => ({ address: one.address, port: one.port as number, by: `ports of the compose service ${name}` })),
      notes: notesOf(service, { image, http, isHost, published, inside }),
      file: path,
      line,
      ...(code === null ? {} : { code }),
    }),
  )
}

/** Fixed addresses, which a macvlan or a routed bridge opens to others. */
const networkAddresses = (service: Value): readonly string[] => {
  const networks = at(service, 'networks')
  return Object.values(isMapping(networks) ? networks : {}).flatMap((one) =>
    ['ipv4_address', 'ipv6_address'].flatMap((key) => textAt(one, key) ?? []),
  )
}

const isAny = (address: string): boolean => address === '0.0.0.0' || address === '::'

/** Ports of debuggers, which are no reason to take a service for one that answers there. */
const debuggers = new Set([5005, 5678, 9229, 40000])

/** null where the host's address is not said. */
function upstreamOf(name: string, published: readonly Published[], inside: readonly number[]): string | null {
  const [first] = published.filter((one) => one.port !== null && !debuggers.has(one.target))
  if (first) return isAny(first.address) ? null : `http://${keyOf(first.address, first.port as number)}`
  return published.length === 0 && inside[0] !== undefined ? `http://${keyOf(name, inside[0])}` : null
}

interface Seen {
  readonly image: string
  readonly http: boolean
  readonly isHost: boolean
  readonly published: readonly Published[]
  readonly inside: readonly number[]
}

function notesOf(service: Value, { image, http, isHost, published, inside }: Seen): readonly string[] {
  const profiles = listAt(service, 'profiles').map(String)
  const open = published.flatMap((one) => (isAny(one.address) && one.port !== null ? [one.port] : []))
  return [
    ...(open.length > 0
      ? [`published on every address of its host, port ${open.join(', ')}; which host is not said`]
      : []),
    ...(http ? [] : [`the image ${image} speaks no HTTP`]),
    ...(isHost ? ['network_mode host: every port that it listens on is open on the host'] : []),
    ...(profiles.length > 0 ? [`runs with the profile ${profiles.join(', ')} only`] : []),
    ...(published.length === 0 && inside.length > 0 && !isHost ? ['reachable inside its compose network only'] : []),
    ...(inside.length === 0 && http && !isHost ? ['which port it listens on is not said'] : []),
    ...(published.some((one) => one.port === null) ? ['Docker publishes one of its ports at random'] : []),
  ]
}

/** Host(`a`) in rules of Traefik labels; https where the router has TLS. */
function traefikHosts(service: Value): readonly string[] {
  const labels = at(service, 'labels')
  const pairs = Array.isArray(labels)
    ? labels.map((one) => String(one)).map((one) => [one.split('=')[0] ?? '', one.slice(one.indexOf('=') + 1)] as const)
    : Object.entries(isMapping(labels) ? labels : {}).map(([key, value]) => [key, String(value)] as const)
  return pairs.flatMap(([key, rule]) => {
    const router = /^traefik\.http\.routers\.([^.]+)\.rule$/.exec(key)?.[1]
    if (!router) return []
    const tls = pairs.some(([other]) => other.startsWith(`traefik.http.routers.${router}.tls`))
    const hosts = [...rule.matchAll(/Host\(([^)]*)\)/g)].flatMap((one) => [
      ...(one[1] as string).matchAll(/[`"]([^`"]+)[`"]/g),
    ])
    return hosts.map((one) => `${tls ? 'https' : 'http'}://${(one[1] as string).toLowerCase()}`)
  })
}
