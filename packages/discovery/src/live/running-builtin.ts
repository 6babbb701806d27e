/** What the builtin gateway serves: the file that it watches. */
import { type Edge, hostPort, type Reach, type Route } from '@lockgate/model'
import { textOf } from '../files.ts'
import type { ProxyRead } from '../shapes.ts'
import { parseGatewayFile } from './gateway-file.ts'

const url = (one: { scheme: string; host: string; port: number }): string =>
  `${one.scheme}://${hostPort(one.host, one.port)}`

const lineOf = (text: string, wanted: string): number => {
  const at = text.indexOf(wanted)
  return at < 0 ? 1 : text.slice(0, at).split('\n').length
}

/** Routes of a gateway.json; the text of an error where it is not one. */
export function routesOfGateway(text: string, file: string): readonly Route[] | string {
  const gateway = parseGatewayFile(text)
  if (typeof gateway === 'string') return gateway
  return gateway.backends.map((backend) => ({
    name: backend.public.host,
    listen: gateway.listen.filter((one) => one.scheme === backend.public.scheme).map(url),
    path: '/',
    upstreams: [url(backend.upstream)],
    file,
    line: lineOf(text, JSON.stringify(backend.id)),
  }))
}

export async function readRunningBuiltin(edge: Edge, reach: Reach): Promise<readonly ProxyRead[]> {
  const file = `${edge.config}/gateway.json`
  const bytes = await reach.readFile(file)
  const unread = (because: string): readonly ProxyRead[] => [
    { routes: [], files: [], unread: [{ source: file, because }] },
  ]
  if (bytes === null)
    return unread('it is not there, so what the gateway serves is not known; `lockgate apply` writes it')
  const routes = routesOfGateway(textOf(bytes, file), file)
  return typeof routes === 'string' ? unread(routes) : [{ routes, files: [file], unread: [] }]
}
