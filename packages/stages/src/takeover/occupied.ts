/** Names of backends that another virtual host of the same engine serves, from the engine's live configuration. Pure. */
import { type Backend, type Edge, parseOrigin, type Route, type Settings, type Step } from '@lockgate/model'

export interface Occupied {
  readonly backend: Backend
  readonly route: Route
  /** Only such a virtual host can be taken away without taking other names with it. */
  readonly exact: boolean
}

export function occupied(edge: Edge, backends: readonly Backend[], routes: readonly Route[]): readonly Occupied[] {
  if (edge.vhosts !== 'ours') return []
  const foreign = routes.filter((one) => !one.file.startsWith(`${edge.config}/`))
  return backends
    .filter((one) => one.edge === edge.id)
    .flatMap((backend) => {
      const found = foreign.flatMap((route) => {
        const serves = onItsPort(route, backend) ? namedBy(route, backend) : null
        return serves === null ? [] : [{ backend, route, exact: serves === 'exact' }]
      })
      return [...new Map(found.map((one) => [hostOf(one.route), one])).values()]
    })
}

/** A virtual host has a route for each of its paths; the name and what it listens on tell it from others. */
const hostOf = ({ name, listen, file }: Route): string => [name, ...listen, file].join('\n')

const portOf = (listen: string): number => Number(/:(\d+)$/.exec(listen)?.[1] ?? Number.NaN)

function onItsPort(route: Route, { public: seen }: Backend): boolean {
  const ports = route.listen.map(portOf)
  return ports.length === 0 || ports.some((port) => Number.isNaN(port) || port === seen.port)
}

const catchAll: readonly string[] = ['*', '_', '']

function namedBy(route: Route, backend: Backend): 'exact' | 'pattern' | null {
  const name = route.name.toLowerCase().replace(/:(?:\d+|\*)$/, '')
  const { host } = backend.public
  if (name === host) return 'exact'
  if (catchAll.includes(name)) return leadsTo(route, backend) ? 'pattern' : null
  return matches(name, host) ? 'pattern' : null
}

/** `*.acme.test`, `payroll.*` and nginx's `~regular expressions`. */
function matches(name: string, host: string): boolean {
  if (name.startsWith('*.')) return host.endsWith(name.slice(1))
  if (name.endsWith('.*')) return host.startsWith(name.slice(0, -1))
  if (!name.startsWith('~')) return false
  try {
    return new RegExp(name.slice(1), 'i').test(host)
  } catch {
    return false
  }
}

/** A virtual host for whatever is named nowhere serves the backend's name only where it leads there. */
const leadsTo = (route: Route, { upstream }: Backend): boolean =>
  route.upstreams.some((one) => {
    const origin = parseOrigin(/^https?:\/\/[^/]+/.exec(one)?.[0] ?? '')
    return origin?.host === upstream.host && origin.port === upstream.port
  })

/** A step for each virtual host that still serves the name of a backend; `routesOf` gives what the edge's engine has live. */
export async function openRemovals(
  { edges, backends }: Pick<Settings, 'edges' | 'backends'>,
  routesOf: (edge: Edge) => Promise<readonly Route[]>,
): Promise<readonly Step[]> {
  const steps: Step[] = []
  for (const edge of edges) {
    const own = backends.filter((one) => one.edge === edge.id)
    if (own.length === 0 || edge.vhosts !== 'ours') continue
    steps.push(...occupied(edge, own, await routesOf(edge)).flatMap((one) => (one.exact ? [removal(edge, one)] : [])))
  }
  return steps
}

const removal = ({ via }: Edge, { backend, route: { name, file, line } }: Occupied): Step => ({
  via,
  file,
  line,
  text: `Remove the virtual host of ${name} at ${file}:${line} and reload, once \`lockgate apply --sample ACCESS-LOG\` has taken ${backend.public.origin} over`,
  expects: null,
})
