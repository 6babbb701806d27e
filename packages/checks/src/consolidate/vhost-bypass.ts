/** Other ways through enforcement points to the same upstream, as their live configuration has them. */
import { type Backend, type Check, type Endpoint, type Io, isIpAddress, parseOrigin, type Route } from '@lockgate/model'
import { canonicalAddress } from '../address.ts'
import { type Ask, askFromVantage, publicAsk } from '../ask.ts'
import { backendAddresses } from '../backend-addresses.ts'
import { mapBounded } from '../bounded.ts'
import { listenEndpoints, publicEndpoints } from '../edge-endpoints.ts'
import { resolveThere } from '../host-sight.ts'
import { stopIfInterrupted, textOf } from '../interrupt.ts'
import { accessible } from '../mapping.ts'
import { seenAnswer } from '../seen-answer.ts'
import { verdictOf } from '../verdict.ts'

export type VhostBypassFacts = {
  readonly edges: readonly { readonly edge: string; readonly routes: number; readonly unread: readonly string[] }[]
  /** Routes that lead to the backend under a name or a port that lockgate.yaml does not list. */
  readonly unlisted: readonly {
    readonly edge: string
    readonly name: string
    readonly listen: readonly string[]
    readonly path: string
    readonly upstream: string
    readonly file: string
    readonly line: number
    /** Whether the edge, asked for that name, answered as the public URL does; null where it could not be asked. */
    readonly answers: boolean | null
  }[]
  readonly listed: number
}

const bareName = (name: string) =>
  name
    .toLowerCase()
    .replace(/:(?:\d+|\*)$/, '')
    .replace(/\.$/, '')
const listenPort = (listen: string) =>
  Number(/(?:^|:)(\d+)(?!.*\])/.exec(listen.replace(/\s.*$/, ''))?.[1] ?? Number.NaN)

/** Host and port of `http://host:port/path` forms; null for what is no TCP upstream. */
function upstreamOf(text: string): Endpoint | null {
  const origin = parseOrigin(/^https?:\/\/(?:\[[^\]]+\]|[^/?#]+)/.exec(text)?.[0] ?? `http://${text}`)
  return origin && { host: origin.host, port: origin.port }
}

async function leadsTo(backend: Backend, targets: ReadonlySet<string>, at: Io['edge'], text: string, io: Io) {
  const upstream = upstreamOf(text)
  if (!upstream || upstream.port !== backend.upstream.port) return false
  if (upstream.host === backend.upstream.host) return true
  if (isIpAddress(upstream.host)) return targets.has(canonicalAddress(upstream.host))
  const found = await resolveThere(at.reach, `edge ${at.edge.id}`, upstream.host, io)
  return 'seen' in found ? found.seen.some((one) => targets.has(one)) : false
}

/** Listed: a public name of lockgate.yaml, on a port at which lockgate.yaml says that an edge listens. */
function isListed(route: Route, io: Io): boolean {
  const names = io.publicOrigins.flatMap((one) => parseOrigin(one)?.host ?? [])
  if (!names.includes(bareName(route.name))) return false
  const ports = new Set(io.edges.flatMap((one) => one.edge.listen.map((each) => each.port)))
  return route.listen.map(listenPort).every((port) => Number.isNaN(port) || ports.has(port))
}

/** A name that the route's pattern takes. */
const exampleOf = (name: string) => {
  const bare = bareName(name)
  if (/^(?:\*|_|~.*|default|)$/.test(bare)) return 'unlisted.lockgate.invalid'
  return bare.replace(/^\*\.|^\./, 'unlisted.').replace(/\.\*$/, '.invalid')
}

async function answersAs(backend: Backend, at: Io['edge'], name: string, io: Io): Promise<boolean | null> {
  const path = backend.health ?? '/'
  const [own] = publicEndpoints(io.edge.edge, backend.public)
  if (!own) return null
  const real = publicAsk(backend.public, own, path)
  const expected = seenAnswer(real, await askFromVantage(real, io))
  if (expected.outcome !== 'answered') return null
  const endpoints = listenEndpoints(at.edge)
  const schemeOf = new Map(at.edge.listen.map((one) => [one.port, one.scheme]))
  const answers = await Promise.all(
    endpoints.map(async (endpoint) => {
      const host = exampleOf(name)
      const question: Ask = {
        endpoint,
        scheme: schemeOf.get(endpoint.port) ?? 'http',
        host,
        servername: host,
        path,
        verify: false,
      }
      return seenAnswer(question, await askFromVantage(question, io))
    }),
  )
  return answers.some((one) => one.status === expected.status && one.body === expected.body)
}

async function routesOf(at: Io['edge'], io: Io) {
  try {
    return await at.routes()
  } catch (problem) {
    stopIfInterrupted(io)
    return { routes: [], unread: [{ source: `edge ${at.edge.id}`, because: textOf(problem) }] }
  }
}

async function readEdge(backend: Backend, targets: ReadonlySet<string>, at: Io['edge'], io: Io) {
  const { routes, unread } = await routesOf(at, io)
  const leading = await mapBounded(routes, 16, async (route) => {
    const hits = await Promise.all(route.upstreams.map((one) => leadsTo(backend, targets, at, one, io)))
    const upstream = route.upstreams[hits.indexOf(true)]
    return upstream === undefined ? null : { route, upstream }
  })
  const found = leading.filter((one) => one !== null)
  const unlisted = await mapBounded(
    found.filter(({ route }) => !isListed(route, io)),
    4,
    async ({ route: { name, listen, path, file, line }, upstream }) => ({
      edge: at.edge.id,
      name,
      listen,
      path,
      upstream,
      file,
      line,
      answers: await answersAs(backend, at, name, io),
    }),
  )
  const edge = { edge: at.edge.id, routes: routes.length, unread: unread.map((one) => `${one.source}: ${one.because}`) }
  return { edge, unlisted, listed: found.length - unlisted.length }
}

async function probe(backend: Backend, io: Io): Promise<VhostBypassFacts> {
  const { addresses } = await backendAddresses(backend, io)
  const targets = new Set(addresses.map((one) => one.address))
  const parts = await Promise.all(io.edges.map((at) => readEdge(backend, targets, at, io)))
  return {
    edges: parts.map((one) => one.edge),
    unlisted: parts.flatMap((one) => one.unlisted),
    listed: parts.reduce((sum, one) => sum + one.listed, 0),
  }
}

export const vhostBypass: Check<VhostBypassFacts> = {
  id: 'consolidate.vhost-bypass',
  title: 'No other virtual host leads to the backend',
  severity: 'blocker',
  per: 'backend',
  maps: accessible,
  fix: 'consolidate.md#vhost-bypass',
  needs: ['consolidate.brokered'],
  probe,
  judge: ({ edges, unlisted, listed }, backend) =>
    verdictOf(
      unlisted.map((one) => {
        const where = `${one.file}:${one.line} of ${one.edge}`
        const confirmed = one.answers === true ? ', and answers as the backend does' : ''
        return `${one.name || '(no name)'}${one.path === '/' ? '' : one.path} also leads to ${one.upstream} (${where})${confirmed}`
      }),
      [
        ...edges.flatMap((one) => one.unread.map((each) => `the routes of ${one.edge} could not all be read: ${each}`)),
        ...(listed + unlisted.length === 0
          ? [
              `no route to ${backend.upstream.origin} is among those read, not even its own: what was read is not what answers`,
            ]
          : []),
      ],
    ),
}
