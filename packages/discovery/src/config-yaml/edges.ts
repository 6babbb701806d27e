/** The edges of a lockgate.yaml to come: what was found of them, and questions for the rest. */
import { type Config, hostPort, type PlaneId, parseOrigin } from '@lockgate/model'
import type { FoundProxy } from '../reading.ts'
import { type Flow, flow, remarked } from './yaml-text.ts'

export interface EdgeGuess {
  readonly id: string
  readonly plane: PlaneId
  readonly via?: Config['edges'][number]['via']
  readonly addresses?: readonly string[]
  readonly listen?: readonly string[]
  readonly config?: string
  /** Sources whose backends stand behind it. */
  readonly sources?: readonly string[]
}

const folders: Readonly<Record<PlaneId, string>> = {
  nginx: '/etc/nginx/lockgate',
  apache: '/etc/apache2/lockgate',
  envoy: '/etc/envoy/lockgate',
  builtin: '/etc/lockgate',
}

const takenInBy: Readonly<Record<PlaneId, (folder: string) => string>> = {
  nginx: (folder) => `include ${folder}/*.conf; in http {}`,
  apache: (folder) => `IncludeOptional ${folder}/*.conf at server level`,
  envoy: (folder) => `path_config_source ${folder}/lds.yaml and ${folder}/cds.yaml`,
  builtin: () => 'lockgate gateway --edge ID',
}

/** One edge for each kind of proxy that was found. */
export function guessEdges(proxies: readonly FoundProxy[]): readonly EdgeGuess[] {
  const planes = [...new Set(proxies.flatMap((one) => one.plane ?? []))]
  return planes.map((plane, index) => ({
    id: index === 0 ? 'front' : `front-${plane}`,
    plane,
    listen: [...new Set(proxies.filter((one) => one.plane === plane).flatMap((one) => one.listen))],
    sources: proxies.filter((one) => one.plane === plane).map((one) => one.source),
  }))
}

/** Listens that lockgate.yaml can hold, and those that the public URLs need. */
export function listensFor(edge: EdgeGuess, publics: readonly string[]): readonly string[] {
  const given = (edge.listen ?? []).flatMap((one) => {
    const origin = parseOrigin(one.replace('://*:', '://0.0.0.0:'))
    return origin ? [origin] : []
  })
  const needed = [...new Set(publics.flatMap((one) => endOf(parseOrigin(one))))].map((one) => {
    const [scheme = '', port] = one.split(' ')
    return { scheme, port: Number(port) }
  })
  const missing = needed.filter((one) => !given.some((have) => have.scheme === one.scheme && have.port === one.port))
  const used = given.filter(
    (one) => one.port === 80 || needed.some((want) => want.scheme === one.scheme && want.port === one.port),
  )
  const all = [
    ...(used.length > 0 ? used : given).map((one) => `${one.scheme}://${hostPort(one.host, one.port)}`),
    ...missing.map((one) => `${one.scheme}://0.0.0.0:${one.port}`),
  ]
  return all.length > 0 ? [...new Set(all)].slice(0, 64) : ['https://0.0.0.0:443']
}

const endOf = (one: ReturnType<typeof parseOrigin>): readonly string[] => (one ? [`${one.scheme} ${one.port}`] : [])

export function edgeLines(edge: EdgeGuess, listen: readonly string[]): readonly string[] {
  const folder = edge.config ?? folders[edge.plane]
  const guessed = (known: unknown, remark: string) => (known === undefined ? `? ${remark}` : remark)
  const https = listen.some((one) => one.startsWith('https:'))
  const line = (key: string, value: Flow, remark: string | null) => remarked(`    ${key}: ${flow(value)}`, remark)
  return [
    `  - id: ${flow(edge.id)}`,
    line('plane', edge.plane, 'builtin, nginx, apache or envoy'),
    line('via', (edge.via ?? 'local') as Flow, guessed(edge.via, 'or {ssh: USER@HOST}, {netns: NAME}, {files: DIR}')),
    line(
      'addresses',
      edge.addresses ?? ['192.0.2.1'],
      guessed(edge.addresses, 'placeholder! the addresses that backends see as source'),
    ),
    line('listen', listen, guessed(edge.listen, 'what users connect to')),
    line('config', folder, `? Lockgate's own folder; the engine needs: ${takenInBy[edge.plane](folder)}`),
    ...(https
      ? [
          '    tls:',
          remarked('      certificate: /etc/ssl/lockgate/edge.pem', '? placeholder! paths on the host of the edge'),
          remarked('      key: /etc/ssl/lockgate/edge.key', '? placeholder!'),
        ]
      : []),
  ]
}
