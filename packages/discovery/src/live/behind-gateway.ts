/** Where an engine's routes go on to from the gateway beside it: the file that the gateway watches says so. */
import { type Edge, type GatewayConfig, hostPort, type Reach, type Route } from '@lockgate/model'
import { textOf } from '../files.ts'
import type { ProxyRead } from '../shapes.ts'
import { parseGatewayFile } from './gateway-file.ts'

type GatewayBackend = GatewayConfig['backends'][number]

/** nginx's `~^a\.b$` takes one name; of any other pattern, the pattern. */
function oneName(name: string): string {
  const escaped = /^~\^((?:[\w-]|\\[-.])+)\$$/.exec(name)?.[1]
  return escaped?.replaceAll('\\', '') ?? name
}

const bareName = (name: string): string =>
  oneName(name)
    .toLowerCase()
    .replace(/:(?:\d+|\*)$/, '')
    .replace(/\.$/, '')

/** The gateway answers these itself: the login origin, and whoever asks for the generation. */
const isItsOwn = (name: string, login: string): boolean =>
  name === login || (!name.startsWith('~') && name.endsWith('.lockgate.invalid'))

/** By the name under which it arrives. Under one that the gateway does not know, the engine may set any (`Lockgate-Host`). */
function backendsUnder(route: Route, { identity, backends }: GatewayConfig): readonly GatewayBackend[] {
  const name = bareName(route.name)
  const own = backends.filter((one) => one.public.host === name)
  if (own.length > 0) return own
  return isItsOwn(name, identity?.origin.host ?? '') ? [] : backends
}

/** Whether an upstream such as `http+unix:/run/gate.sock` or `http://127.0.0.1:9000` is where the gateway listens. */
const leadsThere = (upstream: string, decide: readonly string[]): boolean =>
  decide.includes(upstream.replace(/^https?(?:\+(?=unix:)|:\/\/)/, ''))

/** Each of the routes that leads to the gateway, once for every backend that it leads on to. */
export function routesBehind(routes: readonly Route[], gateway: GatewayConfig): readonly Route[] {
  const decide = gateway.identity?.decide ?? []
  return routes
    .filter((route) => route.upstreams.some((one) => leadsThere(one, decide)))
    .flatMap((route) =>
      backendsUnder(route, gateway).map(({ upstream }) => ({
        ...route,
        upstreams: [`${upstream.scheme}://${hostPort(upstream.host, upstream.port)}`],
      })),
    )
}

/** What `reads` lead on to through the gateway beside the engine; nothing where there is none. */
export async function readBehindGateway(
  edge: Edge,
  reach: Reach,
  reads: readonly ProxyRead[],
): Promise<readonly ProxyRead[]> {
  const file = `${edge.config}/gateway.json`
  const bytes = await reach.readFile(file)
  if (bytes === null) return []
  const gateway = parseGatewayFile(textOf(bytes, file))
  if (typeof gateway === 'string') return [{ routes: [], files: [], unread: [{ source: file, because: gateway }] }]
  const routes = reads.flatMap((one) => one.routes)
  return [{ routes: routesBehind(routes, gateway), files: [file], unread: [] }]
}
