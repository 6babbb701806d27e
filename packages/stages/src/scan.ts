/** `lockgate scan`: what exists by the named sources and on the known hosts, and is not yet in lockgate.yaml. */
import type { Discovered, Found } from '@lockgate/discovery'
import { type answers, type Backend, hostPort, parseOrigin } from '@lockgate/model'
import { openSurroundings, type Surroundings } from './surroundings.ts'
import type { Workspace } from './workspace.ts'

type ScannedBackend = answers.ScanAnswer['backends'][number]

export async function scanSources(workspace: Workspace, from: readonly string[]): Promise<answers.ScanAnswer> {
  const { settings, signal, progress } = workspace
  const { discover, parseSource } = await import('@lockgate/discovery')
  const sources = from.map(parseSource)
  const discovered: Discovered = await discover(sources, { baseDir: workspace.dir, signal, progress })
  const surroundings = await openSurroundings(workspace, {})
  const unread = [...discovered.unread]
  const backends: ScannedBackend[] = []
  for (const found of discovered.found)
    backends.push(await describeFound(found, settings.backends, surroundings, workspace))
  for (const backend of settings.backends) {
    const row = await describeKnown(backend, surroundings, workspace, unread)
    if (!backends.some((one) => one.known && one.id === row.id)) backends.push(row)
  }
  for (const [id, because] of surroundings.down) unread.push({ source: `vantage ${id}`, because })
  if (from.length === 0) backends.push(...(await unlistedRoutes(workspace, surroundings, unread)))
  return { backends, unread }
}

/** What the sources say, where there is no lockgate.yaml to compare with: all of it is new, and no vantage is known to try it from. */
export async function scanWithoutWorkspace(
  dir: string,
  from: readonly string[],
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<answers.ScanAnswer> {
  const { discover, parseSource } = await import('@lockgate/discovery')
  const { found, unread } = await discover(from.map(parseSource), { baseDir: dir, signal, progress })
  const backends = found.map(({ id, upstream, public: publicUrl, from: places }) => ({
    id,
    upstream,
    public: publicUrl,
    from: places.map(({ source, file, line }) => ({ source, file, line })),
    exposed: [],
    known: false,
  }))
  return { backends, unread: unread.map(({ source, because }) => ({ source, because })) }
}

async function describeFound(
  found: Found,
  known: readonly Backend[],
  surroundings: Surroundings,
  workspace: Workspace,
): Promise<ScannedBackend> {
  const match = known.find(
    (one) =>
      (found.upstream !== null && parseOrigin(found.upstream)?.origin === one.upstream.origin) ||
      found.public === one.public.origin,
  )
  const endpoints = endpointsOf(found)
  return {
    id: match?.id ?? found.id,
    upstream: found.upstream,
    public: found.public,
    from: found.from.map(({ source, file, line }) => ({ source, file, line })),
    exposed: await knock(endpoints, surroundings, workspace),
    known: match !== undefined,
  }
}

function endpointsOf(found: Found): readonly { host: string; port: number }[] {
  const upstream = found.upstream === null ? null : parseOrigin(found.upstream)
  const addresses = new Set([...found.addresses, ...(upstream ? [upstream.host] : [])])
  const ports = new Set([...found.ports, ...(upstream ? [upstream.port] : [])])
  return [...addresses].flatMap((host) => [...ports].map((port) => ({ host, port })))
}

async function describeKnown(
  backend: Backend,
  surroundings: Surroundings,
  workspace: Workspace,
  unread: { source: string; because: string }[],
): Promise<ScannedBackend> {
  const endpoints: { host: string; port: number }[] = []
  for (const { host, reach } of await surroundings.hostsOf(backend)) {
    try {
      const open = (await reach.listeners()).filter((one) => !one.address.startsWith('127.') && one.address !== '::1')
      const ports = new Set([backend.upstream.port, ...open.map((one) => one.port)])
      for (const port of host.keep) ports.delete(port)
      endpoints.push(...host.addresses.flatMap((address) => [...ports].map((port) => ({ host: address, port }))))
    } catch (cause) {
      unread.push({ source: host.id, because: (cause as Error).message })
    }
  }
  return {
    id: backend.id,
    upstream: backend.upstream.origin,
    public: backend.public.origin,
    from: [{ source: 'lockgate.yaml', file: 'lockgate.yaml', line: backend.line }],
    exposed: await knock(endpoints, surroundings, workspace),
    known: true,
  }
}

/** Tries each endpoint from every vantage of users or peers; `by` is the vantage. */
async function knock(
  endpoints: readonly { host: string; port: number }[],
  surroundings: Surroundings,
  workspace: Workspace,
): Promise<ScannedBackend['exposed']> {
  const tries = surroundings.vantages.flatMap(({ vantage, reach }) =>
    endpoints.map((endpoint) => ({ vantage, reach, endpoint })),
  )
  const open = await Promise.all(
    tries.map(async ({ vantage, reach, endpoint }) => {
      const outcome = await reach.connect(endpoint, { timeoutMs: 1_500, signal: workspace.signal })
      if (outcome.outcome !== 'connected') return []
      outcome.socket.destroy()
      return [{ address: endpoint.host, port: endpoint.port, by: vantage.id }]
    }),
  )
  return open.flat()
}

/** Routes that a running edge serves and lockgate.yaml does not know. */
async function unlistedRoutes(
  workspace: Workspace,
  surroundings: Surroundings,
  unread: { source: string; because: string }[],
): Promise<readonly ScannedBackend[]> {
  const { backends } = workspace.settings
  const rows: ScannedBackend[] = []
  for (const [id, edge] of surroundings.edges) {
    const read = await edge.routes()
    unread.push(...read.unread.map((one) => ({ source: `${id}: ${one.source}`, because: one.because })))
    for (const route of read.routes) {
      if (
        route.upstreams.length === 0 ||
        backends.some(
          (one) => one.public.host === route.name || route.name === hostPort(one.public.host, one.public.port),
        )
      )
        continue
      rows.push({
        id: route.name,
        upstream: route.upstreams[0] ?? null,
        public: null,
        from: [{ source: id, file: route.file, line: route.line }],
        exposed: [],
        known: false,
      })
    }
  }
  return rows
}
